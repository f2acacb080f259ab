"""PostgreSQL source suggestions: which recommendations and signals have come in that were not handed over yet?

What has an id is found by its moment, less the ids that are known: a row that is late is found too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.model.incoming import Arrived, Refusal, Wanted
from storage import live_sources_rows
from storage.live_sources import LONG_LIVED
from storage.live_sources_rows import Row, shown
from storage.moments import from_micros, to_micros
from storage.postgres_sources_layout import Layout
from storage.postgres_sources_moments import between
from storage.postgres_sources_rows import Reader, cells, selected
from storage.postgres_sources_tables import Question

_MARGIN = timedelta(days=3)
"""A condition may let through so much more than was asked for: of dates, and of moments in text."""

_AFTER_NOW = "$2::timestamptz + interval '1 microsecond'"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The ids that were read with their moments, in microseconds."""

    ids: Mapping[str, int] = field(default_factory=dict)
    has_begun: bool = False


class Suggestions:
    """A look (`postgres_sources.Look`) for rows of `kind` with an id and `generated_at`."""

    def __init__(self, kind: str, key: str, value: Callable[[Row], Any]) -> None:
        self.kind = kind
        self.known = _Known()
        self._key = key
        self._value = value

    def begin(self) -> None:
        """See `Look.begin`."""
        self.known = _Known()

    def question(self, layout: Layout, wanted: Wanted) -> Question:
        """See `Look.question`."""
        key, at = layout.column(self._key), layout.column("generated_at")
        kept = layout.keeps("generated_at")
        within = between(at, kept, "$1::timestamptz", "$2::timestamptz")
        if layout.has("expires_at"):  # $4 ends before $1 once all that lives long is known
            lives = between(
                layout.column("expires_at"), layout.keeps("expires_at"), _AFTER_NOW, "'9000-01-01Z'::timestamptz"
            )
            forever = " OR " + layout.column("expires_at") + " = 'infinity'" if _may_last(layout) else ""
            within += f" OR ({between(at, kept, '$4::timestamptz', '$1::timestamptz')} AND ({lives}{forever}))"
        names = ", ".join(["NULL"] * (len(cells(layout)) - 1))
        values: list[Any] = [wanted.alive_since, wanted.at, list(self.known.ids)]
        if layout.has("expires_at"):
            values.append(wanted.alive_since - LONG_LIVED if not self.known.has_begun else _NEVER)
        newest = f"""
            UNION ALL SELECT 'newest', max({at})::text, {names} FROM {layout.source}
            WHERE {between(at, kept, "'1971-01-01Z'::timestamptz", "$2::timestamptz")}
        """
        return Question(
            sql=f"""
                SELECT 'row', {selected(layout)} FROM {layout.source} WHERE ({within})
                AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS known_ (stonks_id) WHERE stonks_id = {key}::text)
                {newest if self.kind == "recommendations" else ""}
            """,
            values=tuple(values),
        )

    def answered(self, layout: Layout, rows: Sequence[Any], wanted: Wanted) -> tuple[Arrived, _Known]:
        """See `Look.answered`."""
        reader, now = Reader(layout=layout), to_micros(wanted.at)
        forgotten = to_micros(wanted.alive_since - LONG_LIVED - _MARGIN)
        ids = {name: at for name, at in self.known.ids.items() if at >= forgotten}
        found: list[Any] = []
        refused: list[Refusal] = []
        for row in sorted(self._new(reader, rows), key=lambda r: str(r[self._key])):
            at = reader.moment(row, "generated_at")
            if at is not None and at > now:
                continue
            name = row[self._key]
            if name is not None:
                ids[name] = now if at is None else at
            try:
                value = self._value(row)
            except ValueError as error:
                refused.append(Refusal(where=layout.table.table, row=shown(name), reason=shown(error)))
                continue
            if _is_alive(value, wanted):
                found.append(value)
        arrived = Arrived(
            recommendations=found if self.kind == "recommendations" else (),
            signals=found if self.kind == "signals" else (),
            refused=refused,
            newest_recommendation_at=_newest(reader, rows, wanted),
        )
        return arrived, _Known(ids=ids, has_begun=True)

    def _new(self, reader: Reader, rows: Sequence[Any]) -> list[Row]:
        return [reader.row(values) for what, *values in rows if what == "row"]


_NEVER = datetime.fromisoformat("8999-01-01T00:00:00+00:00")


def _may_last(layout: Layout) -> bool:
    return layout.types["expires_at"] in ("timestamptz", "timestamp", "date")


def _is_alive(value: Any, wanted: Wanted) -> bool:
    expires_at = getattr(value, "expires_at", None)
    return value.generated_at >= wanted.alive_since or (expires_at is not None and expires_at > wanted.at)


def _newest(reader: Reader, rows: Sequence[Any], wanted: Wanted) -> datetime | None:
    """Return the moment of the newest row; a date alone may still be ahead."""
    said = next((row[1] for row in rows if row[0] == "newest"), None)
    if said is None:
        return None
    at = reader.value("generated_at", said)
    return min(from_micros(at), wanted.at) if isinstance(at, int) else None


def recommendations() -> Suggestions:
    """Return a look for recommendations."""
    return Suggestions("recommendations", "recommendation_id", live_sources_rows.recommendation)


def signals() -> Suggestions:
    """Return a look for signals within the day."""
    return Suggestions("signals", "signal_id", live_sources_rows.signal)
