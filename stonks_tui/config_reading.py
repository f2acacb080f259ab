"""Configuration reading: what is every setting of an account, and who said so?

Whether or not there is an account, and whether or not an engine runs. Of a secret it is only said whether it is set in
the environment of whoever asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.decision.state import State
from engine.errors import BadInput
from engine.model.audit import AuditEvent
from engine.model.portfolio import TradingState
from engine.model.runs import LIVE_RUN, RunRecord
from engine.policy_mapping import Value
from engine.settings import Settings, as_mapping, known
from stonks_tui import config_environment, config_origins, live_account
from stonks_tui.config_names import ENDPOINTS, PAUSED, SECRETS
from stonks_tui.config_origins import UNSAID, Origin
from stonks_tui.config_said import origin_words
from stonks_tui.config_sections import in_order, section_of
from stonks_tui.configuration import Configuration
from stonks_tui.start_settings import COSTS, START_SETTINGS, StartValue

_EVERY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One of them. `limits` are words for its range; without one they are empty, `low` and `high` None."""

    name: str
    section: str
    value: Value
    default: Value
    unit: str = ""
    low: float | None = None
    high: float | None = None
    limits: str = ""
    origin: str
    about: str
    is_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What an account is known by: all None, empty and at its default where there is none, or none that had a turn."""

    record: RunRecord | None = None
    settings: Settings = Settings()
    has_turns: bool = False
    state: State | None = None
    audits: tuple[AuditEvent, ...] = ()


async def account_in(folder: Path) -> Account:
    """Return the account in `folder`. Raises Unavailable when it cannot be read."""
    if not live_account.is_there(folder):
        return Account()
    reader = live_account.reader(folder)
    settings, has_turns = await live_account.settings(folder)
    return Account(
        record=await reader.get(LIVE_RUN),
        settings=settings,
        has_turns=has_turns,
        state=await live_account.state(folder),
        audits=await reader.audits(_EVERY),
    )


def settings(account: Account, said: Configuration, environment: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return every setting, section after section: of an account that has not begun what it would begin with."""
    values = as_mapping(account.settings if account.has_turns else said.settings())
    defaults, origins = as_mapping(Settings()), config_origins.of(account.audits)
    shown = {
        **{
            name: _setting(name, value, defaults[name], _origin(name, value == defaults[name], account, said, origins))
            for name, value in values.items()
        },
        **{name: _start(name, account, said, origins) for name in START_SETTINGS},
        **{name: _secret(name, about, environment) for name, about in {**SECRETS, **ENDPOINTS}.items()},
        PAUSED: _paused(account),
    }
    return tuple(shown[name] for name in in_order())


def found(all_of_them: tuple[Setting, ...], parts: list[str]) -> tuple[Setting, ...]:
    """Return those whose names have one of `parts` in them, all if none. Raises BadInput for a stranger."""
    for part in parts:
        if not any(part.lower() in s.name.lower() for s in all_of_them):
            raise BadInput(f"there is no setting like {part!r}", hint="stonks config show has all of them")
    return tuple(s for s in all_of_them if not parts or any(part.lower() in s.name.lower() for part in parts))


def _origin(name: str, is_default: bool, account: Account, said: Configuration, origins: Mapping[str, Origin]) -> str:
    if not account.has_turns:
        one = said.said.get(name)
        return origin_words(name, one.origin) if one else str(UNSAID)
    if name in origins:
        return str(origins[name])
    return str(UNSAID) if is_default else "the beginning of the account"


def _setting(name: str, value: Value, default: Value, origin: str) -> Setting:
    about: Mapping[str, Any] = known()[name].metadata
    is_ranged = not isinstance(value, bool | str)
    return Setting(
        name=name,
        section=section_of(name),
        value=str(value) if isinstance(value, str) else value,
        default=str(default) if isinstance(default, str) else default,
        unit=about["unit"],
        low=about["low"] if is_ranged else None,
        high=about["high"] if is_ranged else None,
        limits=f"{about['low']:g} to {about['high']:g}" if is_ranged else "",
        origin=origin,
        about=about["about"],
        is_private=about["private"],
    )


def _start(name: str, account: Account, said: Configuration, origins: Mapping[str, Origin]) -> Setting:
    about = START_SETTINGS[name]
    value, origin = said.start[name], said.said[name].origin if name in said.said else str(UNSAID)
    origin = origin_words(name, origin)
    if account.record is not None and about.table == "account":
        value = _began_with(name, account.record)
        unsaid = str(UNSAID) if value == about.default else "the beginning of the account"
        origin = str(origins[name]) if name in origins else unsaid
    return Setting(
        name=name,
        section=section_of(name),
        value=about.shown(value),
        default=about.shown(about.default),
        unit=about.unit,
        limits=about.limits,
        origin=origin,
        about=about.about,
    )


def _began_with(name: str, record: RunRecord) -> StartValue:
    return float(record.costs[name]) if name in COSTS else record.initial_capital


def _secret(name: str, about: str, environment: Mapping[str, str]) -> Setting:
    value = config_environment.secret(name, environment)
    return Setting(name=name, section=section_of(name), value=value, default="not set", origin="", about=about)


def _paused(account: Account) -> Setting:
    is_paused = account.state is not None and account.state.trading is not TradingState.ACTIVE
    by = config_origins.of_pause(account.audits, is_paused=is_paused)
    cause = account.state.trading_cause if account.state else ""
    origin = str(by) if by else (cause or str(UNSAID))
    return Setting(
        name=PAUSED,
        section=section_of(PAUSED),
        value=is_paused,
        default=False,
        origin=f"{origin}: {cause}" if is_paused and by and cause else origin,
        about="no entries, exits are managed; stonks pause and stonks resume",
    )
