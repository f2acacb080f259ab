"""Paper tables: what is kept of orders on paper, of what was said of them, and of the shares that they moved?

They lie in a file of their own: no engine writes here, as none writes in the books of a real broker.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from engine.model.orders import OrderSide, OrderState, OrderTag, OrderType, TimeInForce
from storage.table_kinds import METADATA, optional, required
from storage.types import MoneyType, UtcDateTime, WordType

PAPER_ORDERS = Table(
    "paper_orders",
    METADATA,
    Column("seq", Integer, primary_key=True),  # the order in which they came
    Column("client_order_id", String, nullable=False, unique=True),
    required("brought_at", UtcDateTime()),
    required("state", WordType(OrderState)),
    required("filled", BigInteger),
    required("reports", Integer),
    # The order as it was brought: empty for one that was cancelled before it came.
    optional("decision_id", String),
    optional("recommendation_id", String),
    optional("ticker", String),
    optional("side", WordType(OrderSide)),
    optional("quantity", BigInteger),
    optional("order_type", WordType(OrderType)),
    optional("limit_price", MoneyType()),
    optional("time_in_force", WordType(TimeInForce)),
    optional("tag", WordType(OrderTag)),
    optional("created_at", UtcDateTime()),
    optional("tranche", Integer),
    optional("tranche_count", Integer),
    optional("attempt", Integer),
    optional("trigger_price", MoneyType()),
)
Index("ix_paper_orders_state", PAPER_ORDERS.c.state, PAPER_ORDERS.c.seq)

PAPER_REPORTS = Table(
    "paper_reports",
    METADATA,
    Column("seq", Integer, primary_key=True),
    required("at", UtcDateTime()),
    # Of an order, or of trading in a ticker.
    Column("client_order_id", ForeignKey(PAPER_ORDERS.c.client_order_id), nullable=True),
    optional("number", Integer),
    optional("state", WordType(OrderState)),
    optional("filled", BigInteger),
    optional("quantity", BigInteger),
    optional("price", MoneyType()),
    optional("commission", MoneyType()),
    optional("reason", String),
    optional("ticker", String),
    optional("is_halted", Boolean),
    UniqueConstraint("client_order_id", "number"),
)

PAPER_POSITIONS = Table(
    "paper_positions",
    METADATA,
    Column("ticker", String, primary_key=True),
    required("shares", BigInteger),
)

PAPER_EPOCH = Table(
    "paper_epoch",
    METADATA,
    Column("id", Integer, primary_key=True),  # one row
    required("epoch", BigInteger),
    required("heard", Integer),
    required("account_id", String),  # of the engine's file; empty: of none yet
)

PAPER_TABLES = (PAPER_ORDERS, PAPER_REPORTS, PAPER_POSITIONS, PAPER_EPOCH)
