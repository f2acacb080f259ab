"""Broker presence: who takes jobs from the queue, and may somebody else take them too?

Two services on one queue would take each other's jobs. Whoever serves shows that it lives; who finds another one alive
stands by if both have the same books, and refuses otherwise.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.broking.queue import Queue
from engine.errors import BadInput
from stonks_tui.version import __version__
from storage.machine_lock import is_dead

LIFE_SECONDS = 10.0
"""So long others believe that it lives after it has shown it last."""
SHOWN_EVERY_SECONDS = 2.0
_SETTLED_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerLife:
    """What a broker service shows of itself; what a broker of somebody else's leaves out is empty here.

    `owner` is HOST:PID, `since` when it began; `dead` counts the messages that nobody could use, `prices` says what is
    wrong with them, if anything is. `others` is what it says besides.
    """

    owner: str
    account: str = ""
    mode: str = ""
    version: str = ""
    epoch: int = 0
    dead: int = 0
    since: str = ""
    prices: str = ""
    others: Mapping[str, Any] = field(default_factory=dict)

    def words(self) -> str:
        """Return it as it is shown, JSON."""
        names = ("version", "owner", "account", "mode", "epoch", "dead", "since", "prices")
        return json.dumps({name: getattr(self, name) for name in names}, separators=(",", ":"))


def life_of(words: str) -> BrokerLife:
    """Return what `words` say; of what is not ours they are the owner."""
    try:
        said = json.loads(words)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return BrokerLife(owner=words[:200])
    return BrokerLife(
        owner=_short(said.pop("owner", "")),
        account=_short(said.pop("account", "")),
        mode=_short(said.pop("mode", "")),
        version=_short(said.pop("version", "")),
        epoch=_count(said.pop("epoch", 0)),
        dead=_count(said.pop("dead", 0)),
        since=_short(said.pop("since", "")),
        prices=_short(said.pop("prices", "")),
        others=said,
    )


class Presence:
    """That of one service on the queue `jobs`, which began at `since`."""

    def __init__(self, jobs: Queue, owner: str, since: datetime) -> None:
        self._jobs = jobs
        self._owner, self._since = owner, since
        self._shown_at = float("-inf")

    async def other(self) -> BrokerLife | None:
        """Return another service that lives on the queue, as far as anybody knows."""
        words = await self._jobs.life()
        life = life_of(words) if words else None
        return None if life is None or life.owner == self._owner or is_dead(life.owner) else life

    async def begin(self) -> BrokerLife | None:
        """Show that it lives, unless another one does; return that one. Of two at once the last one stays."""
        if (other := await self.other()) is None:
            await self.show()
            await asyncio.sleep(_SETTLED_SECONDS)
            other = await self.other()
        return other

    def is_due(self) -> bool:
        """Is it time to show it again?"""
        return asyncio.get_running_loop().time() - self._shown_at >= SHOWN_EVERY_SECONDS

    async def show(self, *, account: str = "", mode: str = "paper", epoch: int = 0, prices: str = "") -> None:
        """Show that it lives. Raises BadInput when another one has taken its place."""
        if self._shown_at > float("-inf") and (other := await self.other()) is not None:
            raise refused(other)
        life = BrokerLife(
            owner=self._owner,
            account=account,
            mode=mode,
            version=__version__,
            epoch=epoch,
            dead=await self._jobs.kept_apart(),
            since=f"{self._since:%Y-%m-%dT%H:%M:%SZ}",
            prices=prices,
        )
        await self._jobs.show_life(life.words(), LIFE_SECONDS)
        self._shown_at = asyncio.get_running_loop().time()

    async def end(self) -> None:
        """Have everybody know that nobody takes jobs here any more."""
        if self._shown_at > float("-inf") and await self.other() is None:
            await self._jobs.show_life(BrokerLife(owner=self._owner).words(), 0.001)


def refused(other: BrokerLife) -> BadInput:
    """Return that the queue is served by another one already."""
    return BadInput(
        f"another broker service takes from this queue: {other.owner} since {other.since or 'some time'}",
        hint="end that one first: two would take each other's jobs",
    )


def _short(value: Any) -> str:
    return str(value)[:200] if isinstance(value, str | int) else ""


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
