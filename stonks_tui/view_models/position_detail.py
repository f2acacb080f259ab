"""Position detail: what is one position, or one closed trade, made of?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from engine.model.money import Money, usd
from engine.model.portfolio import PositionMark
from engine.model.positions import ClosedTrade, StopChange
from engine.model.tax import OpenLot, long_from, rounded
from engine.model.views import DecisionStory
from stonks_tui.reports import entry_parts, tax_words
from stonks_tui.reports.numbers import percent
from stonks_tui.reports.words import EXITS, STOP_RULES
from stonks_tui.view_models.decision_lines import moment
from stonks_tui.view_models.frame import change, signed
from stonks_tui.view_models.text import Line, Mood, clipped, line, wrapped


def detail(
    mark: PositionMark, story: DecisionStory | None, lots: Sequence[OpenLot], on: date, columns: int
) -> tuple[Line, ...]:
    """Return one position: its levels, fills, the history of its stop up to the day `on`, its lots as tax sees them."""
    found = [
        line(
            (mark.ticker, Mood.STRONG),
            f"  {mark.sector or 'unknown sector'}",
            ("  micro", Mood.WARN) if mark.is_micro else "",
        ),
        line(f"{mark.quantity:,} shares, cost {usd(mark.cost)}, now {usd(mark.market_value)}"),
        line("P&L ", change(mark.unrealised), "  ", signed(mark.return_pct)),
        line(f"stop {usd(mark.stop)}  last {usd(mark.last_price)}  target {usd(mark.target)}"),
    ]
    found += _place_between(mark, columns)
    if story is None:
        return tuple(clipped(text, columns) for text in (*found, line(("reading …", Mood.DIM))))
    thesis = next((t.thesis for t in story.trades if t.thesis), "")
    found += _thesis(thesis, columns)
    confidence = story.decision.confidence
    sure = f", confidence {percent(confidence, places=1)}" if confidence is not None else ""
    found += [line(), line(("Opened by ", Mood.DIM), (story.decision.decision_id, Mood.ACCENT), f"{sure}")]
    found += _entry(story, columns, on)
    changes = [s for s in story.stops if s.at.date() <= on]
    if changes:
        found += [line(), line(("Stop and the rule that set it", Mood.DIM)), *map(_stop, changes)]
    if lots:
        found += [line(), line(("Lots, as tax sees them", Mood.DIM))]
        found += [text for lot in lots for text in _lot(lot, on)]
    return tuple(clipped(text, columns) for text in found)


def trade_detail(t: ClosedTrade, story: DecisionStory | None, columns: int) -> tuple[Line, ...]:
    """Return one closed trade: prices, P&L after costs, why it ended, its thesis, its tranches and stops."""
    found = [
        line(
            (t.ticker, Mood.STRONG), f"  {t.sector or 'unknown sector'}", ("  micro", Mood.WARN) if t.is_micro else ""
        ),
        line(f"{t.quantity:,} shares  {usd(t.entry_price)} → {usd(t.exit_price)}"),
        line("P&L ", change(t.pnl), "  ", signed(t.pnl_pct), (f"  after {usd(t.costs)} of costs" if t.costs else "")),
        line(("bought ", Mood.DIM), f"{t.entry_at:%Y-%m-%d %H:%M}  ", (t.decision_id, Mood.ACCENT)),
        line(("sold   ", Mood.DIM), f"{t.exit_at:%Y-%m-%d %H:%M}  ", (t.exit_decision_id, Mood.ACCENT)),
        line(("why    ", Mood.DIM), EXITS.get(t.exit_reason, t.exit_reason)),
    ]
    found += _put_off(_whole(t, story))
    found += _thesis(t.thesis, columns)
    if story is not None and story.executions:
        found += [line(), line(("Bought", Mood.DIM)), *_entry(story, columns)]
    if story is not None and story.stops:
        found += [line(), line(("Stop and the rule that set it", Mood.DIM)), *map(_stop, story.stops)]
    return tuple(clipped(text, columns) for text in found)


def _place_between(mark: PositionMark, columns: int) -> list[Line]:
    """Return a ruler from stop to target with the last price on it."""
    span, room = mark.target - mark.stop, min(columns - 2, 48)
    if span <= 0 or room < 12:
        return []

    def place(price: Money) -> int:
        return max(0, min(room - 1, (price - mark.stop) * (room - 1) // span))

    ruler = ["─"] * room
    ruler[place(mark.entry_price)] = "┼"
    ruler[0], ruler[-1] = "├", "┤"
    last = place(mark.last_price)
    before, after = "".join(ruler[:last]), "".join(ruler[last + 1 :])
    return [line((before, Mood.DIM), ("●", Mood.ACCENT), (after, Mood.DIM))]


def _thesis(text: str, columns: int) -> list[Line]:
    if not text:
        return []
    first, *rest = wrapped(text, columns - 7)
    return [line(("thesis ", Mood.DIM), first), *(line(f"       {words}") for words in rest)]


def _entry(story: DecisionStory, columns: int, on: date | None = None) -> Iterator[Line]:
    """Yield the fills of an entry up to the day `on` (None: all), what of it was cancelled, what is still to come."""
    fills = [e for e in story.executions if on is None or e.fill.at.date() <= on]
    for e in fills:
        f = e.fill
        what = f"{f.side.value} {f.quantity:,} @ {usd(f.price, places=4)}"
        yield line(f"{moment(f.at)}  {what}", (f"  {entry_parts.label(e, story.executions)}", Mood.DIM))
    rest = [part for part in entry_parts.rests(story.notices) if on is None or part.at.date() <= on]
    for part in rest:
        for words in wrapped(f"the rest was cancelled, {part.left}: {part.why}", columns):
            yield line((words, Mood.DIM))
    missing = entry_parts.missing(story, on)
    if missing and not rest:
        yield line((missing, Mood.WARN))


def _lot(lot: OpenLot, on: date) -> Iterator[Line]:
    yield line(f"{lot.acquired_on}  {tax_words.shares(lot.quantity)}, basis {usd(rounded(lot.basis))}")
    if lot.carried:
        yield line((f"            of it {usd(rounded(lot.carried))} put off (wash sale)", Mood.DIM))
    term = "long-term" if lot.is_long_on(on) else f"long-term from {long_from(lot.held_since)}"
    yield line((f"            {term}", Mood.DIM))


def _whole(t: ClosedTrade, story: DecisionStory | None) -> ClosedTrade:
    """Return the trade with its lots, which a page of the list does not have."""
    told = story.trades if story is not None else ()
    return next((found for found in told if replace(found, closures=()) == replace(t, closures=())), t)


def _put_off(t: ClosedTrade) -> Iterator[Line]:
    """Yield what of a loss does not count for tax, and where it went."""
    taxes = [c.tax for c in t.closures if c.tax and c.tax.is_wash_sale]
    if taxes:
        into = ", ".join(dict.fromkeys(lot_id for tax in taxes for lot_id in tax.replaced_by))
        yield line(
            ("tax    ", Mood.DIM), f"{usd(sum(tax.disallowed for tax in taxes))} put off into {into} (wash sale)"
        )


def _stop(s: StopChange) -> Line:
    rule = STOP_RULES[s.rule.value]
    return line(f"{s.at:%m-%d %H:%M}  {usd(s.levels.stop):>8}  ", (rule, Mood.ACCENT))
