"""Flips: what would have turned a skip into a buy?

Worked out from the numbers of the verdicts alone: what another size or a later moment would have come to is not known,
and that is said.
"""

from collections.abc import Iterator, Sequence

from engine.model.decisions import Decision, TradingDecisionType
from engine.model.verdict import SKIP_REASONS, Check, Trace, Verdict
from engine.model.views import DecisionStory
from stonks_tui.reports.numbers import measured
from stonks_tui.reports.words import CHECKS, LIMITS
from stonks_tui.view_models import flip_changes
from stonks_tui.view_models.decision_lines import UNITS
from stonks_tui.view_models.text import Line, Mood, clipped, line, wrapped


def lines(story: DecisionStory, columns: int) -> tuple[Line, ...]:
    """Return, for each check that failed, by how much and what would have let it pass; then what is not known."""
    d = story.decision
    title = line(("What would flip it", Mood.STRONG), "  ", (d.ticker, Mood.STRONG), f" {d.at:%Y-%m-%d %H:%M} UTC")
    found: list[Line] = [title, *_words(_standing(d), columns)]
    failed = _failed(d)
    for number, v in enumerate(failed, start=1):
        found += [line(), *_check(number, v, d, columns)]
    if failed:
        found += [line(), *_then(d, failed, columns)]
    return tuple(clipped(text, columns) for text in found)


def _standing(d: Decision) -> str:
    if d.outcome is TradingDecisionType.ACT:
        return "It was taken: every check passed. `Enter` on it shows by how much."
    if not _failed(d):
        return "No check stopped it, so there is nothing to flip."
    count = len(_failed(d))
    return "One check stopped it." if count == 1 else f"{count} checks failed; the first is why it was skipped."


def _failed(d: Decision) -> tuple[Verdict, ...]:
    if d.outcome is TradingDecisionType.ACT:
        return ()
    if d.trace is not None:
        return tuple(v for v in d.trace.verdicts if not v.passed)
    check = next((check for check, reason in SKIP_REASONS.items() if reason == d.skip_reason), None)
    if check is None:
        return ()
    unit = UNITS.get(check, "")
    return (Verdict(check=check, passed=False, value=d.failed_value, limit=d.failed_limit, unit=unit),)


def _check(number: int, v: Verdict, d: Decision, columns: int) -> Iterator[Line]:
    yield line((f"{number} ✗ ", Mood.LOSS), (name(v.check), Mood.STRONG))
    if v.note:
        yield from _words(v.note, columns, "    ")
    if v.value is not None and v.limit is not None:
        word = LIMITS.get(v.check.value, "at most")
        yield line(f"    had {measured(v.value, v.unit)}, needed {word} {measured(v.limit, v.unit)}")
        yield line(("    missed by ", Mood.DIM), (flip_changes.missed_by(v), Mood.WARN))
    for words in _ways(v, d):
        yield from _words(words, columns, "    → ")


def _ways(v: Verdict, d: Decision) -> Iterator[str]:
    """Yield each single change by which the check passes."""
    if v.check in flip_changes.WITHOUT_NUMBERS:
        yield f"needs {flip_changes.WITHOUT_NUMBERS[v.check]}"
        return
    if v.check is Check.WINDOW:
        yield _window(v)
        return
    needed = flip_changes.needed_value(v)
    if v.check is Check.HEAT and (sentence := _heat(v, d.trace)):
        yield sentence
    elif v.check in (Check.COOL_DOWN, Check.EXPIRY) and v.value is not None:
        left = measured(abs(v.value), "seconds")
        yield f"the same {left} later" if v.check is Check.COOL_DOWN else f"judged more than {left} earlier"
    elif needed is not None:
        yield f"{name(v.check)} of {_exact(needed, v.unit)}, the limit as it was"
    change = flip_changes.setting_change(v, d.risk_tier.value)
    if change is not None:
        to = f"from {_plain(change.was)} to {_plain(change.needed)}"
        beyond = "" if change.is_allowed else ", which is beyond what may be set"
        yield f"or {change.name} {to}{beyond}"


def _window(v: Verdict) -> str:
    if v.value is None or v.limit is None:
        return "needs a session: the exchange was shut"
    if v.value >= v.limit:
        return f"{measured(v.value - v.limit, 'minutes')} earlier, or window_end_minutes as much shorter"
    return "later: the window had not begun (window_start_minutes)"


def _heat(v: Verdict, trace: Trace | None) -> str:
    """Return how much smaller the entry would have had to be, when the numbers for that were kept."""
    inputs = dict(trace.inputs) if trace is not None else {}
    held = inputs.get("heat")
    if not isinstance(held, float) or v.value is None or v.limit is None or not v.value > held:
        return ""
    if held >= v.limit:
        return f"no size would do: what is held risked {measured(held, 'pct')} already"
    share = (v.limit - held) / (v.value - held)
    return f"an entry of at most {share * 100:.1f} % of its size, or a stop as much nearer"


def _then(d: Decision, failed: Sequence[Verdict], columns: int) -> Iterator[Line]:
    """Yield what is not known of the other checks."""
    yield line(("And then", Mood.STRONG))
    if d.trace is None:
        words = f"The later checks are not known: the run kept no traces. `stonks explain {d.decision_id}` has them."
        yield from _words(words, columns)
        return
    later = [name(v.check) for v in failed[1:]]
    yield from _words(
        f"Flipping the first alone is not enough: {', '.join(later)} failed too."
        if later
        else "Every other check that could be asked passed with the numbers of that moment.",
        columns,
    )
    if d.trace.not_computed:
        yield from _words(f"Not known, they could not be asked: {', '.join(map(name, d.trace.not_computed))}.", columns)
    if any(v.check in flip_changes.RESIZES for v in failed):
        sized = ", ".join(name(check) for check in Check if check in flip_changes.BY_SIZE)
        yield from _words(f"The size would be another one, so {sized} would have to be judged anew.", columns)


def name(check: Check) -> str:
    """Return what a check is called."""
    return CHECKS.get(check.value, check.value.replace("_", " "))


def _exact(value: float, unit: str) -> str:
    return f"{value:,.4f}" if unit == "corr" else measured(value, unit)


def _plain(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _words(text: str, columns: int, indent: str = "  ") -> Iterator[Line]:
    first, *rest = wrapped(text, columns - len(indent))
    yield line(f"{indent}{first}")
    yield from (line(f"{' ' * len(indent)}{more}") for more in rest)
