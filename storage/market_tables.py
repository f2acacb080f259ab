"""Market tables: what is kept of prices, recommendations and listings (spec section 3)?

A daily bar's `start_at` is midnight UTC of its session: the day, not the opening bell.
"""

from sqlalchemy import BigInteger, Column, Date, Float, Index, Integer, String, Table

from engine.model.macro import Severity
from engine.model.recommendation import Action, Mode
from engine.model.signals import SignalDirection, SignalWindow
from engine.ports import ImportKind
from storage.table_kinds import METADATA, optional, required
from storage.types import MoneyType, RatioType, UtcDateTime, WordType

DAILY = "1d"
"""The `interval` of daily bars."""

PRICE_BARS = Table(
    "price_bars",
    METADATA,
    Column("ticker", String, primary_key=True),
    Column("interval", String, primary_key=True),
    Column("start_at", UtcDateTime(), primary_key=True),
    required("open", MoneyType()),
    required("high", MoneyType()),
    required("low", MoneyType()),
    required("close", MoneyType()),
    required("volume", BigInteger),
    sqlite_with_rowid=False,
)

RECOMMENDATIONS = Table(
    "recommendations",
    METADATA,
    Column("recommendation_id", String, primary_key=True),
    required("ticker", String),
    required("action", WordType(Action)),
    required("mode", WordType(Mode)),
    required("confidence", Float),
    required("generated_at", UtcDateTime()),
    optional("expires_at", UtcDateTime()),
    required("source", String),
    required("thesis", String),
    sqlite_with_rowid=False,
)
Index("ix_recommendations_generated_at", RECOMMENDATIONS.c.generated_at, RECOMMENDATIONS.c.recommendation_id)

SECURITIES = Table(
    "securities",
    METADATA,
    Column("ticker", String, primary_key=True),
    required("name", String),
    optional("sector", String),
    optional("last_bar_on", Date),
    sqlite_with_rowid=False,
)

EARNINGS_CALENDAR = Table(
    "earnings_calendar",
    METADATA,
    Column("ticker", String, primary_key=True),
    Column("earnings_date", Date, primary_key=True),
    sqlite_with_rowid=False,
)

SPLITS = Table(
    "splits",
    METADATA,
    Column("ticker", String, primary_key=True),
    Column("on", Date, primary_key=True),
    required("ratio", RatioType()),
    sqlite_with_rowid=False,
)

DIVIDENDS = Table(
    "dividends",
    METADATA,
    Column("ticker", String, primary_key=True),
    Column("ex_on", Date, primary_key=True),
    required("amount", MoneyType()),
    sqlite_with_rowid=False,
)

IMPORTS = Table(
    "imports",
    METADATA,
    Column("id", Integer, primary_key=True),
    required("created_at", UtcDateTime()),
    required("kind", WordType(ImportKind)),
    required("file_name", String),
    required("file_digest", String),
    required("file_rows", BigInteger),
    required("new_count", BigInteger),
    required("same_count", BigInteger),
    required("changed_count", BigInteger),
    required("content_digest", String),  # of the whole store, after this import
)

QUOTES = Table(
    "quotes",
    METADATA,
    Column("id", Integer, primary_key=True),  # counts up, so that what is new is found whatever its moment
    required("ticker", String),
    required("price", MoneyType()),
    required("at", UtcDateTime()),
)
Index("ix_quotes_at", QUOTES.c.at)

INTRADAY_SIGNALS = Table(
    "intraday_signals",
    METADATA,
    Column("signal_id", String, primary_key=True),
    required("ticker", String),
    required("window", WordType(SignalWindow)),
    required("direction", WordType(SignalDirection)),
    required("confidence", Float),
    required("generated_at", UtcDateTime()),
    sqlite_with_rowid=False,
)
Index("ix_intraday_signals_generated_at", INTRADAY_SIGNALS.c.generated_at, INTRADAY_SIGNALS.c.signal_id)

MACRO_EVENTS = Table(
    "macro_events",
    METADATA,
    Column("event_id", String, primary_key=True),
    required("severity", WordType(Severity)),
    required("at", UtcDateTime()),
    required("until", UtcDateTime()),
    optional("tickers", String),  # separated by spaces; empty: those of the sector, or all
    optional("sector", String),
    optional("name", String),
    sqlite_with_rowid=False,
)
Index("ix_macro_events_until", MACRO_EVENTS.c.until)

LIVE_SOURCE_TABLES = (QUOTES, INTRADAY_SIGNALS, MACRO_EVENTS)
"""What only a live account reads. A file made before they were there has none of them, which reads as empty."""

MARKET_TABLES = (
    PRICE_BARS,
    RECOMMENDATIONS,
    SECURITIES,
    EARNINGS_CALENDAR,
    SPLITS,
    DIVIDENDS,
    IMPORTS,
    *LIVE_SOURCE_TABLES,
)
"""All that lies in `market.db`."""
