"""Paged list: what do lists have in common that are pages of the database?"""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, TypeVar

from engine.errors import StonksError
from stonks_tui.requests import Say
from stonks_tui.screens.list_screen import ListScreen

_Value = TypeVar("_Value")


class PagedList(ListScreen):
    """A list of which only some pages have been read."""

    NAME: ClassVar[str] = ""

    async def asked(self, answer: Awaitable[_Value]) -> _Value | None:
        """Return the answer; None when there is none, which has then been said."""
        try:
            return await answer
        except StonksError as error:
            self.ask(Say(words=str(error), severity="error"))
            return None

    def go_to_match(self, rows: Sequence[_Value], fits: Callable[[_Value], bool], step: int) -> bool:
        """Go to the next of the `rows` that fits (step 1), or the one before (-1). Returns whether there is one."""
        place = self.table().position[0] - 1
        ahead = range(place + 1, len(rows)) if step > 0 else range(place - 1, -1, -1)
        found = next((at for at in ahead if fits(rows[at])), None)
        if found is not None:
            self.table().action_move_to(found)
        return found is not None
