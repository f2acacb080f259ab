"""`stonks config show`: every setting with who said so, where a person looks for it; nothing private."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.decision.state import State
from engine.errors import BadInput
from engine.model.audit import Asked, AuditEvent, Word
from engine.model.costs import CostModel
from engine.model.portfolio import RiskTierName, TradingState
from engine.model.sessions import SessionTable
from engine.settings import Settings, from_mapping, known
from stonks_tui import config_origins, config_reading, config_sections
from stonks_tui.config_names import ENDPOINTS, SECRETS
from stonks_tui.config_reading import Account, Setting
from stonks_tui.config_said import Said
from stonks_tui.configuration import Configuration
from stonks_tui.reports import config_diff_report, config_report
from stonks_tui.start_settings import START_SETTINGS
from tests.support.samples import a_record

AT = datetime(2026, 11, 26, 14, 3, tzinfo=UTC)
ACTIVE = TradingState.ACTIVE
NOTHING_SAID = Configuration(said={})
PRIVATE = {"gmail_sender": "me@example.com", "gmail_recipient": "anna@example.com", "sns_phone_number": "+15557654321"}


def account(
    *audits: AuditEvent, changed: Mapping[str, Any] | None = None, trading: TradingState = ACTIVE, cause: str = ""
) -> Account:
    """Return an account with `changed` settings and what was said, oldest first."""
    state = State.start(
        capital=10_000, sessions=SessionTable.of(()), tier=RiskTierName.MODERATE, costs=CostModel(slippage_bps=7)
    )
    state.trading, state.trading_cause = trading, cause
    record = replace(a_record(initial_capital=250_000_000), costs={**COSTS, "slippage_bps": 7.0})
    return Account(
        record=record,
        settings=from_mapping(changed or {}),
        has_turns=True,
        state=state,
        audits=tuple(reversed(audits)),
    )


COSTS = {"slippage_bps": 5.0, "commission_per_order": 0.0, "commission_per_share": 0.0, "commission_pct": 0.0}


def said(
    after: Mapping[str, str] | None = None, *, word: Word = Word.SET, hours: int = 0, words: str = "", done: bool = True
) -> AuditEvent:
    """Return the audit of what alice said `hours` later, with settings as they are `after` it."""
    return AuditEvent(
        at=AT + timedelta(hours=hours),
        asked=Asked(word=word, who="alice", origin="cli"),
        done=done,
        words=words,
        before={},
        after={f"setting.{name}": text for name, text in (after or {}).items()},
    )


def began(origins: Mapping[str, str], after: Mapping[str, str]) -> AuditEvent:
    """Return the audit of a beginning."""
    audit = said(after, words=f"{config_origins.BEGAN}, with settings from here and there")
    return replace(audit, after={**audit.after, **{f"origin.{name}": origin for name, origin in origins.items()}})


def shown(of: Account, config: Configuration = NOTHING_SAID, **environment: str) -> dict[str, Setting]:
    return {s.name: s for s in config_reading.settings(of, config, environment)}


def test_every_setting_is_shown_once_with_what_it_does_and_under_a_heading() -> None:
    found = config_reading.settings(account(), NOTHING_SAID, {})
    names = [s.name for s in found]
    assert len(names) == len(set(names))
    assert set(names) == {*known(), *START_SETTINGS, *SECRETS, *ENDPOINTS, "paused"}
    assert all(s.about for s in found)
    assert [s.name for s in found if s.section == config_sections.OTHER] == []
    sections = [s.section for s in found]
    assert len(set(sections)) == sum(a != b for a, b in zip(["", *sections], sections, strict=False))


def test_a_line_has_value_default_unit_range_who_said_so_and_what_it_does() -> None:
    found = tuple(shown(account(said({"max_open_positions": "8"}), changed={"max_open_positions": 8})).values())
    heading, *lines = config_report.lines(found, width=10_000)
    assert re.split(" {2,}", heading.strip()) == [
        *("setting", "value", "default", "unit", "range", "said by", "what it does"),
    ]
    (changed,) = [line for line in lines if line.startswith("*  max_open_positions ")]
    assert re.split(" {2,}", changed) == [
        *("*", "max_open_positions", "8", "10", "count", "0 to 100000"),
        *("alice (cli), 2026-11-26 14:03 UTC", "most positions at once"),
    ]
    assert lines[:2] == ["", "A new account"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_narrow_terminal_keeps_names_and_values(width: int) -> None:
    lines = list(config_report.lines(tuple(shown(account()).values()), width=width))
    assert all(len(line) <= width for line in lines)
    assert any(line.split()[:2] == ["max_open_positions", "10"] for line in lines)


def test_settings_are_found_by_a_part_of_their_names() -> None:
    everything = config_reading.settings(account(), NOTHING_SAID, {})
    names = [s.name for s in config_reading.found(everything, ["heat", "gmail_client"])]
    assert {"heat_tighten_pct", "tiers.moderate.max_portfolio_heat", "STONKS_GMAIL_CLIENT_ID"} < set(names)
    assert "max_open_positions" not in names
    with pytest.raises(BadInput, match="no setting like 'love'"):
        config_reading.found(everything, ["heat", "love"])


def test_of_what_was_said_the_last_word_is_the_origin() -> None:
    origins = {"max_open_positions": "environment", "capital": "stonks.toml", "enabled": "profile my.toml"}
    found = shown(
        account(
            began(origins, {"max_open_positions": "8", "enabled": "True"}),
            said({"daily_loss_pct": "0.01"}, hours=1),
            said({"enabled": "False"}, hours=2),
            said({"daily_loss_pct": "0.02"}, hours=3),
            said({"max_open_positions": "0"}, hours=4, done=False),
            changed={"max_open_positions": 8, "enabled": False, "window_end_minutes": 20},
        )
    )
    assert {name: found[name].origin for name in ("max_open_positions", "enabled", "daily_loss_pct", "capital")} == {
        "max_open_positions": "environment STONKS_MAX_OPEN_POSITIONS",
        "enabled": "alice (cli), 2026-11-26 16:03 UTC",
        "daily_loss_pct": "alice (cli), 2026-11-26 17:03 UTC",
        "capital": "stonks.toml",
    }
    assert found["window_end_minutes"].origin == "the beginning of the account"
    assert found["slippage_bps"].origin == "the beginning of the account"
    assert found["commission_pct"].origin == found["window_start_minutes"].origin == "default"
    assert (found["capital"].value, found["slippage_bps"].value) == ("25000.00", "7")


def test_before_anything_was_traded_it_is_shown_what_would_begin() -> None:
    config = Configuration(
        said={
            "max_open_positions": Said(value="8", origin="environment", where="STONKS_MAX_OPEN_POSITIONS"),
            "capital": Said(value="25000", origin="stonks.toml", where="stonks.toml [account]"),
        }
    )
    found = shown(Account(), config)
    assert (found["max_open_positions"].value, found["capital"].value) == (8, "25000.00")
    assert found["max_open_positions"].origin == "environment STONKS_MAX_OPEN_POSITIONS"
    assert (found["capital"].origin, found["enabled"].origin) == ("stonks.toml", "default")


@pytest.mark.parametrize(
    ("trading", "cause", "words", "value", "origin"),
    [
        (TradingState.ACTIVE, "", (), False, "default"),
        (TradingState.ACTIVE, "", (Word.PAUSE, Word.RESUME), False, "alice (cli), 2026-11-26 15:03 UTC"),
        (TradingState.REDUCING, "lunch", (Word.PAUSE,), True, "alice (cli), 2026-11-26 14:03 UTC: lunch"),
        (TradingState.HALTED, "halted", (Word.HALT,), True, "alice (cli), 2026-11-26 14:03 UTC: halted"),
        (TradingState.REDUCING, "clock_jumped", (Word.PAUSE, Word.RESUME), True, "clock_jumped"),
    ],
)
def test_paused_says_who_paused_or_which_trouble(
    trading: TradingState, cause: str, words: tuple[Word, ...], value: bool, origin: str
) -> None:
    found = shown(account(*(said(word=word, hours=n) for n, word in enumerate(words)), trading=trading, cause=cause))
    assert (found["paused"].value, found["paused"].origin) == (value, origin)


def test_addresses_are_shown_only_in_part_until_they_are_to_be_revealed_and_secrets_never() -> None:
    config = account(changed=PRIVATE)
    found = tuple(shown(config, STONKS_GMAIL_REFRESH_TOKEN="hush-hush", STONKS_SNS_URL="https://u:hush@sns").values())
    plain = json.dumps([config_report.as_plain(setting) for setting in found])
    printed = "\n".join(config_report.lines(found, width=10_000))
    diff = "\n".join(config_diff_report.lines((), (), config.settings, reveal=False))
    for text in (plain, printed, diff):
        assert not any(value in text for value in (*PRIVATE.values(), "hush"))
        assert "a***@example.com" in text
    assert "set (from environment)" in printed
    revealed = "\n".join(config_report.lines(found, width=10_000, reveal=True))
    assert all(value in revealed for value in PRIVATE.values())
    assert "hush" not in revealed


def test_a_diff_says_what_is_said_otherwise_and_what_is_not_at_its_default() -> None:
    kept = from_mapping({"max_open_positions": 8})
    config = Configuration(said={"daily_loss_pct": Said(value="0.01", origin="stonks.toml", where="stonks.toml")})
    differences = config.differences(kept)
    assert list(config_diff_report.lines(differences, ("capital is 1",), kept, reveal=False)) == [
        "said otherwise than the account has it:",
        "  daily_loss_pct in stonks.toml is 0.01, but 0.02 in the account",
        "  capital is 1; that cannot be changed",
        "not at the default:",
        "  max_open_positions  8 (default 10)",
    ]
    nothing = list(config_diff_report.lines((), (), Settings(), reveal=False))
    assert nothing[1::2] == ["  nothing", "  nothing"]
    plain = config_diff_report.as_plain(differences, (), kept, reveal=False)
    assert (plain["said"][0]["wanted"], plain["said"][0]["account"]) == (0.01, 0.02)
    assert plain["changed"] == {"max_open_positions": {"value": 8, "default": 10}}
