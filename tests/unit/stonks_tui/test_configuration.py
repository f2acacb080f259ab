"""What is said at several places: which goes before which, who is named when it cannot be, and what is a difference."""

import argparse
from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.settings import Settings, from_mapping
from stonks_tui import config_command_line, config_differences, configuration
from stonks_tui.commands import run
from stonks_tui.configuration import Configuration


def said(folder: Path, *words: str, file: str = "", **variables: str) -> Configuration:
    """Return what `words`, a file with this text and the variables STONKS_… say, of an account in `folder`."""
    (folder / "stonks.toml").write_text(file, encoding="utf-8")
    parser = argparse.ArgumentParser()
    run.configure(parser)
    typed = config_command_line.read(parser.parse_args(words))
    environment = {f"STONKS_{name}": text for name, text in variables.items()}
    return configuration.read(folder, command_line=typed, environment=environment)


def test_the_command_line_goes_before_the_environment_the_file_and_the_default(tmp_path: Path) -> None:
    file = (
        "[trading]\nmax_open_positions = 6\nwindow_end_minutes = 5\nbase_allocation_pct = 0.01\n[account]\ncapital = 1"
    )
    found = said(
        tmp_path,
        *("--set", "max_open_positions=8", "--capital", "25000"),
        file=file,
        MAX_OPEN_POSITIONS="7",
        WINDOW_END_MINUTES="20",
    )
    policy = found.settings().policy
    assert (policy.max_open_positions, policy.window_end_minutes, policy.base_allocation_pct) == (8, 20, 0.01)
    assert policy.window_start_minutes == Settings().policy.window_start_minutes
    assert found.capital == 250_000_000
    origins = {name: one.origin for name, one in found.said.items()}
    assert origins == {
        "max_open_positions": "command line",
        "window_end_minutes": "environment",
        "base_allocation_pct": "stonks.toml",
        "capital": "command line",
    }


def test_on_the_command_line_set_goes_before_the_tier_and_that_before_the_profile(tmp_path: Path) -> None:
    profile = tmp_path / "my.toml"
    profile.write_text('risk_tier = "conservative"\nmax_open_positions = 3\n[tiers.moderate]\nmin_confidence = 0.9')
    found = said(tmp_path, f"--profile={profile}", "--tier=aggressive", "--set=email_max_per_hour=3")
    settings = found.settings()
    assert settings.policy.risk_tier == "aggressive"
    assert (settings.policy.max_open_positions, settings.notifications.email_max_per_hour) == (3, 3)
    assert found.said["tiers.moderate.min_confidence"].origin == f"profile {profile}"


def test_start_settings_are_read_once_for_all_places(tmp_path: Path) -> None:
    file = '[process]\nlog_level = "debug"\nlease_seconds = 30\nsignals = "s"\n[account]\nslippage_bps = 7'
    found = said(tmp_path, "--log-format=json", file=file, QUOTES="q.csv", COMMISSION_PCT="0.001")
    assert (found.start["log_level"], found.start["log_format"], found.lease_seconds) == ("debug", "json", 30)
    assert (found.path_of("quotes"), found.path_of("signals")) == (Path("q.csv"), tmp_path / "s")
    assert (found.path_of("log_file"), found.capital) == (None, 1_000_000_000)
    assert (found.costs.slippage_bps, found.costs.commission_pct) == (7, 0.001)


