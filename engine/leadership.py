"""Leadership: which of several engines may trade on an account, and how does it see that it still may?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.errors import LostLease
from engine.live_ports import LiveStore

LEASE_SECONDS = 90.0
"""How long an engine leads without a word: longer than a look takes to come round."""


@dataclass(slots=True, kw_only=True)
class Leadership:
    """The right of `owner` to trade on an account, as long as nobody else has taken it (`epoch`).

    `now` is the time by which leases are counted, that of the engine's clock if None.
    """

    store: LiveStore
    owner: str
    epoch: int
    seconds: float = LEASE_SECONDS
    now: Callable[[], datetime] | None = None
    _kept_at: datetime | None = None

    async def keep(self, at: datetime) -> None:
        """Make it last. Raises LostLease when another engine leads by now.

        One that was made to last only just now is left: every turn that is kept sees to it that this engine leads.
        """
        at = self.now() if self.now else at
        if self._kept_at is not None and self._kept_at <= at < self._kept_at + timedelta(seconds=self.seconds / 9):
            return
        lease = await self.store.take_lease(self.owner, at, self.seconds)
        if lease is None or lease.epoch != self.epoch:
            raise LostLease(f"{self.owner} no longer leads on this account", hint="another engine has taken over")
        self._kept_at = at


async def lead(
    store: LiveStore,
    owner: str,
    at: datetime,
    seconds: float = LEASE_SECONDS,
    now: Callable[[], datetime] | None = None,
) -> Leadership | None:
    """Return the leadership of an account for `owner`, None while another engine has it."""
    lease = await store.take_lease(owner, now() if now else at, seconds)
    return Leadership(store=store, owner=owner, epoch=lease.epoch, seconds=seconds, now=now) if lease else None
