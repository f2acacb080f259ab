"""Broker process: how does the broker service begin and end as a process?"""

import asyncio
import logging
import signal

from engine.errors import StonksError
from stonks_tui import broker_service
from stonks_tui.broker_service import BrokerPlan

_log = logging.getLogger("stonks")


def run(plan: BrokerPlan) -> None:
    """Serve until SIGTERM or Ctrl-C. What breaks it is in the log, and raised."""
    try:
        asyncio.run(_run(plan))
    except Exception as error:
        is_ours = isinstance(error, StonksError)
        _log.critical("it broke: %s", str(error) or type(error).__name__, exc_info=not is_ours)
        raise


async def _run(plan: BrokerPlan) -> None:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()

    def end(number: int) -> None:
        _log.warning("%s: it ends", signal.Signals(number).name)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    await broker_service.serve(plan, stopping)
