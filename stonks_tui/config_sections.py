"""Configuration sections: under which heading does a person look for a setting?"""

from collections.abc import Mapping
from functools import cache

from engine.settings import known
from stonks_tui.config_names import ENDPOINTS, NEW_ACCOUNT, PAUSED, SECRETS
from stonks_tui.start_settings import START_SETTINGS

OTHER = "Other"
_BEGINNINGS: Mapping[str, tuple[str, ...]] = {
    "Trading": ("enabled", "account", "risk_tier"),
    "Size of a position": ("base_allocation", "absolute_position", "max_open", "active_pool", "diversification"),
    "When entries are made": ("window", "quote_max_age", "exit_min", "entry_limit", "declining", "correlation"),
    "Earnings": ("earnings",),
    "Large entries and rebalancing": ("gradual_entry", "rebalance"),
    "Stops and targets": ("break_even", "atr_change", "event_tighten", "heat_tighten", "vanished"),
    "Reserve": ("reserve", "emergency"),
    "Circuit breakers": ("daily_loss", "single_position", "volatility"),
    "Looks, prices and the feed": (
        *("polling", "fast_polling", "stop_loss_check", "fast_stop_loss"),
        *("silent_ticker", "feed_failure", "rapid_move", "print_confirmation"),
    ),
    "Micro-trading": ("micro_trading",),
    "Change of tier": ("tier_",),
    "Tier conservative": ("tiers.conservative.",),
    "Tier moderate": ("tiers.moderate.",),
    "Tier aggressive": ("tiers.aggressive.",),
    "What is told as a large trade": ("large_trade",),
    "Text messages": ("sms_", "sns_"),
    "E-mail": ("email_", "gmail_"),
    "Notifications": ("notification_", "daily_summary", "weekly_digest"),
}


def section_of(name: str) -> str:
    """Return the heading of the setting `name`."""
    return _sections().get(name, OTHER)


def in_order() -> tuple[str, ...]:
    """Return the names of all that is shown, section after section."""
    return tuple(_sections())


@cache
def _sections() -> dict[str, str]:
    told = {title: [name for name in known() if _section(name) == title] for title in (*_BEGINNINGS, OTHER)}
    told["Trading"].insert(1, PAUSED)
    start = {name: NEW_ACCOUNT if s.table == "account" else "The process" for name, s in START_SETTINGS.items()}
    return {
        **{name: title for name, title in start.items() if title == NEW_ACCOUNT},
        **{name: title for title, names in told.items() for name in names},
        **{name: title for name, title in start.items() if title == "The process"},
        **dict.fromkeys((*SECRETS, *ENDPOINTS), "Secrets and places of providers"),
    }


def _section(name: str) -> str:
    titles = (title for title, beginnings in _BEGINNINGS.items() if name.startswith(beginnings))
    return next(titles, OTHER)
