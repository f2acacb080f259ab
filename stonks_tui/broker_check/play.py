"""Play: what has a check at hand, and who ends and starts the broker service while it runs?"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from stonks_tui.broker_check.findings import NotShown
from stonks_tui.broker_check.played_engine import PlayedEngine
from stonks_tui.broker_check.played_orders import PlayedOrders

COMMAND_SECONDS = 60.0
"""So long a command that ends or starts the service may take. One that starts it must return: `… &`."""
Hand = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What a check has: the engine that it plays, its orders, and what ends and starts the service, if anything."""

    engine: PlayedEngine
    orders: PlayedOrders
    kill: Hand | None = None
    restart: Hand | None = None


def command(line: str) -> Hand:
    """Return what runs a command line of the shell; raises NotShown when that fails."""

    async def run() -> None:
        nothing = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_shell(
            line, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
        )
        try:
            code = await asyncio.wait_for(process.wait(), COMMAND_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise NotShown(f"'{line}' has not ended within {COMMAND_SECONDS:g} s") from None
        if code:
            raise NotShown(f"'{line}' has ended with exit code {code}")

    return run
