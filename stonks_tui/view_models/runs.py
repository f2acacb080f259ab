"""Runs: which backtests are there, what is each made of, and how do marked ones differ?"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from engine.errors import StonksError
from engine.model.comparison import Comparison
from engine.model.money import usd
from engine.model.runs import LIVE_RUN, GapKind, RunRecord
from engine.policy_mapping import changes, from_mapping
from engine.ports import RunListing, RunState
from stonks_tui.reports import comparison_report
from stonks_tui.reports.numbers import percent, plural, ratio
from stonks_tui.reports.words import SKIPS
from stonks_tui.view_models.frame import signed
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import ELLIPSIS, Line, Mood, cells, clipped, line, wrapped

COLUMNS = (
    Column(key="mark", heading=""),
    Column(key="run", heading="Run", right=True),
    Column(key="state", heading="State"),
    Column(key="return", heading="Return", right=True),
    Column(key="drawdown", heading="Worst", right=True, priority=3),
    Column(key="sharpe", heading="Sharpe", right=True, priority=4),
    Column(key="trades", heading="Trades", right=True, priority=2),
    Column(key="days", heading="Days", priority=5),
    Column(key="capital", heading="Capital", right=True, priority=7),
    Column(key="tier", heading="Tier", priority=8),
    Column(key="made", heading="Made (UTC)", priority=6),
    Column(key="name", heading="Name", priority=1, grows=True),
)

_MOODS = {
    RunState.COMPLETED: Mood.PLAIN,
    RunState.RUNNING: Mood.ACCENT,
    RunState.CANCELLED: Mood.WARN,
}
_COSTS = {
    "slippage_bps": "slippage {:g} bp",
    "commission_per_order": "${:g} an order",
    "commission_per_share": "${:g} a share",
    "commission_pct": "{:.2%} commission",
}
_GAPS = {
    GapKind.MISSING_BAR: ("bar", "missing"),
    GapKind.MISSING_SESSION: ("session", "without any prices"),
    GapKind.VANISHED: ("ticker", "ended early"),
}
_NOTHING = ("There is no backtest yet.", "n makes one.")
_MOST_SETTINGS = 12


def table(listings: Sequence[RunListing], marked: frozenset[int], opened: int | None) -> TableView:
    """Return the runs in the order given, newest first; `*` is marked, `>` is the one that the screens show."""
    return TableView(columns=COLUMNS, rows=tuple(_row(r, marked, opened) for r in listings), empty=_NOTHING)


def detail(listing: RunListing, columns: int) -> tuple[Line, ...]:
    """Return what went into a run, what became of the recommendations, and what is to be known about it."""
    record = listing.record
    name = f"  {record.name}" if record is not None and record.name else ""
    found = [line((f"Run {listing.run_id}", Mood.STRONG), " ", _state(listing.state), name)]
    if listing.problem:
        found += _warning(listing.problem, columns)
    if record is not None:
        if record.error:
            found += _warning(record.error, columns)
        found += _asked(record)
        found += _went_in(record, columns)
        found += _settings(record, columns)
        found += _funnel(record.funnel)
        found += _remarks(record, columns)
        found += _made(record)
    return tuple(clipped(text, columns) for text in found)


def comparison(compared: Comparison, columns: int) -> tuple[Line, ...]:
    """Return the runs side by side, in the words of `stonks backtest compare`."""
    found: list[Line] = []
    before = ""
    for text in comparison_report.lines(compared, width=max(columns, 20)):
        is_heading = not before and not any(letter in ".!" for letter in text)
        warns = text.startswith("!")
        found.append(line((text, Mood.WARN if warns else Mood.STRONG if is_heading else Mood.PLAIN)))
        before = text
    return tuple(clipped(text, columns) for text in found)


def _row(listing: RunListing, marked: frozenset[int], opened: int | None) -> Row:
    is_marked, is_opened = listing.run_id in marked, listing.run_id == opened
    mark = line(("*", Mood.ACCENT) if is_marked else " ", (">", Mood.STRONG) if is_opened else " ")
    head = (mark, line(str(listing.run_id)), line(_state(listing.state)))
    return Row(key=str(listing.run_id), cells=(*head, *_cells(listing)))


def _cells(listing: RunListing) -> tuple[Line, ...]:
    record = listing.record
    if record is None:
        return (*((),) * 8, line((listing.problem, Mood.WARN)))
    m = record.metrics
    return (
        (signed(m.total_return if m else None),),
        line(percent(m.max_drawdown if m else None)),
        line(ratio(m.sharpe_ratio if m else None)),
        line(f"{m.trades.trade_count:,}" if m else "–"),
        line(f"{record.start_on} on" if record.run_id == LIVE_RUN else f"{record.start_on} {record.end_on}"),
        line(usd(record.initial_capital)),
        line(record.risk_tier.value),
        line((f"{record.created_at:%Y-%m-%d %H:%M}", Mood.DIM)),
        line(record.name or (record.error, Mood.WARN)),
    )


def _state(state: RunState) -> tuple[str, Mood]:
    return state.value, _MOODS.get(state, Mood.LOSS)


def _warning(text: str, columns: int) -> list[Line]:
    first, *rest = wrapped(text, columns - 2)
    return [line(("! ", Mood.LOSS), first), *(line(f"  {words}") for words in rest)]


def _asked(record: RunRecord) -> Iterator[Line]:
    days = f"since {record.start_on}" if record.run_id == LIVE_RUN else f"{record.start_on} to {record.end_on}"
    yield line(f"{days}  ", (record.risk_tier.value, Mood.ACCENT))
    yield line(f"capital {usd(record.initial_capital)}")
    costs = (_COSTS[n].format(value) if n in _COSTS else f"{n} {value:g}" for n, value in record.costs.items() if value)
    yield line(", ".join(costs) or "no costs")
    if m := record.metrics:
        what = f"  after {plural(m.sessions, 'session')}, {plural(m.trades.trade_count, 'trade')}"
        yield line(signed(m.total_return), f"  to {usd(m.final_value)}", (what, Mood.DIM))


def _went_in(record: RunRecord, columns: int) -> Iterator[Line]:
    yield from _heading("What went in")
    for source in record.inputs:
        tail = f"  {plural(source.rows, 'row')}"
        words = f"  {source.kind} "
        yield line((words, Mood.DIM), _shortened(source.path, columns - cells(words) - cells(tail)), (tail, Mood.DIM))
    for name, value in record.reading.items():
        yield line((f"  read with {name.replace('_', ' ')} ", Mood.DIM), value)
    if not record.inputs:
        words = "what came while it traded: :why TICKER, stonks audit" if record.run_id == LIVE_RUN else "nothing known"
        yield line((f"  {words}", Mood.DIM))


def _shortened(path: str, columns: int) -> str:
    """Return a path, its folders left out when there is no room for them."""
    if cells(path) <= columns:
        return path
    return f"{ELLIPSIS}/{PurePath(path).name}"


def _settings(record: RunRecord, columns: int) -> Iterator[Line]:
    try:
        changed = [c for c in changes(from_mapping(record.policy)) if c.name != "risk_tier"]
    except StonksError as error:
        yield from _heading("Settings")
        yield from _warning(f"unknown to this version: {error}", columns)
        return
    if changed:
        yield from _heading("Settings that differ from the defaults")
    for c in changed[:_MOST_SETTINGS]:
        looser = ("  looser", Mood.WARN) if c.looser else ""
        yield line((f"  {c.name} ", Mood.DIM), f"{c.value}", (f" (default {c.default})", Mood.DIM), looser)
    if len(changed) > _MOST_SETTINGS:
        yield line((f"  and {len(changed) - _MOST_SETTINGS} more", Mood.DIM))


def _funnel(funnel: Mapping[str, int]) -> Iterator[Line]:
    total = sum(funnel.values())
    if not total:
        return
    yield from _heading(f"What became of {plural(total, 'recommendation')}")
    counts = max(len(f"{count:,}") for count in funnel.values())
    for word, count in sorted(funnel.items(), key=lambda item: (item[0] != "act", -item[1], item[0])):
        mood = Mood.GAIN if word == "act" else Mood.PLAIN
        share = f" {percent(count / total, places=1):>7}  "
        yield line((f"  {count:>{counts},}", mood), (share, Mood.DIM), SKIPS.get(word, word.replace("_", " ")))


def _remarks(record: RunRecord, columns: int) -> Iterator[Line]:
    gaps: Counter[GapKind] = Counter()
    for gap in record.gaps:
        gaps[gap.kind] += gap.count if gap.kind is GapKind.MISSING_BAR else 1
    found = [f"{plural(count, _GAPS[kind][0])} {_GAPS[kind][1]}" for kind, count in gaps.items()]
    if record.unaffordable:
        found.append(f"{plural(len(record.unaffordable), 'ticker')} cost more than the largest position")
    if found or record.notes:
        yield from _heading("Remarks")
    for text in found:
        yield line(("! ", Mood.WARN), text)
    for note in record.notes:
        for place, words in enumerate(wrapped(note, columns - 2)):
            yield line(("· " if place == 0 else "  ", Mood.DIM), words)


def _made(record: RunRecord) -> Iterator[Line]:
    yield from _heading("Made")
    decided = sum(record.funnel.values())
    rate = f", {decided / record.seconds:,.0f} recommendations/s" if decided and record.seconds > 0 else ""
    yield line(f"  {record.created_at:%Y-%m-%d %H:%M} UTC by stonks {record.code_version}")
    yield line(f"  engine {record.seconds:.2f} s{rate}")
    if record.fingerprint:
        yield line(("  fingerprint ", Mood.DIM), record.fingerprint[:16])


def _heading(text: str) -> tuple[Line, ...]:
    return line(), line((text, Mood.STRONG))
