"""Checks: which questions must an entry pass, in which order (spec section 4)?

Each check answers one question about a draft entry. `CHECKS` is the order; the first that fails is the reason of the
skip.
"""

from collections.abc import Callable
from datetime import datetime

from engine.decision import tax_notes
from engine.decision.drafts import Draft
from engine.errors import BrokenInvariant
from engine.model.market import Market
from engine.model.money import Money, dollars
from engine.model.portfolio import TradingState
from engine.model.recommendation import Recommendation
from engine.model.verdict import Check, Trace, Verdict
from engine.policy import RiskTierConfig, TradingPolicy
from engine.risk import (
    correlation,
    earnings,
    exposure,
    micro_trading,
    position_sizer,
    print_confirmation,
    stop_loss_manager,
    trading_window,
)
from engine.risk.volatility import ATR_BARS


def _enabled(d: Draft) -> Verdict:
    return Verdict(check=Check.ENABLED, passed=d.policy.enabled)


def _trading_state(d: Draft) -> Verdict:
    standing, cause = d.state.standing()
    passed = standing is TradingState.ACTIVE
    note = "" if passed else f"{standing}: {cause}"
    return Verdict(check=Check.TRADING_STATE, passed=passed, note=note)


def mode_is_ours(recommendation: Recommendation, policy: TradingPolicy) -> Verdict:
    """Is it meant for this kind of account?"""
    mode = recommendation.mode
    return Verdict(check=Check.MODE, passed=mode in policy.accepted_modes, note=f"{mode}, account {policy.account}")


def is_fresh(at: datetime, expires_at: datetime) -> Verdict:
    """Is the recommendation still alive? The value is the seconds it has left."""
    left = (expires_at - at).total_seconds()
    return Verdict(check=Check.EXPIRY, passed=left > 0, value=left, limit=0, unit="seconds")


def _held(d: Draft) -> Verdict:
    held = d.ticker in d.book.occupied
    return Verdict(check=Check.HELD, passed=not held, note="held or being bought" if held else "")


def _cool_down(d: Draft) -> Verdict:
    until = d.state.cool_downs.get(d.ticker)
    left = max(0.0, (until - d.at).total_seconds()) if until else 0.0
    return Verdict(check=Check.COOL_DOWN, passed=left <= 0, value=left, limit=0, unit="seconds")


def _window(d: Draft) -> Verdict:
    return trading_window.within_window(d.at, d.state.session, d.policy)


def is_confident(value: float, tier: RiskTierConfig) -> Verdict:
    """Is it sure enough for the tier?"""
    limit = tier.min_confidence
    return Verdict(check=Check.CONFIDENCE, passed=value >= limit, value=value, limit=limit, unit="pct")


def is_priced(market: Market, ticker: str, policy: TradingPolicy) -> bool:
    """Is there a price, and is it fresh?"""
    age = market.price_age_seconds(ticker)
    return age is not None and age <= policy.quote_max_age_seconds


def is_believed(market: Market, ticker: str, policy: TradingPolicy) -> bool:
    """Is the last print of a ticker that is not held near the one before it? One that is far off needs a second one."""
    price, before = market.price(ticker), market.price_before(ticker)
    return price is None or before is None or not print_confirmation.is_far(price, before, policy)


def _price(d: Draft) -> Verdict:
    held, doubted = d.ticker in d.state.positions, d.ticker in d.state.watch.doubted
    if doubted if held else not is_believed(d.market, d.ticker, d.policy):
        return Verdict(check=Check.PRICE, passed=False, note="the last print is not confirmed")
    return Verdict(
        check=Check.PRICE,
        passed=is_priced(d.market, d.ticker, d.policy),
        value=d.market.price_age_seconds(d.ticker),
        limit=d.policy.quote_max_age_seconds,
        unit="seconds",
        note="no price in this session" if d.price is None else "",
    )


def is_moving(price: Money | None, atr: float, tier: RiskTierConfig) -> bool:
    """Does the price move enough for a stop to lie below it? A missing price is not the ATR's fault."""
    return price is None or stop_loss_manager.has_stop_distance(price, atr, tier)


def _atr(d: Draft) -> Verdict:
    bars = d.market.closed_bars(d.ticker)
    if d.atr is None:
        return Verdict(check=Check.ATR, passed=False, value=bars, limit=ATR_BARS + 1, unit="bars", note="too few bars")
    moving = is_moving(d.price, d.atr, d.tier)
    note = f"ATR {d.atr:.6f}" if moving else "the price does not move: no stop can be set"
    return Verdict(check=Check.ATR, passed=moving, value=bars, limit=ATR_BARS + 1, unit="bars", note=note)


def _declining(d: Draft) -> Verdict:
    return exposure.not_declining(d.book, d.policy)


def _active_pool(d: Draft) -> Verdict:
    return exposure.above_active_pool_minimum(d.book, d.policy)


def _earnings(d: Draft) -> Verdict:
    return earnings.clear_of_earnings(d.sessions_to_earnings, d.policy)


def _correlation(d: Draft) -> Verdict:
    return correlation.within_correlation(d.average_correlation, d.policy)


def _sector(d: Draft) -> Verdict:
    return exposure.within_sector(d.sector, d.book, d.tier)


