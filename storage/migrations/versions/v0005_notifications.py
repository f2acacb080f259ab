"""0005: what people were told is kept, closed trades are found in every order, lots by the trade that closed them."""

from alembic import op

from storage.migrations.frozen import Frozen, FrozenIndex
from storage.migrations.parts import Part

revision = "0005"
down_revision = "0004"

_NOTIFICATIONS = Frozen(
    "notifications",
    "run_id int key, notification_id int key, channel word, event_type word, subject word, message text, "
    "delivery_status word, retry_count int, error_message word, created_at moment, delivered_at moment?, "
    "dedupe_key word, urgency int, kind word, next_try_at moment?, attempted_at moment?, in_doubt int, "
    "provider_id word",
    FrozenIndex("ix_notifications_attempted_at", "run_id, channel, attempted_at", where="attempted_at IS NOT NULL"),
    FrozenIndex("ix_notifications_created_at", "run_id, created_at"),
    FrozenIndex("ix_notifications_delivered_at", "run_id, channel, delivered_at"),
    FrozenIndex("ix_notifications_event_type", "run_id, event_type, notification_id"),
    FrozenIndex("ix_notifications_kind", "run_id, channel, kind, created_at"),
    FrozenIndex(
        "ix_notifications_waiting", "run_id, channel, urgency, notification_id", where="next_try_at IS NOT NULL"
    ),
    FrozenIndex("uq_notifications_dedupe_key", "run_id, dedupe_key, channel", unique=True),
    has_rowid=False,
)
_IN_ORDER = (
    *("decision_id", "entry_price", "exit_at", "exit_decision_id", "exit_price", "hold_duration_days"),
    *("pnl", "pnl_pct", "quantity"),
)
_INDEXES = {
    "backtest_trades": (
        *(FrozenIndex(f"ix_backtest_trades_{name}", f"backtest_id, {name}, seq") for name in _IN_ORDER),
        *(FrozenIndex(f"ix_backtest_trades_{n}", f"backtest_id, {n}, seq DESC") for n in ("ticker", "exit_reason")),
    ),
    "tax_lots": (FrozenIndex("ix_tax_lots_trade_seq", "run_id, trade_seq, seq", where="trade_seq IS NOT NULL"),),
}


def upgrade(part: Part) -> None:
    """Make the table, and the indexes."""
    if part is Part.BROKER:
        return
    _NOTIFICATIONS.make()
    for table, indexes in _INDEXES.items():
        for index in indexes:
            index.make(table)


def downgrade(part: Part) -> None:
    """Drop them: what people were told is forgotten."""
    if part is Part.BROKER:
        return
    for table, indexes in _INDEXES.items():
        for index in indexes:
            op.drop_index(index.name, table)
    _NOTIFICATIONS.drop()
