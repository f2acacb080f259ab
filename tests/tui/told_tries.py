"""What is tried with the keys of screens 6 and 7 over a backtest: it is over, and nobody is told of it."""

from collections.abc import Awaitable, Callable, Mapping

from stonks_tui.screens import micro, notifications
from tests.support.terminal import Seen


async def micro_switch(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert seen.said == [micro.NO_ACCOUNT]


async def nobody_is_told(seen: Seen, key: str) -> None:
    before = seen.text
    await seen.press(key)
    assert seen.said == [notifications.NOBODY]
    assert seen.text == before


TOLD_TRIES: Mapping[str, Callable[[Seen, str], Awaitable[None]]] = {
    "micro_switch": micro_switch,
    "send_test": nobody_is_told,
    "reveal_addresses": nobody_is_told,
    "sms_switch": nobody_is_told,
    "email_switch": nobody_is_told,
    "sms_event": nobody_is_told,
    "email_event": nobody_is_told,
}
