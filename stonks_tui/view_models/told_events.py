"""Told events: which events go by which channel, and how is one of them told by it, or no longer?"""

from collections.abc import Collection, Mapping, Sequence

from engine.model.notifications import NotificationChannel, NotificationEvent
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Line, Mood, line

URGENCIES: Mapping[NotificationEvent, str] = {
    NotificationEvent.PROTECTION_BREACH: "critical",
    NotificationEvent.STORAGE_FAILURE: "critical",
    NotificationEvent.ENGINE_BROKE: "critical",
    NotificationEvent.EMERGENCY_LIQUIDATION: "critical",
    NotificationEvent.TRADING_STATE_CHANGED: "critical",
    NotificationEvent.CIRCUIT_BREAKER_TRIGGERED: "alarm",
    NotificationEvent.FEED_FAILURE: "alarm",
    NotificationEvent.RECONCILIATION_DIFFERENCE: "alarm",
    NotificationEvent.BROKER_SILENT: "alarm",
    NotificationEvent.BROKEN_INVARIANT: "alarm",
    NotificationEvent.TICKER_HALTED: "alarm",
    NotificationEvent.CLOCK_JUMPED: "alarm",
    NotificationEvent.CIRCUIT_BREAKER_RESUMED: "news",
    NotificationEvent.RISK_TIER_CHANGED: "news",
    NotificationEvent.LARGE_TRADE_PNL: "news",
    NotificationEvent.RESERVE_HIGH_WATER: "news",
    NotificationEvent.LEADER_CHANGED: "news",
    NotificationEvent.RECOMMENDATIONS_STALE: "news",
    NotificationEvent.DAILY_SUMMARY: "digest",
    NotificationEvent.WEEKLY_DIGEST: "digest",
}
"""How urgent each is at worst, the most urgent first (docs/notifications.md). A test goes by every channel."""
URGENT = tuple(event for event, urgency in URGENCIES.items() if urgency in ("critical", "alarm"))
ALL, ONLY_URGENT, NOTHING = "all", "urgent", "none"

COLUMNS = (
    Column(key="event", heading="Event", grows=True, least=14),
    Column(key="sms", heading="Text"),
    Column(key="email", heading="E-mail"),
    Column(key="urgency", heading="", priority=3),
)


def table(states: Sequence[ChannelState]) -> TableView:
    """Return each event with the channels that tell of it."""
    by_channel = {state.channel: state for state in states}
    return TableView(columns=COLUMNS, rows=tuple(_row(event, by_channel) for event in URGENCIES))


def flipped(events: str, event: NotificationEvent) -> str:
    """Return the setting `events` of a channel with `event` told by it, or no longer.

    `urgent` becomes the names of all that may be urgent: what is told of each is then told whatever its urgency.
    """
    wanted = set(_names(events)) ^ {event}
    if wanted == set(URGENCIES):
        return ALL
    if wanted == set(URGENT):
        return ONLY_URGENT
    return ",".join(e.value for e in URGENCIES if e in wanted) or NOTHING


def words(events: str) -> str:
    """Return the setting `events` of a channel, as short as can be."""
    if events in (ALL, ONLY_URGENT, NOTHING):
        return {ALL: "everything", ONLY_URGENT: "what is urgent", NOTHING: "nothing"}[events]
    return f"{len(_names(events))} of {len(URGENCIES)} events"


def _names(events: str) -> Collection[NotificationEvent]:
    """Return the events of a setting; a test, which always goes, is none of them."""
    if events == ALL:
        return tuple(URGENCIES)
    if events == ONLY_URGENT:
        return URGENT
    return tuple(event for event in URGENCIES if event.value in events.split(","))


def _row(event: NotificationEvent, states: Mapping[NotificationChannel, ChannelState]) -> Row:
    sms, email = (_cell(event, states.get(channel)) for channel in NotificationChannel)
    name = event.value.replace("_", " ")
    return Row(key=event.value, cells=(line(name), sms, email, line((URGENCIES[event], Mood.DIM))))


def _cell(event: NotificationEvent, state: ChannelState | None) -> Line:
    """Return whether a channel tells of an event; one that is off is dimmed."""
    if state is None or event not in _names(state.events):
        return line(("–", Mood.DIM))
    word = "urgent" if state.events == ONLY_URGENT else "yes"
    return line((word if state.is_enabled else f"({word})", Mood.PLAIN if state.is_enabled else Mood.DIM))
