"""Decision pairs: in what do two decisions differ?"""

from collections.abc import Iterator

from engine.model.decisions import Decision, TradingDecisionType
from engine.model.money import usd
from engine.model.verdict import Verdict
from engine.model.views import DecisionStory
from stonks_tui.reports.numbers import measured, percent
from stonks_tui.view_models.flips import name
from stonks_tui.view_models.text import Line, Mood, cells, clipped, line, padded

DIFFERS = "! "
_Pair = tuple[str, str, str]
"""What it is, and what it is of the one and of the other."""


def lines(left: DecisionStory, right: DecisionStory, columns: int) -> tuple[Line, ...]:
    """Return both decisions beside each other, a line a number; `!` stands before each line that differs."""
    found: list[Line] = []
    for title, pairs in _sections(left, right):
        if not pairs:
            continue
        if title:
            found += [line(), line((title, Mood.STRONG))]
        found += _table(pairs, columns)
    return tuple(clipped(text, columns) for text in found)


def _sections(left: DecisionStory, right: DecisionStory) -> Iterator[tuple[str, list[_Pair]]]:
    a, b = left.decision, right.decision
    yield "", _joined(dict(_facts(a)), dict(_facts(b)))
    if a.trace is None or b.trace is None:
        yield "Checks", [("traces", _has_trace(a), _has_trace(b))]
    yield "Checks", _joined(*(_verdicts(d) for d in (a, b)))
    yield "Size", _joined(*(_sizing(d) for d in (a, b)))
    yield "Numbers", _joined(*(_inputs(d) for d in (a, b)))
    yield "Orders filled", _joined(*(_fills(story) for story in (left, right)))


def _facts(d: Decision) -> Iterator[tuple[str, str]]:
    yield "decision", d.decision_id
    yield "when (UTC)", f"{d.at:%Y-%m-%d %H:%M}"
    yield "answer", "ACT" if d.outcome is TradingDecisionType.ACT else "SKIP"
    yield "reason", (d.skip_reason or "").replace("_", " ")
    yield "ticker", d.ticker
    yield "kind", d.kind.value
    yield "confidence", percent(d.confidence)
    yield "price", usd(d.price) if d.price is not None else ""
    yield "shares", f"{d.shares:,}"
    yield "tier", d.risk_tier.value
    yield "heat", percent(d.heat)
    yield "active pool", usd(d.active_pool)


def _has_trace(d: Decision) -> str:
    return "kept" if d.trace is not None else "not kept"


def _verdicts(d: Decision) -> dict[str, str]:
    return {name(v.check): _verdict(v) for v in d.trace.verdicts} if d.trace else {}


def _verdict(v: Verdict) -> str:
    return f"{'✓' if v.passed else '✗'} {measured(v.value, v.unit) if v.value is not None else ''}".rstrip()


def _sizing(d: Decision) -> dict[str, str]:
    return {s.name: measured(s.after, s.unit) for s in d.trace.sizing} if d.trace else {}


def _inputs(d: Decision) -> dict[str, str]:
    inputs = d.trace.inputs if d.trace else ()
    return {key.replace("_", " "): f"{value:,.4f}" if isinstance(value, float) else str(value) for key, value in inputs}


def _fills(story: DecisionStory) -> dict[str, str]:
    return {
        str(number): f"{e.fill.side.value} {e.fill.quantity:,} @ {usd(e.fill.price)}"
        for number, e in enumerate(story.executions, start=1)
    }


def _joined(left: dict[str, str], right: dict[str, str]) -> list[_Pair]:
    return [(key, left.get(key, ""), right.get(key, "")) for key in dict.fromkeys((*left, *right))]


def _table(pairs: list[_Pair], columns: int) -> Iterator[Line]:
    labels = min(max(cells(label) for label, _, _ in pairs), max(columns // 3, 8))
    room = max((columns - labels - len(DIFFERS) - 4) // 2, 4)
    for label, left, right in pairs:
        differs = left != right
        mood = Mood.WARN if differs else Mood.PLAIN
        yield line(
            (DIFFERS if differs else "  ", Mood.WARN),
            *padded(line((label, Mood.DIM)), labels),
            "  ",
            *padded(line((left or "–", mood)), room),
            "  ",
            *clipped(line((right or "–", mood)), room),
        )
