"""Told window: which of many notifications have been read, what has become of them, and how many came since?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.model.notifications import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldWindow:
    """Notifications that follow one another, newest first.

    `has_older` says that there may be others below. `waiting` is how many came since somebody left the top.
    """

    notifications: tuple[Notification, ...] = ()
    has_older: bool = False
    waiting: int = 0

    @property
    def before(self) -> int | None:
        """Before which one does the page below begin? None at the end."""
        return self.notifications[-1].notification_id if self.has_older and self.notifications else None

    def with_older(self, page: Sequence[Notification], *, limit: int) -> "ToldWindow":
        """Return the window with the page below it; one of `limit` may be followed by another."""
        return replace(self, notifications=(*self.notifications, *page), has_older=len(page) == limit)

    def renewed(self, page: Sequence[Notification], *, limit: int, follows: bool) -> "ToldWindow":
        """Return the window with the newest page as it is now: statuses change, and what a filter lets through.

        Those that are new stand at the top if it `follows`, else they are counted.
        """
        is_full = len(page) == limit
        top = self.notifications[0].notification_id if self.notifications else 0
        if not self.notifications or not page or (follows and page[-1].notification_id > top):
            return ToldWindow(notifications=tuple(page), has_older=is_full)
        older = [n for n in self.notifications if n.notification_id < page[-1].notification_id] if is_full else []
        kept = [n for n in page if follows or n.notification_id <= top]
        return ToldWindow(
            notifications=(*kept, *older),
            has_older=is_full and (self.has_older or not older),
            waiting=len(page) - len(kept),
        )

    def at(self, key: str | None) -> Notification | None:
        """Return the notification whose row has that key, None when it is not in the window."""
        return next((n for n in self.notifications if str(n.notification_id) == key), None)
