"""Story lines: what did a decision lead to? Orders filled, what was told, stops, and what came of it."""

from collections.abc import Iterator, Sequence

from engine.model.decisions import DecisionKind
from engine.model.money import usd
from engine.model.notices import NoticeKind
from engine.model.positions import StopChange
from engine.model.views import DecisionStory
from stonks_tui.reports import entry_parts
from stonks_tui.reports.entry_parts import Rest
from stonks_tui.reports.notice_words import sentence
from stonks_tui.reports.words import EXITS, STOP_RULES
from stonks_tui.view_models.frame import change, signed
from stonks_tui.view_models.text import Line, Mood, line, wrapped


def fills(story: DecisionStory, columns: int) -> Iterator[Line]:
    """Yield each fill with its tranche, then what of the entry was never bought."""
    rest = tuple(entry_parts.rests(story.notices))
    if not story.executions and not rest:
        return
    yield line()
    yield line(("Orders filled", Mood.STRONG), (f"  {entry_parts.missing(story)}", Mood.WARN))
    for e in story.executions:
        f = e.fill
        fee = f"  commission {usd(f.commission)}" if f.commission else ""
        tag = entry_parts.label(e, story.executions) or EXITS.get(e.tag.value, e.tag.value.replace("_", " "))
        what = f"{f.side.value} {f.quantity:,} @ {usd(f.price, places=4)}"
        yield line((f"  {f.at:%Y-%m-%d %H:%M} ", Mood.DIM), what, (f"  {tag}{fee}", Mood.DIM))
    for part in rest:
        yield from _cancelled(part, columns)


def _cancelled(part: Rest, columns: int) -> Iterator[Line]:
    """Yield what was never bought of an entry, and why."""
    yield line((f"  {part.at:%Y-%m-%d %H:%M} ", Mood.DIM), (f"cancelled {part.left}", Mood.WARN))
    yield from (line((f"    {words}", Mood.DIM)) for words in wrapped(part.why, columns - 4))


def told(story: DecisionStory, columns: int) -> Iterator[Line]:
    """Yield what a person was told of the decision, besides what was cancelled."""
    others = [n for n in story.notices if n.kind is not NoticeKind.TRANCHES_CANCELLED]
    if not others:
        return
    yield line()
    yield line(("What was told of it", Mood.STRONG))
    for n in others:
        for words in wrapped(f"{n.at:%Y-%m-%d %H:%M} {sentence(n)}", columns - 2):
            yield line(f"  {words}")


def stops(changes: Sequence[StopChange]) -> Iterator[Line]:
    """Yield each change of the levels with the rule that made it."""
    if not changes:
        return
    yield line()
    yield line(("Stop and target", Mood.STRONG))
    for s in changes:
        rule = STOP_RULES[s.rule.value]
        levels = f"{usd(s.levels.stop):>10} {usd(s.levels.target):>10}  "
        yield line((f"  {s.at:%Y-%m-%d} ", Mood.DIM), levels, (rule, Mood.ACCENT))


def outcome(story: DecisionStory, columns: int) -> Iterator[Line]:
    """Yield the round trips that the decision began or ended, or that it is still held."""
    if not story.trades:
        if story.decision.kind in (DecisionKind.ENTRY, DecisionKind.MICRO) and story.executions:
            yield line()
            yield line(("Still held at the end of the run.", Mood.DIM))
        return
    yield line()
    yield line(("What came of it", Mood.STRONG))
    for t in story.trades:
        why = EXITS.get(t.exit_reason, t.exit_reason)
        days = f"  {t.entry_at:%Y-%m-%d} → {t.exit_at:%Y-%m-%d}  {why}  "
        yield line((days, Mood.DIM), change(t.pnl), " ", signed(t.pnl_pct, places=1))
        for text in wrapped(t.thesis, columns - 4) if t.thesis else ():
            yield line((f"    {text}", Mood.DIM))
