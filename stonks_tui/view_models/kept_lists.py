"""Kept lists: how did a person leave a list? Filter, order, columns, tabs, and where the cursor was."""

from dataclasses import dataclass, replace

from stonks_tui.view_models.tables import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptList:
    """How a list stands. `wanted` is the filter, `order` the column it is sorted by, empty for the list's own order.

    `hidden` are the keys of columns that the person does not want; `tabs` are filters worth keeping; `cursor` is
    where the cursor was, as `run:row`, empty for the top.
    """

    wanted: str = ""
    order: str = ""
    hidden: tuple[str, ...] = ()
    tabs: tuple[str, ...] = ()
    cursor: str = ""

    def cursor_in(self, run_id: int) -> str:
        """Return the key of the row under the cursor, empty when that was in another run."""
        run, _, key = self.cursor.partition(":")
        return key if run == str(run_id) else ""

    def at(self, run_id: int, key: str) -> "KeptList":
        """Return the list with the cursor on the row `key`; an empty one is the top."""
        return replace(self, cursor=f"{run_id}:{key}" if key else "")

    def with_tab(self, wanted: str) -> "KeptList":
        """Return the list with `wanted` kept as a tab, once."""
        return self if wanted in self.tabs else replace(self, tabs=(*self.tabs, wanted))

    def without_tab(self, wanted: str) -> "KeptList":
        """Return the list without that tab."""
        return replace(self, tabs=tuple(tab for tab in self.tabs if tab != wanted))

    def turned(self, key: str) -> "KeptList":
        """Return the list with the column `key` hidden or, if it was, shown again."""
        others = tuple(hidden for hidden in self.hidden if hidden != key)
        return replace(self, hidden=others if key in self.hidden else (*self.hidden, key))

    def shown(self, columns: tuple[Column, ...]) -> tuple[bool, ...]:
        """Return which of `columns` are wanted. One that never drops cannot be hidden."""
        return tuple(column.priority == 0 or column.key not in self.hidden for column in columns)


PLAIN_LIST = KeptList()
"""A list that nobody has touched."""
