"""Notices: what happened that a person should hear of, and that no other record tells?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """What happened. The words of `engine.telling.notifications` come from these."""

    FEED_FAILURE = "feed_failure"
    FEED_RECOVERED = "feed_recovered"
    TICKER_SILENT = "ticker_silent"
    TICKER_HALTED = "ticker_halted"
    TICKER_BACK = "ticker_back"
    PRINT_UNCONFIRMED = "print_unconfirmed"
    RAPID_MOVE = "rapid_move"
    MACRO_EVENT = "macro_event"
    MACRO_EVENT_OVER = "macro_event_over"
    HEAT_ABOVE = "heat_above"
    RESERVE_HIGH_WATER = "reserve_high_water"
    LARGE_TRADE_PNL = "large_trade_pnl"
    TRANCHES_CANCELLED = "tranches_cancelled"
    EXIT_REPEATED = "exit_repeated"
    COMMAND_REFUSED = "command_refused"
    PROTECTION_BREACH = "protection_breach"
    PROTECTION_RESTORED = "protection_restored"
    RECONCILIATION_DIFFERENCE = "reconciliation_difference"
    RECONCILED = "reconciled"
    CLOCK_JUMPED = "clock_jumped"
    LOOP_LAGGED = "loop_lagged"
    RECOMMENDATIONS_STALE = "recommendations_stale"
    BROKER_SILENT = "broker_silent"
    BROKER_BACK = "broker_back"
    BROKER_CANNOT_ANSWER = "broker_cannot_answer"
    SOURCES_LOST = "sources_lost"
    SOURCES_BACK = "sources_back"
    BROKEN_INVARIANT = "broken_invariant"
    STORE_FAILED = "store_failed"
    STORE_BACK = "store_back"
    LEADER_CHANGED = "leader_changed"
    BROKER_ELSEWHERE = "broker_elsewhere"
    REMARK = "remark"
    REMARK_OVER = "remark_over"


ALARMS = frozenset(
    {
        NoticeKind.FEED_FAILURE,
        NoticeKind.TICKER_HALTED,
        NoticeKind.PROTECTION_BREACH,
        NoticeKind.RECONCILIATION_DIFFERENCE,
        NoticeKind.BROKER_SILENT,
        NoticeKind.BROKER_CANNOT_ANSWER,
        NoticeKind.SOURCES_LOST,
        NoticeKind.STORE_FAILED,
        NoticeKind.BROKEN_INVARIANT,
    }
)
"""Those that call for a person at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A thing to be told. `value` and `limit` are in the unit that its kind implies, `reference_id` is its subject."""

    at: datetime
    kind: NoticeKind
    ticker: str = ""
    value: float | None = None
    limit: float | None = None
    reference_id: str = ""
    note: str = ""

    @property
    def is_alarm(self) -> bool:
        """Does it call for a person at once?"""
        return self.kind in ALARMS