def _heat(d: Draft) -> Verdict | None:
    if d.price is None or d.stop is None:
        return None
    added = exposure.open_risk_usd(d.size_usd, d.price, d.stop)
    return exposure.within_heat(added, d.book, d.tier)


def _cash(d: Draft) -> Verdict | None:
    return position_sizer.enough_cash(d.sizing, d.state.costs_model, d.policy) if d.sizing else None


def _shares(d: Draft) -> Verdict | None:
    return position_sizer.at_least_one_share(d.size_usd, d.price) if d.price is not None else None


Checks = tuple[tuple[Check, Callable[[Draft], Verdict | None]], ...]

CHECKS: Checks = (
    (Check.ENABLED, _enabled),
    (Check.TRADING_STATE, _trading_state),
    (Check.MODE, lambda d: mode_is_ours(d.recommendation, d.policy)),
    (Check.EXPIRY, lambda d: is_fresh(d.at, d.expires_at)),
    (Check.HELD, _held),
    (Check.COOL_DOWN, _cool_down),
    (Check.WINDOW, _window),
    (Check.CONFIDENCE, lambda d: is_confident(d.recommendation.confidence, d.tier)),
    (Check.PRICE, _price),
    (Check.ATR, _atr),
    (Check.POSITION_COUNT, lambda d: exposure.within_position_count(d.book, d.policy)),
    (Check.DECLINING, _declining),
    (Check.ACTIVE_POOL, _active_pool),
    (Check.EARNINGS, _earnings),
    (Check.CORRELATION, _correlation),
    (Check.SECTOR, _sector),
    (Check.HEAT, _heat),
    (Check.CASH, _cash),
    (Check.SHARES, _shares),
)
"""The checks of an entry in their order. An answer of None: it could not be computed."""


def _but(*left_out: Check) -> Checks:
    return tuple((check, ask) for check, ask in CHECKS if check not in left_out)


TRANCHE_CHECKS: Checks = _but(Check.EXPIRY, Check.HELD, Check.CONFIDENCE, Check.POSITION_COUNT)
"""Those of the further parts of an entry."""

MICRO_CHECKS: Checks = (
    (Check.MICRO_ENABLED, lambda d: micro_trading.is_switched_on(d.policy)),
    (Check.MICRO_COUNT, lambda d: micro_trading.within_daily_count(d.state.agenda.micro_entries, d.policy)),
    *_but(Check.MODE),
)
"""Those of an entry that a signal asks for."""

_FROM = {check: CHECKS[place + 1 :] for place, (check, _) in enumerate(CHECKS)}


def first_failure(draft: Draft, *, after: Check | None = None, of: Checks = CHECKS) -> Verdict | None:
    """Return the verdict that stops `draft`, or None when it passes; asks no further than needed.

    With `after`, that check of `CHECKS` and those before it are known to have passed.
    """
    for check, ask in of if after is None else _FROM[after]:
        verdict = ask(draft)
        if verdict is None:
            raise BrokenInvariant(f"{check} cannot be answered for {draft.ticker}, which has a price and an ATR")
        if not verdict.passed:
            return verdict
    return None


def waits_for_window(draft: Draft) -> Verdict | None:
    """Return the verdict on the window when `draft` lives and the window is shut: it is judged when that opens."""
    window = _window(draft)
    return None if window.passed or not is_fresh(draft.at, draft.expires_at).passed else window


def trace(draft: Draft, *, of: Checks = CHECKS) -> Trace:
    """Return every answer that can be computed, also after the first failure, with the numbers behind them."""
    answers = [(check, ask(draft)) for check, ask in of]
    size = draft.size
    return Trace(
        verdicts=tuple(v for _, v in answers if v is not None),
        not_computed=tuple(c for c, v in answers if v is None),
        sizing=tuple(position_sizer.chain(draft.sizing, draft.tier, draft.policy)) if draft.sizing else (),
        inputs=_inputs(draft),
        at_stake=tax_notes.at_stake(draft.state, draft.ticker, size.shares, draft.at) if size and size.shares else None,
    )


def _inputs(d: Draft) -> tuple[tuple[str, float | int | str | None], ...]:
    size, book = d.size, d.book
    held = zip(book.tickers, map(correlation.rounded, d.correlations), strict=True)
    pairs = tuple((f"correlation with {ticker}", c) for ticker, c in held)
    return (
        ("price", dollars(d.price) if d.price is not None else None),
        ("atr", d.atr),
        ("stop", dollars(d.stop) if d.stop is not None else None),
        ("sector", d.sector),
        ("tier", d.state.tier.value),
        ("total_value", dollars(book.total_value)),
        ("active_pool", dollars(book.active_pool)),
        ("reserve", dollars(book.reserve)),
        ("cash", dollars(book.cash)),
        ("available_cash", dollars(book.available_cash)),
        ("heat", book.heat),
        ("open_positions", book.open_count),
        ("sector_held", dollars(book.sector_values.get(d.sector, 0))),
        ("sessions_to_earnings", d.sessions_to_earnings),
        ("shares", size.shares if size else None),
        ("worst_cost", dollars(size.cost) if size else None),
        *pairs,
    )
