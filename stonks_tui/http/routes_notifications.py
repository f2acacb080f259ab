"""Notification routes: how are people told, and what were they told?"""

from typing import Annotated

from fastapi import Query

from engine.model.notifications import DeliveryStatus, NotificationChannel, NotificationEvent, NotificationFilter
from stonks_tui.http.access import Scope
from stonks_tui.http.routes_steering import change, told
from stonks_tui.http.routing import CallerHere, DeskHere, router, steers, wants
from stonks_tui.http.schemas import Answer, Cursor
from stonks_tui.http.schemas_notifications import Notification, Notifications
from stonks_tui.http.schemas_settings import CHANNELS, ChannelChange, SettingsTold

ROUTES = router("notifications")


@ROUTES.get("/api/trading/notifications/config", operation_id="notification_config", **wants(Scope.READ, 503))
async def notification_config(desk: DeskHere) -> SettingsTold:
    """Whom to tell, of what, by which channel, how often; addresses only in part."""
    return told(await desk.settings(), CHANNELS)


@ROUTES.put("/api/trading/notifications/config", operation_id="set_notification_config", **steers())
async def set_notification_config(said: ChannelChange, desk: DeskHere, caller: CallerHere) -> Answer:
    """Have people told otherwise, from the next event on."""
    return await change(desk, caller, said.values.texts(), "")


@ROUTES.get("/api/trading/notifications/history", operation_id="notifications", **wants(Scope.READ, 422, 503))
async def notifications(
    desk: DeskHere,
    channel: Annotated[NotificationChannel | None, Query()] = None,
    event: Annotated[NotificationEvent | None, Query()] = None,
    status: Annotated[DeliveryStatus | None, Query()] = None,
    cursor: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="most of a page")] = 50,
) -> Notifications:
    """Return what people were told, newest first."""
    wanted = NotificationFilter(channel=channel, event_type=event, status=status, before=cursor)
    found = await desk.notifications(wanted, limit + 1)
    page = found[:limit]
    following = page[-1].notification_id if len(found) > limit else None
    return Notifications(notifications=[Notification.model_validate(one) for one in page], next_cursor=following)
