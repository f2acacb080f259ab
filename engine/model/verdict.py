"""Verdict and trace: what did each check answer, and how did the size come about?"""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.money import Money
from engine.model.tax import LossAtStake


class Check(StrEnum):
    """The checks of spec section 4, in their order; then those of sells and of micro trades."""

    ENABLED = "enabled"
    TRADING_STATE = "trading_state"
    MODE = "mode"
    EXPIRY = "expiry"
    HELD = "held"
    COOL_DOWN = "cool_down"
    WINDOW = "trading_window"
    CONFIDENCE = "confidence"
    PRICE = "price"
    ATR = "atr"
    POSITION_COUNT = "position_count"
    DECLINING = "declining_positions"
    ACTIVE_POOL = "active_pool"
    EARNINGS = "earnings"
    CORRELATION = "correlation"
    SECTOR = "sector"
    HEAT = "heat"
    CASH = "cash"
    SHARES = "whole_shares"
    NOT_HALTED = "not_halted"
    MARKET_OPEN = "market_open"
    HOLDING = "holding"
    MICRO_ENABLED = "micro_trading"
    MICRO_COUNT = "micro_daily_count"


SKIP_REASONS: dict[Check, str] = {
    Check.ENABLED: "disabled",
    Check.TRADING_STATE: "not_active",
    Check.MODE: "wrong_mode",
    Check.EXPIRY: "expired",
    Check.HELD: "already_held",
    Check.COOL_DOWN: "cooling_down",
    Check.WINDOW: "outside_window",
    Check.CONFIDENCE: "low_confidence",
    Check.PRICE: "no_price",
    Check.ATR: "no_atr",
    Check.POSITION_COUNT: "max_positions",
    Check.DECLINING: "declining_positions",
    Check.ACTIVE_POOL: "active_pool_minimum",
    Check.EARNINGS: "earnings",
    Check.CORRELATION: "correlation",
    Check.SECTOR: "sector",
    Check.HEAT: "heat",
    Check.CASH: "cash",
    Check.SHARES: "below_one_share",
    Check.NOT_HALTED: "halted",
    Check.MARKET_OPEN: "market_closed",
    Check.HOLDING: "not_held",
    Check.MICRO_ENABLED: "micro_trading_off",
    Check.MICRO_COUNT: "micro_daily_limit",
}
"""The word under which a failed check is stored as `skip_reason`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One check's answer. `value` and `limit` are in `unit`: pct (a fraction), usd, count, seconds or nothing."""

    check: Check
    passed: bool
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    note: str = ""

    @property
    def skip_reason(self) -> str:
        """The word for a decision that this verdict stopped."""
        return SKIP_REASONS[self.check]


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingStep:
    """One link of the sizing chain, in dollars (`pct` steps: in fractions of the active pool)."""

    name: str
    before: float
    after: float
    unit: str = "usd"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything a decision rests on: verdicts in the order of the checks, the sizing chain, the numbers used.

    `not_computed` names the checks that could not be answered, such as heat without a price. `at_stake` is the loss
    that a purchase would put off for tax; it decides nothing.
    """

    verdicts: tuple[Verdict, ...]
    sizing: tuple[SizingStep, ...] = ()
    inputs: tuple[tuple[str, float | int | str | None], ...] = ()
    not_computed: tuple[Check, ...] = ()
    at_stake: LossAtStake | None = None

    @property
    def first_failure(self) -> Verdict | None:
        """The verdict that stopped the decision, or None when every check passed."""
        return next((v for v in self.verdicts if not v.passed), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSize:
    """What the sizing chain came to. `dollars` is what it allowed, `cost` what `shares` cost at their worst price."""

    dollars: float
    shares: int
    pct: float
    cost: Money
