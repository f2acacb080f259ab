"""PostgreSQL source prices: which quotes, and which minutes that are over, have come in since the last look?

Quotes with a number are found by it. Numbers are given out before their rows can be seen, so one that was left out is
looked for again for a while. Quotes without a number are found by their moment, and looked for some minutes back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from engine.model.incoming import Arrived, Quote, Refusal, Wanted
from storage import live_sources_rows
from storage.live_sources_rows import Row, shown
from storage.moments import from_micros, to_micros
from storage.postgres_sources_layout import Layout
from storage.postgres_sources_moments import between
from storage.postgres_sources_names import INTERVALS
from storage.postgres_sources_rows import Reader, cells, price, priced, selected
from storage.postgres_sources_tables import Question

NUMBERS = 10_000
"""So many of the newest numbers are looked for again when they were left out."""
STILL_COMING = timedelta(minutes=15)
"""So long: no transaction that writes quotes is open for longer."""
LATE = timedelta(minutes=5)
"""So much later than others a quote without a number may come."""
_MINUTE = timedelta(minutes=1)
_WHOLE = frozenset({"int2", "int4", "int8"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _KnownQuotes:
    """What was read in `session`: up to which number, and which numbers below it were not there, since when.

    Without numbers: the quotes themselves that might be read once more, and the last moment that was looked for.
    """

    session: date | None = None
    number: int = 0
    missing: Mapping[int, int] = field(default_factory=dict)
    seen: Mapping[tuple[str | None, ...], int] = field(default_factory=dict)
    reached: datetime | None = None


class Quotes:
    """A look (`postgres_sources.Look`) at quotes: those of the session, and then whatever is new."""

    kind = "quotes"

    def __init__(self) -> None:
        self.known = _KnownQuotes()

    def begin(self) -> None:
        """See `Look.begin`."""
        self.known = _KnownQuotes()

    def question(self, layout: Layout, wanted: Wanted) -> Question:
        """See `Look.question`."""
        within = between(layout.column("at"), layout.keeps("at"), "$1::timestamptz", "$2::timestamptz")
        session, is_first = wanted.session, self.known.session != wanted.session.on
        if not _has_numbers(layout):
            low = session.open_at if is_first or not self.known.reached else self.known.reached - LATE
            rows = f"SELECT 'row', {selected(layout)} FROM {layout.source} WHERE {within}"
            order = f" ORDER BY {layout.column('at')}"
            return Question(sql=rows + order, values=(max(low, session.open_at), session.close_at))
        number = layout.column("id")
        few = ", ".join(["NULL"] * (len(cells(layout)) - 1))
        rows = f"SELECT 'row', {selected(layout)} FROM {layout.source}, top_ WHERE {number} <= stonks_top"
        top = f"""
            WITH top_ (stonks_top) AS (SELECT max({number}) FROM {layout.source})
            SELECT 'top', stonks_top::text, {few} FROM top_ UNION ALL
        """
        if is_first:
            there = f"""
                UNION ALL SELECT 'there', {number}::text, {few} FROM {layout.source}, top_
                WHERE {number} > stonks_top - {NUMBERS} AND {number} <= stonks_top
            """
            return Question(sql=f"{top} {rows} AND {within} {there}", values=(session.open_at, session.close_at))
        return Question(
            sql=f"{top} {rows} AND {number} > $1::bigint UNION ALL {rows} AND {number} = ANY($2::bigint[])",
            values=(self.known.number, list(self.known.missing)),
        )

    def answered(self, layout: Layout, rows: Sequence[Any], wanted: Wanted) -> tuple[Arrived, _KnownQuotes] | None:
        """See `Look.answered`."""
        reader = Reader(layout=layout)
        told = [tuple(row)[1:] for row in rows if row[0] == "row"]
        if not _has_numbers(layout):
            new = [row for row in dict.fromkeys(told) if row not in self.known.seen]
            arrived, moments = _quotes(reader, new)
            return arrived, self._reached(wanted, dict(zip(new, moments, strict=True)))
        top = next((int(row[1]) for row in rows if row[0] == "top" and row[1] is not None), 0)
        is_first = self.known.session != wanted.session.on
        if not is_first and top < self.known.number:  # the numbers begin anew
            return None
        told.sort(key=lambda row: int(row[0] or 0))
        there = {int(row[1]) for row in rows if row[0] == "there"} | {int(row[0] or 0) for row in told}
        return _quotes(reader, told)[0], self._counted(wanted, top, there, is_first=is_first)

    def _counted(self, wanted: Wanted, top: int, there: set[int], *, is_first: bool) -> _KnownQuotes:
        now = to_micros(wanted.at)
        first = max(1, top - NUMBERS + 1)
        begun = now - STILL_COMING // timedelta(microseconds=1)
        was = {} if is_first else self.known.missing
        missing = {n: at for n, at in was.items() if n not in there and n >= first and at >= begun}
        since = first if is_first else max(first, self.known.number + 1)
        missing |= {n: now for n in range(since, top + 1) if n not in there}
        return _KnownQuotes(session=wanted.session.on, number=top, missing=missing)

    def _reached(self, wanted: Wanted, new: Mapping[tuple[str | None, ...], int | None]) -> _KnownQuotes:
        now = to_micros(wanted.at)
        is_same = self.known.session == wanted.session.on
        newest = max((at for at in new.values() if at is not None and at <= now), default=None)
        reached = self.known.reached if is_same else None
        if newest is not None:
            reached = max(reached or from_micros(newest), from_micros(newest))
        kept = {
            **(self.known.seen if is_same else {}),
            **{row: at if at is not None else now for row, at in new.items()},
        }
        oldest = to_micros((reached or wanted.session.open_at) - 2 * LATE)
        return _KnownQuotes(
            session=wanted.session.on, reached=reached, seen={row: at for row, at in kept.items() if at >= oldest}
        )


def _has_numbers(layout: Layout) -> bool:
    return layout.types.get("id") in _WHOLE


def _quotes(reader: Reader, rows: Iterable[tuple[str | None, ...]]) -> tuple[Arrived, list[int | None]]:
    """Return the quotes of `rows`, and the moment of each row in microseconds."""
    quotes: list[Quote] = []
    refused: list[Refusal] = []
    moments: list[int | None] = []
    for cells_ in rows:
        row = reader.row(cells_)
        moments.append(reader.moment(row, "at"))
        try:
            quotes.append(live_sources_rows.quote(priced(row)))
        except ValueError as error:
            name = row["id"] if row["id"] is not None else " ".join(map(str, cells_))
            refused.append(Refusal(where=reader.layout.table.table, row=shown(name), reason=shown(error)))
    return Arrived(quotes=quotes, refused=refused), moments


class MinuteBars:
    """A look (`postgres_sources.Look`) at the minutes that are over, each a print of its close at its end.

    `known` are the session, and the next minute of each ticker, in microseconds.
    """

    kind = "minute_bars"

    def __init__(self) -> None:
        self.known: tuple[date | None, Mapping[str, int]] = (None, {})

    def begin(self) -> None:
        """See `Look.begin`."""
        self.known = (None, {})

    def question(self, layout: Layout, wanted: Wanted) -> Question:
        """See `Look.question`."""
        since = self._since(wanted)
        ticker = layout.column("ticker") + ("" if layout.is_text("ticker") else "::text")
        within = between(layout.column("start_at"), layout.keeps("start_at"), "stonks_since", "$3::timestamptz")
        return Question(
            sql=f"""
                SELECT {selected(layout)}
                FROM unnest($1::text[], $2::timestamptz[]) AS asked_ (stonks_ticker, stonks_since)
                JOIN {layout.source} ON {ticker} = stonks_ticker AND {within} AND {of_interval(layout)}
            """,
            values=(list(since), [from_micros(at) for at in since.values()], _last(wanted)),
        )

    def answered(
        self, layout: Layout, rows: Sequence[Any], wanted: Wanted
    ) -> tuple[Arrived, tuple[date | None, Mapping[str, int]]]:
        """See `Look.answered`."""
        reader, since, last = Reader(layout=layout), self._since(wanted), to_micros(_last(wanted))
        following = {} if self.known[0] != wanted.session.on else dict(self.known[1])
        quotes: list[Quote] = []
        refused: list[Refusal] = []
        for row in map(reader.row, rows):
            start = reader.moment(row, "start_at")
            if start is None or not since[row["ticker"]] <= start <= last:
                continue
            following[row["ticker"]] = max(following.get(row["ticker"], 0), start + 1)
            try:
                quotes.append(_print(row, start))
            except ValueError as error:
                name = f"{row['ticker']} {from_micros(start):%Y-%m-%d %H:%M}"
                refused.append(Refusal(where=layout.table.table, row=shown(name), reason=shown(error)))
        return Arrived(quotes=quotes, refused=refused), (wanted.session.on, following)

    def _since(self, wanted: Wanted) -> dict[str, int]:
        opens = to_micros(wanted.session.open_at)
        known = self.known[1] if self.known[0] == wanted.session.on else {}
        return {ticker: max(opens, known.get(ticker, opens)) for ticker in sorted(wanted.tickers)}


def _print(row: Row, start: int) -> Quote:
    return Quote(ticker=row["ticker"], price=price(row["close"], "the close"), at=from_micros(start) + _MINUTE)


def _last(wanted: Wanted) -> datetime:
    """Return when the last minute began that is over."""
    return min(wanted.at, wanted.session.close_at) - _MINUTE


def of_interval(layout: Layout) -> str:
    """Return the condition that a bar is of the interval of its kind; a constant says that all of them are."""
    if not layout.has("interval"):
        return "true"
    words = ", ".join(f"'{word}'" for word in INTERVALS[layout.table.kind])
    return f"{layout.column('interval')}{'' if layout.is_text('interval') else '::text'} IN ({words})"
