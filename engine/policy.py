"""Policy: which numbers does the engine decide by?

Every threshold of the specification with its default, its unit and its range, validated once. A field says which way
it is looser, so that a profile that loosens a rule can say so on the first screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from engine.errors import BadInput
from engine.model.portfolio import RiskTierName
from engine.model.recommendation import Mode
from engine.setting_fields import required, setting, validate

_ACCEPTED = {
    "live": frozenset({Mode.LIVE_ELIGIBLE}),
    "paper": frozenset({Mode.PAPER_ELIGIBLE, Mode.LIVE_ELIGIBLE}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTierConfig:
    """One tier's numbers (spec section 4). Position, sector and heat limits are fractions of the active pool."""

    min_confidence: float = required("pct", 0, 1, "down", "a buy needs at least this confidence")
    max_position_pct: float = required("pct", 0, 1, "up", "largest position")
    stop_loss_atr_multiplier: float = required("atr", 0.01, 100, "up", "distance of the stop")
    reward_risk_ratio: float = required("ratio", 0.01, 100, "", "distance of the target, in stop distances")
    max_sector_pct: float = required("pct", 0, 10, "up", "largest sector")
    max_portfolio_heat: float = required("pct", 0, 10, "up", "largest loss if every stop were hit")

    def __post_init__(self) -> None:
        validate(self)


def _tier(*numbers: float) -> RiskTierConfig:
    return RiskTierConfig(**dict(zip((f.name for f in fields(RiskTierConfig)), numbers, strict=True)))


