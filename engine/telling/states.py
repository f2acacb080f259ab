"""Delivery states: what becomes of a notification that was tried, or was not to be?"""

from dataclasses import replace
from datetime import datetime, timedelta

from engine.model.notifications import Delivery, DeliveryStatus, Notification, Outcome
from engine.notification_settings import NotificationSettings

FARTHEST_SECONDS = 300.0
"""A provider that nobody can reach is tried so often at least."""
LONGEST_SECONDS = 3600.0
"""Nothing waits longer for its next attempt, whatever a provider asks."""


def after(n: Notification, delivery: Delivery, settings: NotificationSettings, at: datetime) -> Notification:
    """Return what has become of `n` by an attempt that ended at `at` as `delivery` says.

    Of an attempt of which nobody knows it stays noted when it began: before the next one the provider is asked. What a
    provider did not take is sent again so often as the settings say, at growing distances; what reached nobody
    has failed nobody, and is tried on.
    """
    match delivery.outcome:
        case Outcome.DELIVERED:
            return delivered(n, at, delivery.provider_id)
        case Outcome.REFUSED:
            return failed(n, delivery.words)
        case Outcome.UNREACHABLE:
            return again(n, delivery.words, at, seconds_apart(n.retry_count, settings))
        case Outcome.FAILED | Outcome.UNKNOWN:
            is_unknown = delivery.outcome is Outcome.UNKNOWN
            if n.retry_count >= settings.notification_max_retries:
                return failed(doubtful(n) if is_unknown else n, delivery.words)
            seconds = delivery.retry_after_seconds or settings.notification_retry_seconds * 4.0**n.retry_count
            waits = again(n, delivery.words, at, seconds)
            return replace(waits, attempted_at=n.attempted_at) if is_unknown else waits


def seconds_apart(tried: int, settings: NotificationSettings) -> float:
    """Return how long to wait for a provider that was tried in vain so often before."""
    return min(settings.notification_retry_seconds * 2.0 ** min(tried, 10), FARTHEST_SECONDS)


def delivered(n: Notification, at: datetime, provider_id: str) -> Notification:
    """Return it as one that arrived at `at`."""
    return replace(
        n,
        delivery_status=DeliveryStatus.DELIVERED,
        delivered_at=at,
        next_try_at=None,
        attempted_at=None,
        error_message="",
        provider_id=provider_id,
    )


def failed(n: Notification, words: str) -> Notification:
    """Return it as one that never arrives, because of `words`."""
    return replace(n, delivery_status=DeliveryStatus.FAILED, error_message=words, next_try_at=None, attempted_at=None)


def again(n: Notification, words: str, at: datetime, seconds: float) -> Notification:
    """Return it as one that was not taken at `at`, because of `words`, and is tried again `seconds` later."""
    return replace(
        n,
        delivery_status=DeliveryStatus.PENDING,
        retry_count=n.retry_count + 1,
        error_message=words,
        next_try_at=at + timedelta(seconds=min(seconds, LONGEST_SECONDS)),
        attempted_at=None,
    )


def doubtful(n: Notification) -> Notification:
    """Return it as one of which an attempt may have arrived."""
    return replace(n, in_doubt=n.in_doubt + 1)


def held_back(n: Notification, why: str, until: datetime | None) -> Notification:
    """Return it as one that is held back `until` then, for good if None."""
    return replace(n, delivery_status=DeliveryStatus.RATE_LIMITED, error_message=why, next_try_at=until)
