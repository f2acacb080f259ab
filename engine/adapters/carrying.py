"""Carrying: what is alike in all attempts to tell somebody: how one becomes an answer, and by what name it is known?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256

from engine.adapters.side_thread import Attempt, GivenUp, SideThread, ToolType
from engine.model.notifications import Delivery, Notification, Outcome

_DIGEST_LETTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a provider is waited for: until it is reached, for each answer, and for everything together."""

    connect_seconds: float = 5.0
    read_seconds: float = 5.0
    attempt_seconds: float = 15.0


async def carry(
    thread: SideThread[ToolType], send: Callable[[ToolType, Attempt], Delivery], seconds: float, provider: str
) -> Delivery:
    """Have `send` done in `thread` within `seconds`, and return what came of it. Raises nothing."""

    def sent(tool: ToolType, attempt: Attempt) -> Delivery:
        try:
            return send(tool, attempt)
        except GivenUp:
            raise
        except Exception as error:  # noqa: BLE001 - an answer, not an exception; its words may hold secrets
            return _broken(provider, type(error).__name__, left=attempt.left)

    try:
        return await thread.do(sent, seconds)
    except GivenUp as error:
        if error.left:
            words = f"{provider} did not answer ({error.words}): it may have been sent"
            return Delivery(outcome=Outcome.UNKNOWN, words=words)
        return Delivery(outcome=Outcome.UNREACHABLE, words=f"{provider} was not reached ({error.words})")
    except Exception as error:  # noqa: BLE001 - the tool cannot be made
        return _broken(provider, type(error).__name__, left=False)


def _broken(provider: str, kind: str, *, left: bool) -> Delivery:
    if left:
        return Delivery(outcome=Outcome.UNKNOWN, words=f"{provider}: {kind} while it was sent; it may have arrived")
    return Delivery(outcome=Outcome.FAILED, words=f"{provider}: {kind} before it was sent")


def reference(notification: Notification) -> str:
    """Return the name that no other notification of a sender has: one word of letters and digits.

    It is made of the moment, to the microsecond, and of the key: another account's may have the same key.
    """
    at = notification.created_at.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%S%f}Z{sha256(notification.key.encode()).hexdigest()[:_DIGEST_LETTERS]}"
