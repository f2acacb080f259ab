"""Notes: notifications, and settings by which they leave, as tests of those who carry them want them."""

from datetime import UTC, datetime

from engine.model.notifications import Notification, NotificationChannel, NotificationEvent, Urgency
from engine.notification_settings import NotificationSettings

BY_EMAIL = NotificationSettings(
    email_enabled=True, gmail_sender="engine@example.com", gmail_recipient="me@example.com, you@example.org"
)
BY_PHONE = NotificationSettings(sms_enabled=True, sns_phone_number="+15551234567")
BY_TOPIC = NotificationSettings(sms_enabled=True, sns_topic_arn="arn:aws:sns:us-east-1:123456789012:stonks")


def note(
    key: str = "turn-7",
    *,
    subject: str = "Stop hit: AAPL",
    message: str = "AAPL fell below its stop.\n10 shares were sold at $101.20.",
    channel: NotificationChannel = NotificationChannel.EMAIL,
) -> Notification:
    """Return a notification of one afternoon in March 2026."""
    return Notification(
        key=key,
        channel=channel,
        event_type=NotificationEvent.LARGE_TRADE_PNL,
        urgency=Urgency.NEWS,
        kind="large_trade_pnl",
        subject=subject,
        message=message,
        created_at=datetime(2026, 3, 2, 20, 4, 5, 123456, tzinfo=UTC),
    )