RISK_TIER_DEFAULTS: Mapping[RiskTierName, RiskTierConfig] = MappingProxyType(
    {
        RiskTierName.CONSERVATIVE: _tier(0.75, 0.06, 1.5, 2.0, 0.20, 0.02),
        RiskTierName.MODERATE: _tier(0.65, 0.08, 2.0, 2.0, 0.30, 0.03),
        RiskTierName.AGGRESSIVE: _tier(0.55, 0.10, 2.5, 2.5, 0.40, 0.05),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingPolicy:
    """Every number a decision may depend on. Amounts are in dollars, `_pct` are fractions 0..1."""

    enabled: bool = setting(True, "", 0, 1, "", "take entries at all")
    risk_tier: RiskTierName = setting(RiskTierName.MODERATE, "", 0, 0, "", "tier to start with")
    account: str = setting("paper", "", 0, 0, "", "paper or live: which recommendations are for this account")
    base_allocation_pct: float = setting(0.05, "pct", 0, 1, "up", "position size at the minimum confidence")
    absolute_position_cap: float = setting(50_000.0, "usd", 0, 1e12, "up", "largest position in dollars")
    max_open_positions: int = setting(10, "count", 0, 100_000, "up", "most positions at once")
    active_pool_minimum: float = setting(100.0, "usd", 0, 1e12, "down", "no entries below this active pool")
    exit_min_confidence: float = setting(0.0, "pct", 0, 1, "", "a sell recommendation needs at least this confidence")
    window_start_minutes: int = setting(15, "minutes", 0, 390, "down", "entries begin so long after the open")
    window_end_minutes: int = setting(15, "minutes", 0, 390, "down", "entries end so long before the close")
    quote_max_age_seconds: float = setting(120.0, "seconds", 0, 1e9, "up", "no entry on an older price")
    declining_min_positions: int = setting(3, "count", 1, 100_000, "up", "declining rule from so many positions on")
    declining_share_limit: float = setting(0.50, "pct", 0, 1, "up", "no entries when more of them decline")
    declining_loss_pct: float = setting(0.02, "pct", 0, 1, "up", "a position declines beyond this loss")
    earnings_reject_sessions: int = setting(1, "sessions", -1, 250, "down", "no entry so close to earnings (-1: off)")
    earnings_reduce_sessions: int = setting(3, "sessions", -1, 250, "down", "smaller entry so close (-1: off)")
    earnings_reduce_factor: float = setting(0.5, "pct", 0, 1, "up", "how much of it then remains")
    correlation_reduce_above: float = setting(0.5, "corr", 0, 1, "up", "smaller entry above this correlation")
    correlation_reject_above: float = setting(0.8, "corr", 0, 1, "up", "no entry above this correlation")
    diversification_multiplier: float = setting(1.2, "ratio", 1, 10, "up", "larger entry in a new sector")
    diversification_sectors: int = setting(3, "count", 0, 100, "up", "while fewer sectors than this are held")
    entry_limit_offset_pct: float = setting(0.005, "pct", 0, 1, "", "limit of an entry above the last price")
    break_even_trigger_pct: float = setting(0.5, "pct", 0, 1, "up", "stop to entry beyond so much of the way to target")
    reserve_siphon_pct: float = setting(0.20, "pct", 0, 1, "down", "share of each realised profit put aside")
    reserve_high_water_pct: float = setting(
        0.30, "pct", 0, 1, "down", "no more put aside above this share of the total"
    )
    emergency_drawdown_threshold_pct: float = setting(
        0.20, "pct", 0, 1, "up", "beyond this drawdown the reserve goes back to the pool, once per peak"
    )
    emergency_recovery_pct: float = setting(
        0.15, "pct", 0, 1, "up", "after that, siphoning and higher tiers rest until the drawdown is below this"
    )
    daily_loss_pct: float = setting(0.02, "pct", 0, 1, "up", "no entries after such a loss since the previous close")
    daily_loss_cooldown_minutes: int = setting(390, "minutes", 0, 100_000, "down", "of market time, after that loss")
    single_position_loss_pct: float = setting(0.10, "pct", 0, 1, "up", "a position that lost more is closed")
    single_position_cooldown_minutes: int = setting(
        780, "minutes", 0, 100_000, "down", "of market time without an entry in its ticker"
    )
    volatility_stop_count: int = setting(3, "count", 1, 100_000, "up", "no entries after so many stops")
    volatility_window_minutes: int = setting(30, "minutes", 0, 100_000, "down", "within so long")
    volatility_cooldown_minutes: int = setting(120, "minutes", 0, 100_000, "down", "of market time, after those")
    tier_auto: bool = setting(True, "", 0, 1, "", "change the tier by itself at each close")
    tier_down_drawdown_pct: float = setting(0.15, "pct", 0, 1, "up", "one tier down beyond this drawdown")
    tier_down_win_rate: float = setting(0.40, "pct", 0, 1, "down", "one tier down below this win rate")
    tier_up_win_rate: float = setting(0.55, "pct", 0, 1, "down", "one tier up needs a win rate above this")
    tier_up_reserve_pct: float = setting(0.20, "pct", 0, 1, "down", "and a reserve above this share of the total")
    tier_up_drawdown_pct: float = setting(0.05, "pct", 0, 1, "up", "and a drawdown below this")
    tier_window_sessions: int = setting(30, "sessions", 1, 10_000, "", "the win rate is over trades closed in these")
    tier_min_trades: int = setting(20, "count", 0, 100_000, "", "of which at least so many must tell something")
    tier_scratch_risk_pct: float = setting(
        0.1, "pct", 0, 100, "", "a trade tells nothing within this share of its initial risk"
    )
    tier_rest_sessions: int = setting(5, "sessions", 0, 10_000, "down", "no further change for so long")
    vanished_after_sessions: int = setting(5, "sessions", 1, 10_000, "up", "close a position without a bar for so long")
    polling_interval_seconds: int = setting(
        60, "seconds", 1, 3600, "up", "how often prices and recommendations are read"
    )
    fast_polling_interval_seconds: int = setting(15, "seconds", 1, 3600, "up", "the same while an event is on")
    stop_loss_check_interval_seconds: int = setting(300, "seconds", 1, 86_400, "up", "how often stops are looked at")
    fast_stop_loss_interval_seconds: int = setting(60, "seconds", 1, 86_400, "up", "the same while an event is on")
    atr_change_pct: float = setting(0.10, "pct", 0, 1000, "up", "levels follow an ATR that moved by more than this")
    earnings_tighten_sessions: int = setting(3, "sessions", -1, 250, "down", "stops come nearer so close to earnings")
    earnings_tighten_factor: float = setting(0.7, "pct", 0, 1, "up", "of their distance then remains")
    event_tighten_factor: float = setting(0.5, "pct", 0, 1, "up", "of it remains while a severe event is on")
    heat_tighten_pct: float = setting(
        0.80, "pct", 0, 1000, "up", "stops come nearer above this share of the heat limit"
    )
    heat_tighten_step: float = setting(0.5, "pct", 0, 1, "down", "by so much of the way to the price")
    heat_tighten_min_atr: float = setting(0.5, "atr", 0, 100, "up", "never nearer to the price than this")
    silent_ticker_minutes: int = setting(
        15, "minutes", 0, 100_000, "up", "a ticker without a price for so long (0: off)"
    )
    feed_failure_tickers: int = setting(
        3, "count", 2, 100_000, "up", "so many silent at once mean that the feed failed"
    )
    feed_failure_share: float = setting(0.3333, "pct", 0, 1, "up", "or this share of what is held, two at least")
    rapid_move_pct: float = setting(0.05, "pct", 0, 1000, "up", "a position that moved more is looked at, at once")
    rapid_move_minutes: int = setting(15, "minutes", 0, 1440, "down", "within so long")
    print_confirmation_pct: float = setting(0.20, "pct", 0, 1000, "", "a price further off needs a second one")
    gradual_entry_tranches: int = setting(3, "count", 1, 100, "", "parts of a large entry")
    gradual_entry_threshold_dollars: float = setting(30.0, "usd", 0, 1e12, "", "an entry above this is large")
    gradual_entry_threshold_pct: float = setting(0.05, "pct", 0, 1, "", "or above this share of the active pool")
    gradual_entry_interval_minutes: int = setting(5, "minutes", 0, 100_000, "", "between two parts of an entry")
    rebalance: bool = setting(True, "", 0, 1, "", "trim what has grown too large on the week's first session")
    micro_trading_enabled: bool = setting(False, "", 0, 1, "", "trade intraday signals in small size")
    micro_trading_interval_seconds: int = setting(60, "seconds", 1, 3600, "", "how often signals are read")
    micro_trading_allocation_factor: float = setting(0.5, "pct", 0, 1, "up", "of the base allocation")
    micro_trading_allocation_cap_pct: float = setting(0.03, "pct", 0, 1, "up", "largest micro position")
    micro_trading_max_daily: int = setting(10, "count", 0, 100_000, "up", "micro trades a day")
    micro_trading_max_hold_minutes: int = setting(120, "minutes", 1, 100_000, "up", "of market time, then it is closed")
    micro_trading_close_minutes: int = setting(5, "minutes", 0, 390, "down", "before the close all are closed")
    micro_trading_stop_atr_multiplier: float = setting(1.0, "atr", 0.01, 100, "up", "distance of its stop")
    micro_trading_reward_risk_ratio: float = setting(
        1.5, "ratio", 0.01, 100, "", "distance of its target, in stop distances"
    )
    large_trade_pnl_usd: float = setting(500.0, "usd", 0, 1e12, "", "a trade that made or lost more is told")
    large_trade_pnl_pct: float = setting(0.02, "pct", 0, 1, "", "or more than this share of the active pool")
    tiers: Mapping[RiskTierName, RiskTierConfig] = field(default_factory=lambda: RISK_TIER_DEFAULTS)

    def __post_init__(self) -> None:
        validate(self)
        if missing := set(RiskTierName) - set(self.tiers):
            raise BadInput(f"the policy lacks the tier {', '.join(sorted(missing))}")
        if self.account not in _ACCEPTED:
            raise BadInput(f"account is {self.account!r}", hint="it is paper or live")
        if self.correlation_reject_above < self.correlation_reduce_above:
            raise BadInput(
                f"correlation_reject_above ({self.correlation_reject_above}) is below "
                f"correlation_reduce_above ({self.correlation_reduce_above})",
                hint="raise the first or lower the second",
            )

    @property
    def accepted_modes(self) -> frozenset[Mode]:
        """Which recommendations this account acts on (spec section 3)."""
        return _ACCEPTED[self.account]
