"""Sorting: in which order do the rows of a list stand?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from stonks_tui.view_models.tables import Column

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Order:
    """By which column; empty means the list's own order."""

    column: str = ""

    def next(self, columns: Sequence[Column]) -> "Order":
        """Return the order by the column after this one; after the last comes the list's own order again."""
        keys = ["", *(column.key for column in columns)]
        place = keys.index(self.column) if self.column in keys else 0
        return Order(keys[(place + 1) % len(keys)])

    def words(self, columns: Sequence[Column]) -> str:
        """Return what a person reads of it, nothing for the list's own order."""
        return next((f"by {column.heading}" for column in columns if column.key == self.column), "")


def ordered(values: Iterable[_Value], order: Order, keys: Mapping[str, Callable[[_Value], Any]]) -> list[_Value]:
    """Return `values` in that order; those that are alike stay as they were."""
    key = keys.get(order.column)
    return list(values) if key is None else sorted(values, key=key)
