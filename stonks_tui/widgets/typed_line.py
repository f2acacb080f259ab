"""Typed line: a line in which a person types, and may type ahead of what is shown.

Textual hands letters to the line at once, but keys such as backspace only once nobody else wants them: in a burst, as a
slow connection brings it, what was erased before the letters would be erased after them. Here they have priority, and
wait for the letters before them.
"""

import asyncio
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

_EDITS = {
    "backspace": "delete_left",
    "delete,ctrl+d": "delete_right",
    "ctrl+w": "delete_left_word",
    "ctrl+u": "delete_left_all",
    "ctrl+k": "delete_right_all",
    "left": "cursor_left",
    "right": "cursor_right",
    "home,ctrl+a": "home",
    "end,ctrl+e": "end",
}
"""Keys, and the actions of `Input` that they are."""


class TypedLine(Input):
    """An `Input` whose keys come in the order in which they were pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, f"edit('{action}')", show=False, priority=True) for keys, action in _EDITS.items()
    ]

    async def action_edit(self, action: str) -> None:
        """Do what a key does to the line, after the letters typed before it."""
        await self.typed_so_far()
        getattr(self, f"action_{action}")()

    async def typed_so_far(self) -> None:
        """Wait until the letters typed before this key have arrived."""
        done = asyncio.Event()
        self.call_later(done.set)
        await done.wait()
