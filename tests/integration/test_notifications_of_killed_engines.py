"""Notifications of killed engines: whatever is killed, whenever, everything is told, and nothing twice unnoticed.

`STONKS_NOTIFICATION_KILLS` says how often each point is passed to the death (1); `any-moment` counts as a point.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel
from storage.live_reader import SqlLiveReader
from tests.support.gmail_endpoint import GmailEndpoint, gmail_endpoint
from tests.support.program import ROOT
from tests.support.sns_endpoint import SnsEndpoint, sns_endpoint
from tests.support.telling_child import At

pytestmark = pytest.mark.lengthy

KILLS = int(os.environ.get("STONKS_NOTIFICATION_KILLS", "1"))
NO_POINT, ANY_MOMENT = "-", "any-moment"
SECONDS = 60.0


def _child(path: Path, turns: int, environment: dict[str, str], point: str, times: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-m", "tests.support.telling_child", str(path), str(turns), point, str(times)]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, stdout=subprocess.DEVNULL
    )


def _killed(child: "subprocess.Popen[bytes]", point: str, rng: random.Random) -> bool:
    """Wait until it is dead, by its own hand or at any moment; return whether it was killed."""
    if point == ANY_MOMENT:
        time.sleep(rng.uniform(0.5, 2.0))
        child.kill()
    return child.wait(SECONDS) != 0


@pytest.mark.timeout(120 + 12 * KILLS * (len(At) + 1))
def test_everything_is_told_whatever_is_killed_and_what_may_have_been_told_twice_is_counted(tmp_path: Path) -> None:
    path, rng = tmp_path / "stonks.db", random.Random(20261126)
    with gmail_endpoint() as gmail, sns_endpoint() as sns:
        environment = gmail.environment() | sns.environment()
        turns = killed = 0
        for point in (*At, ANY_MOMENT):
            for _ in range(KILLS):
                turns += 4
                killed += _killed(_child(path, turns, environment, point, rng.randint(1, 4)), point, rng)
        assert _child(path, turns + 1, environment, NO_POINT, 1).wait(SECONDS) == 0
        kept = asyncio.run(SqlLiveReader(path).notifications(limit=10**6))
        _require_told(kept, turns + 1)
        doubted = _require_counted(kept, sns, gmail)
    assert killed >= KILLS * len(At) * 3 // 4
    print(f"{killed} kills, {len(kept)} notifications, {doubted}")


def _require_told(kept: tuple[Notification, ...], turns: int) -> None:
    """Each turn has told by each channel, and it has arrived."""
    assert {(n.key, n.channel) for n in kept} == {
        (f"turn {seq}.0", channel) for seq in range(1, turns + 1) for channel in NotificationChannel
    }
    assert {n.delivery_status for n in kept} == {DeliveryStatus.DELIVERED}


def _require_counted(kept: tuple[Notification, ...], sns: SnsEndpoint, gmail: GmailEndpoint) -> dict[str, int]:
    """E-mail arrives once, since Gmail can be asked; of text messages each that came twice was known to be in doubt."""
    texts = Counter(published.message for published in sns.sent)
    mails = Counter(gmail.subjects)
    for n in kept:
        if n.channel is NotificationChannel.EMAIL:
            assert mails[n.subject] == 1, n
        else:
            assert 1 <= texts[n.message] <= 1 + n.in_doubt, n
    by_sms = [n for n in kept if n.channel is NotificationChannel.SMS]
    return {"doubts": sum(n.in_doubt for n in by_sms), "texts twice": sum(texts[n.message] - 1 for n in by_sms)}
