"""Leases: who may trade, and what does it take for another to follow? The same answer for every store."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.errors import LostLease
from engine.model.live import Lease
from storage.moments import to_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRow:
    """The last lease that was taken: its epoch stays known after its end. One that was released has no owner."""

    owner: str | None
    epoch: int
    expires_at: datetime


def taken(last: LeaseRow | None, owner: str, at: datetime, seconds: float) -> Lease | None:
    """Return the lease of `owner` after `at`, or None while another's lasts, its end not included.

    One's own lease goes on with its epoch, also after its end, until another was taken or it was released. It is never
    made shorter. A naive `at` raises BadInput.
    """
    to_micros(at)
    expires_at = at + timedelta(seconds=seconds)
    if last is None:
        return Lease(owner=owner, epoch=1, expires_at=expires_at)
    if last.owner == owner:
        return Lease(owner=owner, epoch=last.epoch, expires_at=max(last.expires_at, expires_at))
    if last.owner is not None and at < last.expires_at:
        return None
    return Lease(owner=owner, epoch=last.epoch + 1, expires_at=expires_at)


def row_of(lease: Lease) -> LeaseRow:
    """Return what is kept of `lease`."""
    return LeaseRow(owner=lease.owner, epoch=lease.epoch, expires_at=lease.expires_at)


def released(last: LeaseRow | None, owner: str) -> LeaseRow | None:
    """Return what is kept once `owner` has ended the lease, or None when it is not its own."""
    return replace(last, owner=None) if last and last.owner == owner else None


def require_epoch(last: LeaseRow | None, epoch: int) -> None:
    """Raise LostLease unless the lease of `epoch` is still the last one, and not released.

    Its end does not matter: as long as nobody else has taken over, nobody else can have written.
    """
    if last is None or last.owner is None:
        raise LostLease(f"there is no lease of epoch {epoch}" + (": it was released" if last else ""))
    if last.epoch != epoch:
        raise LostLease(f"{last.owner} trades under epoch {last.epoch}; this turn was made under epoch {epoch}")
