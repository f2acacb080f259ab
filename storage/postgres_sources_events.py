"""PostgreSQL source events: which macro events are new, or say something else than before?"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from engine.model.incoming import Arrived, Refusal, Wanted
from engine.model.macro import MacroEvent
from storage import live_sources_rows
from storage.live_sources_rows import shown
from storage.postgres_sources_layout import Layout
from storage.postgres_sources_moments import between
from storage.postgres_sources_rows import Reader, selected
from storage.postgres_sources_tables import Question

_MOMENT = timedelta(microseconds=1)


class MacroEvents:
    """A look (`postgres_sources.Look`) at events that are not over, and at those that were on at the last look.

    `known` are the rows as they were read.
    """

    kind = "macro_events"

    def __init__(self) -> None:
        self.known: frozenset[tuple[str | None, ...]] = frozenset()

    def begin(self) -> None:
        """See `Look.begin`."""
        self.known = frozenset()

    def question(self, layout: Layout, wanted: Wanted) -> Question:
        """See `Look.question`."""
        until = layout.column("until")
        is_on = between(until, layout.keeps("until"), "$1::timestamptz", "'9000-01-01Z'::timestamptz")
        if layout.types["until"] in ("timestamptz", "timestamp", "date"):
            is_on += f" OR {until} = 'infinity'"
        known = f"{layout.column('event_id')}::text = ANY($2::text[])"
        ids = sorted({row[0] for row in self.known if row[0] is not None})
        sql = f"SELECT {selected(layout)} FROM {layout.source} WHERE {is_on} OR {known}"
        return Question(sql=sql, values=(wanted.at + _MOMENT, ids))

    def answered(
        self, layout: Layout, rows: Sequence[Any], wanted: Wanted
    ) -> tuple[Arrived, frozenset[tuple[str | None, ...]]]:
        """See `Look.answered`."""
        del wanted
        reader = Reader(layout=layout)
        found = frozenset(tuple(row) for row in rows)
        events: list[MacroEvent] = []
        refused: list[Refusal] = []
        for row in sorted(found - self.known, key=lambda r: tuple(map(str, r))):
            try:
                events.append(live_sources_rows.macro_event(reader.row(row)))
            except ValueError as error:
                refused.append(Refusal(where=layout.table.table, row=shown(row[0]), reason=shown(error)))
        return Arrived(macro_events=events, refused=refused), found
