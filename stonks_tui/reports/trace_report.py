"""Trace report: why was this decided, to the last number?"""

from collections.abc import Iterator, Sequence

from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import dollars
from engine.model.notices import NoticeKind
from engine.model.positions import ClosedTrade, StopChange
from engine.model.runs import ExecutedOrder
from engine.model.verdict import Check, SizingStep, Trace, Verdict
from engine.model.views import DecisionStory
from stonks_tui.reports import entry_parts, notice_words, tax_words
from stonks_tui.reports.numbers import measured, money, percent, plural, table
from stonks_tui.reports.words import CHECKS, EXITS, KINDS, LIMITS, SKIPS, STOP_RULES, because


def lines(story: DecisionStory) -> Iterator[str]:
    """Yield all of a decision: checks, sizing chain, inputs, fills by tranche, stops and what came of it."""
    decision = story.decision
    yield from _heading(decision)
    for thesis in sorted({t.thesis for t in story.trades if t.thesis}):
        yield f"thesis: {thesis}"
    if decision.trace is None:
        yield ""
        yield "No trace was kept of this decision."
    else:
        yield from _trace(decision.trace)
    yield from _fills(story)
    yield from _told(story)
    if story.stops:
        yield ""
        yield "Stop and target"
        names = ("", "", "stop", "target", "entry", "ATR × multiple")
        yield from table([names, *map(_stop, story.stops)], right=frozenset({2, 3, 4}))
    if story.trades:
        yield ""
        yield "What came of it"
        columns = ("bought", "by", "sold", "by", "why", "P&L", "%")
        yield from table([columns, *map(_trade, story.trades)], right=frozenset({5, 6}))
    elif decision.kind in _OPENING and story.executions:
        yield ""
        yield "What came of it: still held at the end of the run"


_OPENING = frozenset({DecisionKind.ENTRY, DecisionKind.MICRO})


def _fills(story: DecisionStory) -> Iterator[str]:
    """Yield each fill with its tranche, then what of the entry was never bought."""
    rest = tuple(entry_parts.rests(story.notices))
    if not story.executions and not rest:
        return
    yield ""
    missing = entry_parts.missing(story)
    yield f"Fills: {missing}" if missing else "Fills"
    yield from table([_fill(e, story.executions) for e in story.executions], right=frozenset({2, 3}))
    for part in rest:
        yield f"  {part.at:%Y-%m-%d %H:%M}  the rest was cancelled, {part.left}: {part.why}"


def _told(story: DecisionStory) -> Iterator[str]:
    others = [n for n in story.notices if n.kind is not NoticeKind.TRANCHES_CANCELLED]
    if others:
        yield ""
        yield "What was told of it"
        yield from (f"  {n.at:%Y-%m-%d %H:%M}  {notice_words.sentence(n)}" for n in others)


def _heading(d: Decision) -> Iterator[str]:
    act = d.outcome is TradingDecisionType.ACT
    kind = KINDS[d.kind.value]
    what = f"ACT {kind} {d.ticker}" if act else f"SKIP {kind} {d.ticker}: {d.skip_reason}"
    size = f", {plural(d.shares, 'share')}" if act else f" ({SKIPS.get(d.skip_reason or '', '')})"
    yield f"{d.decision_id}  {what}{size}"
    moment = d.at.strftime("%Y-%m-%d %H:%M:%S UTC")
    confidence = f" · confidence {d.confidence:.4f}" if d.confidence is not None else ""
    price = f" · price ${money(d.price)}" if d.price is not None else ""
    yield f"{moment} · because of {because(d)}{confidence}{price}"
    yield (
        f"tier {d.risk_tier.value} · active pool ${money(d.active_pool)} · reserve ${money(d.reserve)} · "
        f"heat {percent(d.heat)}"
    )


def _trace(trace: Trace) -> Iterator[str]:
    yield ""
    yield "Checks"
    yield from _verdicts(trace.verdicts)
    if trace.not_computed:
        yield f"  could not be asked: {', '.join(map(_name, trace.not_computed))}"
    if trace.sizing:
        yield ""
        yield "Size"
        yield from table([_step(s) for s in trace.sizing], right=frozenset({1, 3}))
    if trace.at_stake:
        yield ""
        yield f"Tax: {tax_words.at_stake(trace.at_stake)}"
    if trace.inputs:
        yield ""
        yield "Numbers"
        yield from table([(name.replace("_", " "), _input(value)) for name, value in trace.inputs])


def _name(check: Check) -> str:
    return CHECKS.get(check.value, check.value.replace("_", " "))


def _verdicts(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield a line each; a note stands behind the numbers, or in their place where there are none."""
    numbers = table([_verdict(v) for v in verdicts], right=frozenset({2}))
    indent = max((len(_name(v.check)) for v in verdicts), default=0) + len("  ✓    ")
    for line, v in zip(numbers, verdicts, strict=True):
        alone = v.value is None and v.limit is None
        yield f"{line.ljust(indent) if alone else line}  {v.note}" if v.note else line


def _verdict(v: Verdict) -> tuple[str, ...]:
    limit = f"{LIMITS.get(v.check.value, 'at most')} {measured(v.limit, v.unit)}" if v.limit is not None else ""
    value = measured(v.value, v.unit) if v.value is not None else ""
    return ("✓" if v.passed else "✗", _name(v.check), value, limit)


def _step(s: SizingStep) -> tuple[str, ...]:
    unit = s.unit
    return (s.name, measured(s.before, unit if s.name != "dollars" else "usd"), "→", measured(s.after, unit), s.note)


def _input(value: float | int | str | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _fill(e: ExecutedOrder, executions: Sequence[ExecutedOrder]) -> tuple[str, ...]:
    f = e.fill
    fee = f"commission {money(f.commission)}" if f.commission else ""
    return (
        f.side.value,
        f.at.strftime("%Y-%m-%d %H:%M"),
        f"{f.quantity:,}",
        f"@ {dollars(f.price):,.4f}",
        EXITS.get(e.tag.value, e.tag.value.replace("_", " ")),
        entry_parts.label(e, executions),
        fee,
    )


def _stop(s: StopChange) -> tuple[str, ...]:
    levels = s.levels
    return (
        s.at.strftime("%Y-%m-%d %H:%M"),
        STOP_RULES[s.rule.value],
        f"{dollars(levels.stop):,.4f}",
        f"{dollars(levels.target):,.4f}",
        f"{dollars(s.entry_price):,.4f}",
        f"{levels.atr:.6f} × {levels.atr_multiplier:g}",
    )


def _trade(t: ClosedTrade) -> tuple[str, ...]:
    return (
        f"{t.entry_at:%Y-%m-%d}",
        t.decision_id,
        f"{t.exit_at:%Y-%m-%d}",
        t.exit_decision_id,
        EXITS.get(t.exit_reason, t.exit_reason),
        money(t.pnl, signed=True),
        percent(t.pnl_pct, signed=True),
    )
