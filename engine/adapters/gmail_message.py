"""Gmail message: how is a notification written as an e-mail, and how is it found again among those sent?"""

from base64 import urlsafe_b64encode
from email.message import EmailMessage
from email.policy import SMTP

from engine.adapters.carrying import reference
from engine.model.notifications import Notification
from engine.notification_settings import NotificationSettings


def message_id(notification: Notification, settings: NotificationSettings) -> str:
    """Return the `Message-ID` of its e-mail, with the brackets around it."""
    return f"<{reference(notification)}@{settings.gmail_sender.rpartition('@')[2]}>"


def compose(notification: Notification, settings: NotificationSettings) -> EmailMessage:
    """Return the e-mail. The reference stands in its last line too, where a search finds it.

    Raises ValueError when an address cannot stand in an e-mail.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(settings.gmail_sender)
    mail["To"] = ", ".join(map(_address, settings.recipients))
    mail["Subject"] = _one_line(notification.subject)
    mail["Date"] = notification.created_at
    mail["Message-ID"] = message_id(notification, settings)
    mail["X-Stonks-Reference"] = reference(notification)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{_text(notification.message).rstrip()}\n\nReference: {reference(notification)}\n")
    return mail


def raw(notification: Notification, settings: NotificationSettings) -> str:
    """Return the e-mail as Gmail takes it: base64 for URLs. Raises ValueError as `compose` does."""
    return urlsafe_b64encode(compose(notification, settings).as_bytes()).decode()


def search(notification: Notification, settings: NotificationSettings) -> str:
    """Return the words by which Gmail finds it among the sent: by its id, or by the reference that is in it.

    The id alone will not do: Gmail may give a message another one.
    """
    identity = message_id(notification, settings).strip("<>")
    return f'in:sent {{rfc822msgid:{identity} "{reference(notification)}"}}'


def _address(address: str) -> str:
    if not (address.isascii() and address.isprintable()):
        raise ValueError("it has letters that an address cannot have")
    return address


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in _text(text)).split())


def _text(text: str) -> str:
    return text.encode(errors="replace").decode()
