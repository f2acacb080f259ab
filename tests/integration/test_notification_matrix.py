"""Notification matrix: every event, by every channel, whatever is wrong with the provider."""

from pathlib import Path

import pytest

from engine.model.notifications import DeliveryStatus, NotificationChannel, NotificationEvent
from tests.support.notification_matrix import Condition, row

pytestmark = pytest.mark.lengthy

EXPECTED = {
    Condition.OK: (DeliveryStatus.DELIVERED, 0, 1),
    Condition.SLOW: (DeliveryStatus.DELIVERED, 0, 1),
    Condition.REFUSES: (DeliveryStatus.FAILED, 0, 0),
    Condition.BREAKS: (DeliveryStatus.FAILED, 1, 0),
}
"""The status that is kept, after how many retries, and how often it arrived."""


@pytest.mark.parametrize("channel", NotificationChannel)
@pytest.mark.parametrize("condition", EXPECTED)
async def test_every_event_is_kept_and_sent_as_the_provider_lets_it(
    tmp_path: Path, channel: NotificationChannel, condition: Condition
) -> None:
    found = await row(tmp_path / "stonks.db", channel, condition, slow_seconds=0.05)
    assert [cell.event for cell in found.cells] == list(NotificationEvent)
    assert {(cell.status, cell.retries, cell.sent) for cell in found.cells} == {EXPECTED[condition]}
    assert all(bool(cell.words) is (cell.status is DeliveryStatus.FAILED) for cell in found.cells)


@pytest.mark.parametrize("channel", NotificationChannel)
async def test_without_a_network_one_is_tried_and_all_wait(tmp_path: Path, channel: NotificationChannel) -> None:
    found = await row(tmp_path / "stonks.db", channel, Condition.NO_NETWORK, slow_seconds=0)
    assert [(cell.status, cell.sent) for cell in found.cells] == [(DeliveryStatus.PENDING, 0)] * len(NotificationEvent)
    assert sum(cell.retries for cell in found.cells) == 1
