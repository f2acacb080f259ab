"""Gmail: how does a notification leave as an e-mail?

By the Gmail API, with a refresh token of the sender's account, in a side thread. Every e-mail carries the reference of
its notification, so that one of which nothing was heard can be looked for.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from engine.adapters import gmail_message
from engine.adapters.carrying import Patience, carry
from engine.adapters.notification_secrets import GmailAccess
from engine.adapters.side_thread import Attempt, GivenUp, SideThread
from engine.model.notifications import Delivery, Notification, Outcome
from engine.notification_settings import NotificationSettings

if TYPE_CHECKING:
    from engine.adapters.gmail_line import GmailLine

_DEFAULT_PATIENCE = Patience()


class GmailNotifier:
    """Sends e-mails from one account. For one event loop."""

    def __init__(self, access: GmailAccess, patience: Patience = _DEFAULT_PATIENCE) -> None:
        self._access = access
        self._patience = patience
        self._thread: SideThread[GmailLine] = SideThread("gmail", self._line)

    async def prepare(self, settings: NotificationSettings) -> None:  # noqa: ARG002
        """Make a client, before anything has to be sent."""
        with suppress(Exception):  # whatever it is: an attempt says it in words
            await self._thread.do(lambda *_: None, self._patience.attempt_seconds)

    async def send(self, notification: Notification, settings: NotificationSettings) -> Delivery:
        """Try once, as `engine.notification_ports.Notifier` says."""
        private = (settings.gmail_sender, *settings.recipients)

        def mail(line: "GmailLine", attempt: Attempt) -> Delivery:
            try:
                raw = gmail_message.raw(notification, settings)
            except ValueError:
                words = "the e-mail cannot be written: look at gmail_sender and gmail_recipient"
                return Delivery(outcome=Outcome.REFUSED, words=words)
            return line.send(raw, private, attempt)

        return await carry(self._thread, mail, self._patience.attempt_seconds, "Gmail")

    async def was_sent(self, notification: Notification, settings: NotificationSettings) -> bool | None:
        """Look for its reference among the e-mails sent; None: a token that may only send cannot look."""
        search = gmail_message.search(notification, settings)

        def find(line: "GmailLine", attempt: Attempt) -> bool | None:
            return line.finds(search, attempt)

        try:
            return await self._thread.do(find, self._patience.attempt_seconds)
        except GivenUp:
            return None
        except Exception:  # noqa: BLE001 - nobody knows is an answer too
            return None

    def missing(self, settings: NotificationSettings) -> tuple[str, ...]:
        """Return what is missing for sending, a sentence each with what to do."""
        found = [] if settings.gmail_sender else ["gmail_sender is not set: say from which address e-mails are sent"]
        if not settings.recipients:
            found.append("gmail_recipient is not set: say to which address e-mails are sent")
        return (*found, *self._access.faults)

    async def close(self) -> None:
        """Give up what is under way, and let go of the connection."""
        await self._thread.close()

    def _line(self) -> "GmailLine":
        from engine.adapters.gmail_line import GmailLine

        return GmailLine(self._access, self._patience.connect_seconds, self._patience.read_seconds)
