"""Notifications: what do they cost an engine that trades, whatever the providers do, and however much there is to tell?

`python benchmarks/notifications.py [matrix|flood]` prints two tables. The matrix: each event by each channel, with a
provider that is well, slow, refuses, breaks or cannot be reached: what was kept, what was sent, and what the engine's
event loop felt (the largest gap of a task that wants to run every five milliseconds, and the longest commit of a turn).
The flood: 5,000 alarms of twelve kinds in a minute, kept with 5,000 turns, and one that matters more at the end of it.
"""

import argparse
import asyncio
import logging
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.adapters import clock  # noqa: E402
from engine.model.notifications import (  # noqa: E402
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationEvent,
    Urgency,
)
from engine.telling.delivery import Deliveries  # noqa: E402
from stonks_tui import bootstrap  # noqa: E402
from storage.live_reader import SqlLiveReader  # noqa: E402
from storage.live_store import SqlLiveStore  # noqa: E402
from tests.support.carriers import BOTH_ON, a_notification  # noqa: E402
from tests.support.gmail_endpoint import gmail_endpoint  # noqa: E402
from tests.support.live_turns import ACCOUNT, a_turn  # noqa: E402
from tests.support.notification_matrix import Condition, Felt, row  # noqa: E402
from tests.support.sns_endpoint import faulty_sns  # noqa: E402

ALARMS, SECONDS, KINDS = 5_000, 60.0, 12
URGENT_AT = 4_000


async def matrix(slow_seconds: float) -> None:
    """Print what comes of each event."""
    print(f"{'by':6} {'provider':11} {'kept':44} {'sent':>5} {'gap ms':>7} {'commit ms':>10}")
    for channel in NotificationChannel:
        for condition in Condition:
            with tempfile.TemporaryDirectory() as folder:
                found = await row(Path(folder) / "stonks.db", channel, condition, slow_seconds=slow_seconds)
            kept = Counter((cell.status.value, cell.retries) for cell in found.cells)
            words = ", ".join(f"{n} {status} after {retries} retries" for (status, retries), n in sorted(kept.items()))
            sent = sum(cell.sent for cell in found.cells)
            felt = f"{found.largest_gap_ms:7.1f} {found.longest_commit_ms:10.1f}"
            print(f"{channel:6} {condition:11} {words:44} {sent:5} {felt}", flush=True)


async def flood() -> None:
    """Print what comes of more alarms than anybody can read."""
    settings = replace(BOTH_ON, notification_retry_seconds=1)
    felt, took = Felt(), dict.fromkeys(NotificationChannel, 0.0)
    memory: list[int] = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        gmail, sns = stack.enter_context(gmail_endpoint()), stack.enter_context(faulty_sns())
        environment = gmail.environment() | sns.environment()
        stack.enter_context(mock.patch.dict(os.environ, environment))
        path = Path(folder) / "stonks.db"
        async with SqlLiveStore(path, ACCOUNT) as store:
            lease = await store.take_lease("the only one", clock.now(), 3600)
            assert lease
            carriers = bootstrap.notifiers(environment)
            async with (
                Deliveries(store, carriers, lambda: settings, clock.now, account="paper") as deliveries,
                felt.watching(),
            ):
                began = time.perf_counter()
                for seq in range(1, ALARMS + 1):
                    await asyncio.sleep(max(0.0, began + seq * SECONDS / ALARMS - time.perf_counter()))
                    await felt.timed(store.commit, a_turn(seq, notifications=_alarms(seq), epoch=lease.epoch))
                    deliveries.wake()
                    if seq % 500 == 0:
                        memory.append(_resident_kib())
                for channel in NotificationChannel:
                    while await store.waiting(channel, clock.now(), 1):  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
        kept = await SqlLiveReader(path).notifications(limit=10**6)
        for n in kept:
            if n.event_type is NotificationEvent.EMERGENCY_LIQUIDATION and n.delivered_at:
                took[n.channel] = (n.delivered_at - n.created_at).total_seconds()
    print(f"\n{ALARMS} alarms of {KINDS} kinds in {SECONDS:g} s, the urgent one after {URGENT_AT}")
    for channel in NotificationChannel:
        statuses = Counter(n.delivery_status.value for n in kept if n.channel is channel)
        sent = len(sns.sent) if channel is NotificationChannel.SMS else len(gmail.sent)
        waits = sum(n.next_try_at is not None for n in kept if n.channel is channel)
        words = ", ".join(f"{number} {DeliveryStatus(status).value}" for status, number in sorted(statuses.items()))
        print(
            f"{channel:6} sent {sent} (limit {settings.per_hour(channel)}); kept: {words}; of those {waits} wait;",
            end=" ",
        )
        print(f"the urgent one took {took[channel]:.2f} s")
    print(f"largest gap {1000 * felt.gap:.1f} ms, longest commit {1000 * felt.commit:.1f} ms")
    print(f"memory after each 500 alarms, MiB: {', '.join(f'{kib / 1024:.0f}' for kib in memory)}")


def _alarms(seq: int) -> tuple[Notification, ...]:
    now = clock.now()
    event, kind, urgency = NotificationEvent.FEED_FAILURE, f"kind {seq % KINDS}", Urgency.ALARM
    if seq == URGENT_AT:
        event, kind, urgency = NotificationEvent.EMERGENCY_LIQUIDATION, "emergency", Urgency.CRITICAL
    return tuple(
        a_notification(
            seq, channel=channel, event_type=event, kind=kind, urgency=urgency, created_at=now, next_try_at=now
        )
        for channel in NotificationChannel
    )


def _resident_kib() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure."""
    logging.getLogger("stonks").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("matrix", "flood"), help="only this")
    parser.add_argument("--slow-seconds", type=float, default=1.0, help="how long a slow provider takes (%(default)g)")
    args = parser.parse_args()
    if args.what != "flood":
        asyncio.run(matrix(args.slow_seconds))
    if args.what != "matrix":
        asyncio.run(flood())


if __name__ == "__main__":
    main()
