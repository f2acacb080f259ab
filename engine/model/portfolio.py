"""Portfolio: what is it all worth, and how much of it is at risk?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.model.money import Money, dollars
from engine.model.positions import MarkedPosition


class RiskTierName(StrEnum):
    """The three tiers, from careful to bold."""

    CONSERVATIVE = "conservative"
    MODERATE = "moderate"
    AGGRESSIVE = "aggressive"


class TradingState(StrEnum):
    """What the engine may do: anything, exits only, nothing."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class ReservePoolTriggerType(StrEnum):
    """Why money moved between reserve and active pool."""

    PROFIT_SIPHON = "profit_siphon"
    EMERGENCY_LIQUIDATION = "emergency_liquidation"
    MANUAL_ADJUSTMENT = "manual_adjustment"
    INITIAL = "initial"


class TierChangeCause(StrEnum):
    """Why the tier changed."""

    DRAWDOWN = "drawdown"
    WIN_RATE = "win_rate"
    PERFORMANCE = "performance"
    EMERGENCY = "emergency"
    OPERATOR = "operator"


class FlowKind(StrEnum):
    """Money that comes or goes without a trade. Deposits and withdrawals are no part of the return; the rest is."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    CASH_IN_LIEU = "cash_in_lieu"


EXTERNAL_FLOWS = frozenset({FlowKind.DEPOSIT, FlowKind.WITHDRAWAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveEntry:
    """One line of the reserve ledger. `amount` is signed: into the reserve is positive."""

    at: datetime
    trigger: ReservePoolTriggerType
    amount: Money
    balance_after: Money
    reference_id: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChange:
    """One line of the tier's history, with the figures that it was decided on (`win_rate` None: too few trades)."""

    at: datetime
    previous: RiskTierName
    new: RiskTierName
    cause: TierChangeCause
    win_rate: float | None
    trades: int
    drawdown: float
    reserve_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFlow:
    """One line of the flow ledger. `amount` is signed: into the account is positive."""

    at: datetime
    kind: FlowKind
    amount: Money
    ticker: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionMark:
    """One position as it stood at a close: the row that screens show for a day of history."""

    ticker: str
    quantity: int
    entry_price: Money
    last_price: Money
    cost: Money
    stop: Money
    target: Money
    trailing_stop_active: bool
    sector: str | None
    signal_confidence: float
    opened_at: datetime
    decision_id: str
    is_micro: bool = False

    @property
    def market_value(self) -> Money:
        """Shares at the last price."""
        return self.quantity * self.last_price

    @property
    def unrealised(self) -> Money:
        """Market value less cost."""
        return self.market_value - self.cost

    @property
    def return_pct(self) -> float:
        """Unrealised P&L as a fraction of cost."""
        return self.unrealised / self.cost if self.cost else 0.0

    @property
    def stop_distance_pct(self) -> float:
        """How far the last price may fall before the stop, as a fraction of it."""
        return (self.last_price - self.stop) / self.last_price if self.last_price else 0.0

    @property
    def open_risk_usd(self) -> float:
        """What this position adds to heat, in dollars: market value * max(0, entry - stop) / entry."""
        distance = max(self.entry_price - self.stop, 0)
        return dollars(self.market_value) * distance / self.entry_price if self.entry_price else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioSnapshot:
    """The books at a close. Fractions are 0..1; `sharpe_ratio` is over the trailing 30 daily returns or None.

    `daily_return` leaves out deposits and withdrawals of the day; `realised_pnl` is before costs, since the start.
    """

    on: date
    at: datetime
    total_value: Money
    cash: Money
    active_pool: Money
    reserve: Money
    flows: Money
    costs: Money
    realised_pnl: Money
    unrealised_pnl: Money
    daily_return: float
    cumulative_return: float
    win_count: int
    loss_count: int
    trade_count: int
    win_rate: float | None
    sharpe_ratio: float | None
    max_drawdown: float
    current_drawdown: float
    heat: float
    risk_tier: RiskTierName
    trading_state: TradingState
    positions: tuple[PositionMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The books at one moment, as the rules see them. Made anew when something changed, never changed.

    `tickers` and `market_values` are those of `positions`. `available_cash` is cash less reserve and less all working
    buys at their worst price; `heat_usd`, `open_count`, `sector_values` and `occupied` count working buys as if they
    were filled; `heat` is `heat_usd` as a fraction of the active pool, 0 without a pool. The sector of tickers without
    one is None.
    """

    cash: Money
    reserve: Money
    total_value: Money
    active_pool: Money
    available_cash: Money
    heat_usd: float
    open_count: int
    positions: tuple[MarkedPosition, ...]
    tickers: tuple[str, ...]
    market_values: tuple[Money, ...]
    sector_values: Mapping[str | None, Money]
    occupied: frozenset[str]
    heat: float
