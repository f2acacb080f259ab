"""Queue: how does a message go from one process to another, so that nothing that was taken is lost?

    sent ─▶ waiting ─▶ taken ─▶ done
                         └────▶ refused, kept apart with the reason

A queue carries and keeps nothing for ever: whoever sends a message can send it again, and whoever takes it knows what
it has had. Messages are texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A message that nobody could use, and why."""

    message: str
    reason: str


class Queue(Protocol):
    """One queue, from the side of who sends into it or of who takes from it.

    All of it raises Unavailable when the queue cannot be reached, does not answer, or is full.
    """

    async def send(self, *messages: str) -> None:
        """Put `messages` behind those that wait, in their order."""

    async def send_once(self, message: str) -> None:
        """The same for one that does not wait already, and is not taken either."""

    async def take(self, seconds: float) -> Sequence[str]:
        """Take what waits, the oldest first; wait for at most so long while nothing does."""

    async def left(self) -> Sequence[str]:
        """Return what was taken, by anybody, and is not done: the oldest first."""

    async def done(self, *messages: str) -> None:
        """Forget that `messages` were taken."""

    async def refuse(self, message: str, reason: str) -> None:
        """Keep a message apart that was taken and cannot be used."""

    async def refused(self) -> Sequence[Refused]:
        """Return what is kept apart, the oldest first."""

    async def kept_apart(self) -> int:
        """Return how many messages are kept apart."""

    async def waiting(self) -> int:
        """Return how many messages wait."""

    async def was_emptied(self) -> bool:
        """Has the queue lost what was in it since this was asked last? The first answer is no."""

    async def show_life(self, words: str, seconds: float) -> None:
        """Have whoever sends here know for so long that somebody takes: `words` say who."""

    async def life(self) -> str | None:
        """Return the words of who takes from here, None when nobody has shown life."""


def dead_words(count: int) -> str:
    """Return what is said of so many messages that are kept apart, wherever it is."""
    lie = "message that nobody can use lies" if count == 1 else "messages that nobody can use lie"
    return f"{count:,} {lie} in the queue: stonks broker dead shows {'it' if count == 1 else 'them'}"
