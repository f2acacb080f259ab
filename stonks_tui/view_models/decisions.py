"""Decisions: which were made, and what is each made of?"""

from collections.abc import Iterator, Sequence

from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import usd
from engine.model.verdict import Check, SizingStep, Trace, Verdict
from engine.model.views import DecisionStory
from stonks_tui.reports import tax_words
from stonks_tui.reports.numbers import measured, percent
from stonks_tui.reports.words import CHECKS, KINDS, LIMITS, because, why_not
from stonks_tui.view_models import decision_filter, story_lines
from stonks_tui.view_models.decision_lines import moment, numbers, verdict, what
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Line, Mood, Span, cells, clipped, line, width, wrapped

COLUMNS = (
    Column(key="at", heading="When (UTC)", priority=2),
    Column(key="verdict", heading=""),
    Column(key="ticker", heading="Ticker"),
    Column(key="confidence", heading="Conf", right=True, priority=1),
    Column(key="why", heading="What, or why", grows=True, least=21),
    Column(key="numbers", heading="", right=True, priority=3),
    Column(key="id", heading="Id", right=True, priority=4),
)


def table(decisions: Sequence[Decision], *, has_more: bool, empty: tuple[str, ...]) -> TableView:
    """Return the list of `decisions`, as they come."""
    return TableView(columns=COLUMNS, rows=tuple(map(row, decisions)), has_more=has_more, empty=empty)


def heading(count: int | None, waiting: int, most_waiting: int) -> str:
    """Return the title over the list: how many fit, and how many of them wait above the first row."""
    number = "" if count is None else f" · {count:,}"
    new = f"{most_waiting}+" if waiting > most_waiting else str(waiting)
    return f"Decisions{number}{f' · {new} new, g' if waiting else ''}"


def nothing(scope: Scope, wanted: str = "", tickers: Sequence[str] = ()) -> tuple[str, ...]:
    """Return why there is no decision to be seen, and which key helps. `tickers` are those of the run, if known."""
    if wanted:
        why = decision_filter.stranger(wanted, tickers)
        words = (f"No decision up to this day fits '{wanted}'.", "Esc shows all of them.")
        return (words[0], why, words[1]) if why else words
    if scope.is_last:
        return ("The run decided nothing.", "5 lists the other runs.")
    return ("No decision was made by this day.", "] goes a day on.")


def row(d: Decision) -> Row:
    """Return the row of one decision."""
    confidence = f"{d.confidence:.2f}" if d.confidence is not None else ""
    return Row(
        key=d.decision_id,
        cells=(
            line((f"{d.at:%y-}{moment(d.at)}", Mood.DIM)),
            verdict(d),
            line((d.ticker, Mood.STRONG)),
            line(confidence),
            what(d),
            numbers(d),
            line((d.decision_id, Mood.DIM)),
        ),
    )


def trace(story: DecisionStory, columns: int) -> tuple[Line, ...]:
    """Return everything a decision rests on and led to: checks, size, orders, stops, what came of it."""
    found: list[Line] = [*_heading(story.decision, columns)]
    if story.decision.trace is None:
        found += [line(), *_no_trace(story.decision, columns)]
    else:
        found += _flip(story.decision.trace)
        found += _trace(story.decision.trace, columns)
    found += story_lines.fills(story, columns)
    found += story_lines.told(story, columns)
    found += story_lines.stops(story.stops)
    found += story_lines.outcome(story, columns)
    return tuple(clipped(text, columns) for text in found)


def _heading(d: Decision, columns: int) -> Iterator[Line]:
    acts = d.outcome is TradingDecisionType.ACT
    word = ("ACT", Mood.GAIN) if acts else ("SKIP", Mood.WARN)
    yield line(word, " ", (d.ticker, Mood.STRONG), f" {KINDS[d.kind.value]}  ", (d.decision_id, Mood.ACCENT))
    if not acts:
        for text in wrapped(why_not(d), columns):
            yield line(text)
    yield line((d.at.strftime("%Y-%m-%d %H:%M:%S UTC"), Mood.DIM))
    confidence = f"confidence {percent(d.confidence, places=1)}  " if d.confidence is not None else ""
    price = f"price {usd(d.price)}" if d.price is not None else ""
    if confidence or price:
        yield line(f"{confidence}{price}")
    yield line(("because of ", Mood.DIM), because(d))
    yield line(("tier ", Mood.DIM), d.risk_tier.value, (" · heat ", Mood.DIM), percent(d.heat))
    yield line(("pool ", Mood.DIM), usd(d.active_pool), (" · reserve ", Mood.DIM), usd(d.reserve))


