"""Write ahead parts: how do decisions get from one process to another, quickly?

A block of decisions refers to a table of recommendations; the table travels once, and only the columns that decisions
take from it.
"""

import pickle
from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter
from typing import BinaryIO

from engine.model.decision_log import DecisionLog, TurnedDown
from engine.model.decisions import Decision
from engine.model.recommendation import Action
from engine.model.tape import RecommendationTable

END = pickle.dumps(None)
"""Stands where a part would: these were all, keep them."""

_DECISION = tuple(f.name for f in fields(Decision))
_BLOCK = tuple(f.name for f in fields(TurnedDown) if f.name != "table")
_decision_values = attrgetter(*_DECISION)
_block_values = attrgetter(*_BLOCK)


class Packer:
    """Turns entries of a log into bytes, for one reader of all of them in order."""

    def __init__(self) -> None:
        self._tables: dict[int, tuple[int, RecommendationTable]] = {}  # by identity; kept, so that it stays theirs

    def pack(self, entries: list[Decision | TurnedDown]) -> bytes:
        """Return the bytes of one part."""
        known = len(self._tables)
        packed = [
            (self._number(entry.table), _block_values(entry))
            if isinstance(entry, TurnedDown)
            else (None, _decision_values(entry))
            for entry in entries
        ]
        new = [
            (table.recommendation_id, table.ticker, table.action, table.confidence)
            for _, table in list(self._tables.values())[known:]
        ]
        return pickle.dumps((new, packed), protocol=pickle.HIGHEST_PROTOCOL)

    def _number(self, table: RecommendationTable) -> int:
        return self._tables.setdefault(id(table), (len(self._tables), table))[0]


def parts(stream: BinaryIO) -> Iterator[DecisionLog]:
    """Give the parts on `stream` until END. A stream that ends before it raises EOFError."""
    tables: list[RecommendationTable] = []
    while (part := pickle.load(stream)) is not None:
        new, packed = part
        tables += map(_table, new)
        yield DecisionLog(
            [
                Decision(**dict(zip(_DECISION, values, strict=True)))
                if number is None
                else TurnedDown(table=tables[number], **dict(zip(_BLOCK, values, strict=True)))
                for number, values in packed
            ]
        )


def _table(columns: tuple[list[str], list[str], list[Action], list[float]]) -> RecommendationTable:
    ids, tickers, actions, confidences = columns
    return RecommendationTable(
        recommendation_id=ids, ticker=tickers, action=actions, confidence=confidences, mode=(), generated_at=()
    )
