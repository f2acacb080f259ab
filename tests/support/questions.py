"""Questions: all that is asked of an account's tables, and by which index SQLite answers it."""

from typing import Any, cast

from sqlalchemy import Select, select, update

from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.notifications import DeliveryStatus, NotificationChannel, NotificationEvent, NotificationFilter
from engine.model.trade_questions import TradeFilter, TradeOrder
from engine.model.views import DecisionFilter
from storage import live_queries, notification_rows, run_queries, trade_queries
from storage.decision_tables import TRADING_DECISIONS
from storage.notification_tables import IS_WAITING, NOTIFICATIONS
from storage.risk_tables import NOTICES
from storage.tables import ORDER_FILLS, POSITION_STOP_LEVELS
from tests.support.samples import AT

SMS = NotificationChannel.SMS
Question = tuple[Select[Any], str]


def decisions(
    run_id: int,
    *,
    after: int | None = None,
    within: range | None = None,
    newest_first: bool = False,
    with_traces: bool = False,
    **asked: Any,
) -> Select[Any]:
    return run_queries.decisions(
        run_id,
        DecisionFilter(**asked),
        after=after,
        within=within,
        limit=50,
        newest_first=newest_first,
        with_traces=with_traces,
    )


def trades(run_id: int, order: TradeOrder = TradeOrder.CLOSED, *, backwards: bool = False, **asked: Any) -> Select[Any]:
    return trade_queries.page(run_id, TradeFilter(**asked), order, after=None, limit=50, backwards=backwards)


TRADE_COLUMNS = {
    TradeOrder.CLOSED: "exit_at",
    TradeOrder.TICKER: "ticker",
    TradeOrder.QUANTITY: "quantity",
    TradeOrder.ENTRY: "entry_price",
    TradeOrder.EXIT: "exit_price",
    TradeOrder.PNL: "pnl",
    TradeOrder.RETURN: "pnl_pct",
    TradeOrder.HELD: "hold_duration_days",
    TradeOrder.WHY: "exit_reason",
}


def of_run(run: int) -> dict[str, Question]:
    """Return what screens ask of the books of `run`."""
    return {
        "the first page": (
            decisions(
                run,
            ),
            "PRIMARY KEY",
        ),
        "a later page": (decisions(run, after=100), "PRIMARY KEY"),
        "the first page of all fields": (decisions(run, with_traces=True), "PRIMARY KEY"),
        "a later page of a ticker": (decisions(run, ticker="AAPL", after=100), "ix_trading_decisions_ticker"),
        "the first page of a ticker": (decisions(run, ticker="AAPL"), "ix_trading_decisions_ticker"),
        "the first page of an outcome": (
            decisions(run, outcome=TradingDecisionType.ACT),
            "ix_trading_decisions_decision",
        ),
        "the first page of a reason": (decisions(run, reason="heat"), "ix_trading_decisions_skip_reason"),
        "the first page of a kind": (decisions(run, kind=DecisionKind.MICRO), "ix_trading_decisions_kind"),
        "a later page of a common kind": (decisions(run, kind=DecisionKind.EXIT, after=100), "PRIMARY KEY"),
        "the newest page": (decisions(run, newest_first=True), "PRIMARY KEY"),
        "the newest page of a ticker": (
            decisions(run, ticker="AAPL", newest_first=True),
            "ix_trading_decisions_ticker",
        ),
        "a later page of a time": (decisions(run, within=range(100, 200), after=150, newest_first=True), "PRIMARY KEY"),
        "how many of a reason": (
            run_queries.count_decisions(run, DecisionFilter(reason="heat"), None),
            "ix_trading_decisions_skip_reason",
        ),
        "when a decision was made": (run_queries.moment(run, 7), "PRIMARY KEY"),
        "the last decision": (run_queries.last_decision(run), "trading_decisions"),
        "a day": (run_queries.day(run, AT.date()), "sqlite_autoindex_portfolio_snapshots_1"),
        "a decision": (run_queries.one_decision(run, "d1")[0], "uq_trading_decisions_decision_id"),
        "a recommendation": (run_queries.one_decision(run, "r1")[1], "uq_trading_decisions_recommendation_id"),
        "a signal": (run_queries.one_decision(run, "s1")[2], "ix_trading_decisions_cause"),
        "what is told of a decision": (run_queries.book(NOTICES, run, reference_id="d1"), "ix_notices_reference_id"),
        "the fills of a decision": (
            run_queries.book(ORDER_FILLS, run, decision_id="d1"),
            "ix_order_fills_decision_id",
        ),
        "the stops of a position": (
            run_queries.book(POSITION_STOP_LEVELS, run, decision_id="d1"),
            "ix_position_stop_levels_decision_id",
        ),
        "the days": (
            run_queries.days(run, with_positions=False),
            "sqlite_autoindex_portfolio_snapshots_1",
        ),
        "the trades": (trade_queries.trades(run), "PRIMARY KEY"),
        **{
            f"the first trades by {order}": (trades(run, order), f"ix_backtest_trades_{column}")
            for order, column in TRADE_COLUMNS.items()
        },
        **{
            f"the last trades by {order}": (trades(run, order, backwards=True), f"ix_backtest_trades_{column}")
            for order, column in TRADE_COLUMNS.items()
        },
        "the trades of some days": (trades(run, since=AT, until=AT), "ix_backtest_trades_exit_at"),
        "the trades of a ticker by ticker": (
            trades(run, TradeOrder.TICKER, ticker="AAPL"),
            "ix_backtest_trades_ticker",
        ),
        "how many trades until a day": (
            trade_queries.count(run, TradeFilter(until=AT)),
            "COVERING INDEX ix_backtest_trades_exit_at",
        ),
        "how many trades in a ticker": (
            trade_queries.count(run, TradeFilter(ticker="AAPL")),
            "COVERING INDEX ix_backtest_trades_ticker",
        ),
        "how many trades for a reason": (
            trade_queries.count(run, TradeFilter(reasons=("stop_loss",))),
            "COVERING INDEX ix_backtest_trades_exit_reason",
        ),
    }


