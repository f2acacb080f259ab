"""Carrying: how does an attempt to tell somebody become an answer, whatever happens to it in its side thread?"""

from collections.abc import Callable
from dataclasses import dataclass

from engine.adapters.side_thread import Attempt, GivenUp, SideThread, ToolType
from engine.model.notifications import Delivery, Outcome


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
