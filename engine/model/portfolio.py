"""Portfolio: what is it all worth, and how much of it is at risk?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from math import inf

from engine.model.money import Money, divide_half_even, dollars
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
class MicroTally:
    """Micro trades closed so far, P&L after costs, and how many were begun on the day."""

    entries_today: int = 0
    trade_count: int = 0
    win_count: int = 0
    loss_count: int = 0
    gross_profit: Money = 0
    gross_loss: Money = 0

    @property
    def win_rate(self) -> float | None:
        """Wins of all micro trades, None without any."""
        return self.win_count / self.trade_count if self.trade_count else None

    @property
    def net_pnl(self) -> Money:
        """What they brought."""
        return self.gross_profit - self.gross_loss


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioSnapshot:
    """The books at a close. Fractions are 0..1; `sharpe_ratio` is over the trailing 30 daily returns or None.

    `daily_return` and `daily_pnl` leave out deposits and withdrawals of the day; `realised_pnl` is before costs, since
    the start. Counts, rates and gross figures are of all trades but micro trades, which are in `micro`.
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
    daily_pnl: Money = 0
    gross_profit: Money = 0
    gross_loss: Money = 0
    micro: MicroTally = MicroTally()

    @property
    def average_win(self) -> Money | None:
        """What a winning trade brought, None without any."""
        return divide_half_even(self.gross_profit, self.win_count) if self.win_count else None

    @property
    def average_loss(self) -> Money | None:
        """What a losing trade cost, None without any."""
        return divide_half_even(self.gross_loss, self.loss_count) if self.loss_count else None

    @property
    def profit_factor(self) -> float | None:
        """Gross profit / gross loss: infinite without losses, None without trades."""
        if not self.trade_count:
            return None
        return self.gross_profit / self.gross_loss if self.gross_loss else inf


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
