"""Demo mailbox: whose messages are files, and whom do they name?

A demo tells people as any account does, but for the last step: what would leave is put into a folder of its own. Whose
account it is stands in the account itself, so nothing that is started on it later sends anything either.
"""

from collections.abc import Mapping
from pathlib import Path

from engine.model.notifications import NotificationChannel
from engine.model.runs import LIVE_RUN, RunRecord
from engine.notification_ports import Notifier
from engine.notification_settings import NotificationSettings
from stonks_tui import bootstrap, live_account

_NAME = "demo, seed "
SETTINGS = NotificationSettings(
    sms_enabled=True,
    sns_topic_arn="arn:demo:sns:demo:000000000000:mailbox",
    email_enabled=True,
    gmail_sender="engine@demo.invalid",
    gmail_recipient="mailbox@demo.invalid",
)
"""Both channels are on. Nobody has such addresses, and nobody ever will (RFC 2606)."""


def account_name(seed: int) -> str:
    """Return what the account of the demo of `seed` is called."""
    return f"{_NAME}{seed}"


def has_mailbox(record: RunRecord) -> bool:
    """Is it the account of a demo?"""
    return record.name.startswith(_NAME)


async def is_demo(folder: Path) -> bool:
    """Is the account in `folder` that of a demo? Where there is none it is not."""
    return live_account.is_there(folder) and has_mailbox(await live_account.reader(folder).get(LIVE_RUN))


async def carriers(folder: Path, environment: Mapping[str, str]) -> Mapping[NotificationChannel, Notifier]:
    """Return who carries the notifications of the account in `folder`; those of a demo never leave the machine."""
    return bootstrap.mailbox(folder) if await is_demo(folder) else bootstrap.notifiers(environment)