def _no_trace(d: Decision, columns: int) -> Iterator[Line]:
    if d.recommendation_id is None and d.kind is not DecisionKind.MICRO:
        words = "A level that was hit: nothing was weighed, so there is no trace."
    else:
        words = f"This run kept no traces. `stonks explain {d.decision_id}` works it out again from the run's data."
    for text in wrapped(words, columns):
        yield line((text, Mood.DIM))


def _flip(trace: Trace) -> Iterator[Line]:
    """Yield what would have had to be otherwise."""
    failed = [v for v in trace.verdicts if not v.passed]
    if not failed:
        return
    yield line()
    yield line(("To act it needed", Mood.STRONG))
    for v in failed:
        limit = f"{_limit_word(v)} {measured(v.limit, v.unit)}" if v.limit is not None else f"({v.note or 'to pass'})"
        had = f", had {measured(v.value, v.unit)}" if v.value is not None else ""
        yield line(("  ✗ ", Mood.LOSS), f"{_name(v.check)} {limit}{had}")


def _trace(trace: Trace, columns: int) -> Iterator[Line]:
    yield line()
    yield line(("Checks", Mood.STRONG))
    names = max((cells(_name(v.check)) for v in trace.verdicts), default=0)
    values = max((cells(_value(v)) for v in trace.verdicts), default=0)
    for v in trace.verdicts:
        sign = ("  ✓ ", Mood.GAIN) if v.passed else ("  ✗ ", Mood.LOSS)
        limit = f"{_limit_word(v)} {measured(v.limit, v.unit)}" if v.limit is not None else ""
        measured_line = line(sign, _name(v.check).ljust(names), f" {_value(v):>{values}}" if _value(v) or limit else "")
        if limit and width(measured_line) + cells(limit) + 1 > columns:
            yield measured_line
            measured_line = line(f"      {limit}")
        elif limit:
            measured_line = (*measured_line, Span(f" {limit}"))
        yield from _with_note(measured_line, v.note, columns)
    if trace.not_computed:
        for text in wrapped(f"could not be asked: {', '.join(map(_name, trace.not_computed))}", columns - 2):
            yield line((f"  {text}", Mood.DIM))
    if trace.sizing:
        yield line()
        yield line(("Size", Mood.STRONG))
        names = max(cells(s.name) for s in trace.sizing)
        for s in trace.sizing:
            yield from _with_note(_step(s, names), s.note, columns)
    if trace.at_stake:
        yield line()
        yield line(("Tax", Mood.STRONG))
        yield from (line(f"  {text}") for text in wrapped(tax_words.at_stake(trace.at_stake), columns - 2))
    if trace.inputs:
        yield line()
        yield line(("Numbers", Mood.STRONG))
        names = max(cells(name) for name, _ in trace.inputs)
        for name, value in trace.inputs:
            yield line((f"  {name.replace('_', ' '):<{names}} ", Mood.DIM), _input(value))


def _name(check: Check) -> str:
    return CHECKS.get(check.value, check.value.replace("_", " "))


def _limit_word(v: Verdict) -> str:
    return LIMITS.get(v.check.value, "at most")


def _value(v: Verdict) -> str:
    return measured(v.value, v.unit) if v.value is not None else ""


def _step(s: SizingStep, names: int) -> Line:
    before = measured(s.before, "usd" if s.name == "dollars" else s.unit)
    return line(f"  {s.name:<{names}} {before:>11}", (" → ", Mood.DIM), f"{measured(s.after, s.unit):>11}")


def _with_note(text: Line, note: str, columns: int) -> Iterator[Line]:
    """Yield `text` with its note behind it or, where there is no room, below it."""
    if not note:
        yield text
    elif width(text) + cells(note) + 2 <= columns:
        yield (*text, Span(f"  {note}", Mood.DIM))
    else:
        yield text
        yield from (line((f"      {piece}", Mood.DIM)) for piece in wrapped(note, columns - 6))


def _input(value: float | int | str | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
