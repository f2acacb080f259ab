"""PostgreSQL sources: what is new in tables of somebody else's since the last look?

Each table is an inlet of its own: what one of them cannot give now does not hold up the others. What was handed over is
known by numbers, ids and moments, as in `live_sources`, and nothing is ever written there.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from engine.model.incoming import Arrived, Refusal, Wanted
from storage.postgres_sources_days import PostgresDays
from storage.postgres_sources_events import MacroEvents
from storage.postgres_sources_layout import Layout
from storage.postgres_sources_prices import MinuteBars, Quotes
from storage.postgres_sources_suggestions import recommendations, signals
from storage.postgres_sources_tables import PostgresTables, Question

_MANY = 2_000
"""More rows than this are read in a thread of their own."""


class Look(Protocol):
    """What is new in one table. `known` is what has been handed over, as each look has it."""

    kind: str
    known: Any

    def begin(self) -> None:
        """Know nothing."""

    def question(self, layout: Layout, wanted: Wanted) -> Question:
        """Return what is to be asked."""

    def answered(self, layout: Layout, rows: Sequence[Any], wanted: Wanted) -> tuple[Arrived, Any] | None:
        """Return what is new, and what is known then; None: nothing that was known holds, ask again."""


class PostgresInlet:
    """An `Inlet` (engine/live_sources.py) over one table."""

    def __init__(self, tables: PostgresTables, look: Look) -> None:
        self._tables = tables
        self._look = look
        self._refused: set[tuple[str, str]] = set()

    def begin(self) -> None:
        """See `Inlet.begin`."""
        self._look.begin()

    async def arrived(self, wanted: Wanted) -> Arrived:
        """See `Inlet.arrived`."""
        found = await self._looked(wanted)
        if found is None:
            self._look.begin()
            found = await self._looked(wanted)
        arrived, known = found or (Arrived(), None)
        self._look.known = known if found else self._look.known  # not before everything was read
        return arrived

    async def _looked(self, wanted: Wanted) -> tuple[Arrived, Any] | None:
        look = self._look
        answer = await self._tables.rows(look.kind, lambda layout: look.question(layout, wanted), wanted.session.on)
        if answer is None:
            return Arrived(), look.known
        layout, rows = answer
        if len(rows) > _MANY:
            found = await asyncio.to_thread(look.answered, layout, rows, wanted)
        else:
            found = look.answered(layout, rows, wanted)
        return found and (self._once(found[0]), found[1])

    def _once(self, arrived: Arrived) -> Arrived:
        """Return `arrived` with the rows alone that were not refused before."""
        fresh: list[Refusal] = []
        for refusal in arrived.refused:
            if (refusal.where, refusal.row) not in self._refused:
                self._refused.add((refusal.where, refusal.row))
                fresh.append(refusal)
        return arrived if len(fresh) == len(arrived.refused) else _with(arrived, fresh)


def _with(arrived: Arrived, refused: Sequence[Refusal]) -> Arrived:
    return Arrived(
        quotes=arrived.quotes,
        recommendations=arrived.recommendations,
        signals=arrived.signals,
        macro_events=arrived.macro_events,
        refused=refused,
        newest_recommendation_at=arrived.newest_recommendation_at,
    )


def inlets(tables: PostgresTables) -> tuple[PostgresInlet, ...]:
    """Return an inlet for each table that an engine looks into while a session is on."""
    looks: tuple[Look, ...] = (recommendations(), signals(), MacroEvents())
    return *price_inlets(tables), *(PostgresInlet(tables, look) for look in looks)


def price_inlets(tables: PostgresTables) -> tuple[PostgresInlet, ...]:
    """Return those of them with prices, for a broker that executes on paper."""
    return PostgresInlet(tables, MinuteBars()), PostgresInlet(tables, Quotes())


def history(tables: PostgresTables) -> PostgresDays:
    """Return the `History` of the tables; as an inlet it tells which of its rows were refused."""
    return PostgresDays(tables)