@pytest.mark.parametrize(
    ("file", "variables", "told"),
    [
        ("[trading]\nmax_open_positions = -1", {}, "stonks.toml [trading]: max_open_positions is -1"),
        ('[trading]\nenabled = "perhaps"', {}, "stonks.toml [trading]: enabled is 'perhaps'"),
        ("[trading.tiers.moderate]\nmin_confidence = 7", {}, "stonks.toml [trading]: min_confidence is 7"),
        ('[notifications]\nemail_events = "love"', {}, "stonks.toml [notifications]: email_events: there is no event"),
        ("", {"MAX_OPEN_POSITIONS": "few"}, "STONKS_MAX_OPEN_POSITIONS: max_open_positions is 'few'"),
        ("", {"CAPITAL": "much"}, "STONKS_CAPITAL: capital is 'much'"),
        ("[account]\ncapital = 0", {}, "stonks.toml [account]: capital is 0"),
        ("[account]\nslippage_bps = true", {}, "stonks.toml [account]: slippage_bps is True"),
        ("[account]\ncommission_pct = 1.0", {}, "stonks.toml [account]: commission_pct is '1.0'"),
        ('[process]\nlog_level = "loud"', {}, "stonks.toml [process]: log_level is 'loud'"),
        ("[process]\nquotes = 5", {}, "stonks.toml [process]: quotes is 5"),
        ("", {"LEASE_SECONDS": "0.5"}, "STONKS_LEASE_SECONDS: lease_seconds is '0.5'"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_place(
    tmp_path: Path, file: str, variables: dict[str, str], told: str
) -> None:
    with pytest.raises(BadInput) as refused:
        said(tmp_path, file=file, **variables).settings()
    assert told in refused.value.message
    assert refused.value.hint


def test_of_what_is_wrong_only_together_every_place_is_named(tmp_path: Path) -> None:
    found = said(tmp_path, "--set=correlation_reduce_above=0.7", CORRELATION_REJECT_ABOVE="0.6")
    with pytest.raises(BadInput, match=r"^STONKS_CORRELATION_REJECT_ABOVE, --set: correlation_reject_above \(0\.6\)"):
        found.settings()


def test_what_needs_each_other_may_be_said_at_different_places(tmp_path: Path) -> None:
    file = '[notifications]\nemail_enabled = true\ngmail_sender = "me@example.com"'
    found = said(tmp_path, file=file, GMAIL_RECIPIENT="a@example.com, b@example.com")
    assert found.settings().notifications.recipients == ("a@example.com", "b@example.com")


@pytest.mark.parametrize("words", [("--set=max_open_position=5",), ("--set=capitol=5",)])
def test_a_name_that_nobody_knows_is_refused_on_the_command_line_too(tmp_path: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match=r"^--set: there is no setting") as refused:
        said(tmp_path, *words)
    assert refused.value.hint.startswith("did you mean ")


def test_only_what_is_said_and_is_otherwise_is_a_difference(tmp_path: Path) -> None:
    kept = from_mapping({"max_open_positions": 8, "window_end_minutes": 20})
    found = said(tmp_path, file="[trading]\nmax_open_positions = 8\nenabled = true", DAILY_LOSS_PCT="0.01")
    (difference,) = found.differences(kept)
    assert (difference.name, difference.wanted, difference.kept) == ("daily_loss_pct", 0.01, 0.02)
    assert config_differences.words(difference) == (
        "daily_loss_pct in the environment (STONKS_DAILY_LOSS_PCT) is 0.01, but 0.02 in the account"
    )


def test_what_an_account_began_with_is_a_difference_only_when_it_is_said(tmp_path: Path) -> None:
    costs = {"slippage_bps": 7.0, "commission_per_order": 0.0, "commission_per_share": 0.0, "commission_pct": 0.0}
    assert said(tmp_path).fixed_differences(250_000_000, costs) == ()
    assert (
        said(tmp_path, file="[account]\ncapital = 25000\nslippage_bps = 7").fixed_differences(250_000_000, costs) == ()
    )
    other = said(tmp_path, file="[account]\ncapital = 25000.01\nslippage_bps = 5")
    assert other.fixed_differences(250_000_000, costs) == ("capital", "slippage_bps")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("max_open_positions=11", ["max_open_positions 10 → 11"]),
        ("max_open_positions=9", []),
        ("active_pool_minimum=50", ["active_pool_minimum 100 → 50"]),
        ("micro_trading_enabled=yes", ["micro_trading_enabled no → yes"]),
        ("enabled=no", []),
        ("account=live", ["account paper → live"]),
        ("tiers.moderate.max_position_pct=0.5", ["tiers.moderate.max_position_pct 0.08 → 0.5"]),
        ("tiers.moderate.reward_risk_ratio=3", []),
        ("email_max_per_hour=999", []),
    ],
)
def test_what_lets_the_engine_risk_more_is_named(setting: str, words: list[str]) -> None:
    base = Settings()
    changed = from_mapping(dict([setting.split("=")]), base)
    assert config_differences.looser(changed.policy, base.policy) == words


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("capital", "capital is what an account begins with"),
        ("log_level", "log_level is of the process"),
        ("STONKS_GMAIL_CLIENT_ID", "is read from the environment alone"),
        ("gmail_refresh_token", "is read from the environment alone"),
        ("max_open_position", "there is no setting 'max_open_position'"),
    ],
)
def test_what_cannot_be_changed_while_an_account_trades_is_said_with_where_it_belongs(name: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        configuration.require_changeable(name)
    configuration.require_changeable("max_open_positions")