def _decided(*ids: str) -> tuple[Select[Any], Select[Any]]:
    of_recommendations, of_signals = live_queries.decided(ids).selects
    return cast(Select[Any], of_recommendations), cast(Select[Any], of_signals)


OF_AN_ENGINE: dict[str, Question] = {
    "the state": (live_queries.STATE, "INTEGER PRIMARY KEY"),
    "the last errand": (live_queries.LAST_ERRAND, "PRIMARY KEY"),
    "what waits": (live_queries.WAITING, "ix_outbox_waiting"),
    "the lease": (live_queries.LEASE, "sqlite_autoindex_leases_1"),
    "the last decision": (live_queries.last_seq_of(TRADING_DECISIONS), "PRIMARY KEY"),
    "a page of the journal": (live_queries.journal(7, limit=50), "sqlite_autoindex_event_journal_1"),
    "recommendations with a decision": (
        _decided("r1", "r2")[0],
        "uq_trading_decisions_recommendation_id",
    ),
    "the rules that hold": (live_queries.SETTINGS, "sqlite_autoindex_engine_settings_1"),
    "the last sign of life": (live_queries.HEARTBEAT, "INTEGER PRIMARY KEY"),
    "the last turn": (live_queries.LAST_TURN, "INTEGER PRIMARY KEY"),
    "the first checkpoint": (live_queries.checkpoint(None), "sqlite_autoindex_checkpoints_1"),
    "the checkpoint before a moment": (live_queries.checkpoint(AT), "sqlite_autoindex_checkpoints_1"),
    "looks to forget": (live_queries.mere_looks(7, AT, limit=50), "ix_event_journal_mere_looks"),
    "what was measured since a moment": (live_queries.metrics(AT), "PRIMARY KEY (run_id=? AND at>?)"),
    "what was noticed since": (live_queries.notices(7), "PRIMARY KEY"),
    "the last words": (live_queries.audits(limit=50), "PRIMARY KEY"),
    "signals with a decision": (_decided("s1", "s2")[1], "ix_trading_decisions_cause"),
}


def known() -> Select[Any]:
    keys = NOTIFICATIONS.c.dedupe_key.in_(("a", "b"))
    return select(NOTIFICATIONS.c.channel, NOTIFICATIONS.c.dedupe_key).where(NOTIFICATIONS.c.run_id == 0, keys)


def of(**wanted: Any) -> Select[Any]:
    return notification_rows.found(NotificationFilter(**wanted), 50)


OF_NOTIFICATIONS: dict[str, tuple[Any, set[str]]] = {
    "what waits": (notification_rows.waiting(SMS, AT, limit=50), {"ix_notifications_waiting"}),
    "when the next may leave": (notification_rows.next_try_at(SMS), {"ix_notifications_waiting"}),
    "what left since": (
        notification_rows.sent_since(SMS, AT),
        {"ix_notifications_delivered_at", "ix_notifications_attempted_at"},
    ),
    "how many were held back": (notification_rows.held_back(SMS, "feed", AT), {"ix_notifications_kind"}),
    "how many there are since": (
        notification_rows.tallied(AT),
        {"ix_notifications_created_at", "ix_notifications_delivered_at", "ix_notifications_waiting", "PRIMARY KEY"},
    ),
    "the last number": (notification_rows.LAST_ID, {"PRIMARY KEY"}),
    "which keys are there": (known(), {"uq_notifications_dedupe_key"}),
    "the newest": (of(), {"PRIMARY KEY"}),
    "the newest before one": (of(before=100), {"PRIMARY KEY"}),
    "the newest of a channel": (of(channel=SMS), {"PRIMARY KEY"}),
    "the newest of a status": (of(status=DeliveryStatus.FAILED), {"PRIMARY KEY"}),
    "the newest of an event": (of(event_type=NotificationEvent.TEST), {"ix_notifications_event_type"}),
    "those of some keys": (of(keys=("a", "b")), {"uq_notifications_dedupe_key"}),
    "one, to begin on": (
        update(NOTIFICATIONS)
        .where(NOTIFICATIONS.c.run_id == 0, NOTIFICATIONS.c.notification_id == 7, IS_WAITING)
        .values(retry_count=1),
        {"PRIMARY KEY"},
    ),
}
