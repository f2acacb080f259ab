"""Live plan: a new account begins as it is told to; one that is there goes on, and refuses what contradicts it."""

import argparse
import asyncio
import io
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from engine.adapters.mailbox import MailboxNotifier
from engine.adapters.paper_broker import PaperBroker
from engine.errors import BadInput, NotFound, StonksError
from engine.leadership import lead
from engine.model.portfolio import RiskTierName
from engine.settings import from_text
from engine.trader import Trader
from stonks_tui import bootstrap, config_command_line, configuration, demo_mailbox, live_plan
from stonks_tui.account_start import AccountStart
from stonks_tui.commands import run
from stonks_tui.engine_process import Plan


@pytest.fixture(scope="module")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The calendar of these years, made by the first plan."""
    return tmp_path_factory.mktemp("calendars")


@pytest.fixture
def data_dir(calendars: Path, tmp_path: Path) -> Path:
    """A data directory with market data, empty as it is."""
    bootstrap.market_path(tmp_path).touch()
    bootstrap.cache_path(tmp_path).symlink_to(calendars)
    return tmp_path


def plan(data_dir: Path, *words: str, variables: Mapping[str, str] | None = None) -> Plan:
    """Return the plan of `stonks run` with these `words` in an environment of these `variables`."""
    parser = argparse.ArgumentParser()
    run.configure(parser)
    args = parser.parse_args(words)
    args.data_dir = data_dir
    typed = config_command_line.read(args)
    environment = variables or {}
    said = configuration.read(data_dir, file=args.config, command_line=typed, environment=environment)
    return live_plan.make(args, said)


def keep(made: Plan) -> None:
    """Leave the account that `made` begins with, as an engine does that had no turn yet."""

    async def open_it() -> None:
        async with bootstrap.open_account(made.data_dir, made.account.record()):
            pass

    asyncio.run(open_it())


def test_a_new_account_begins_as_it_is_told_to(data_dir: Path) -> None:
    made = plan(
        data_dir, "--capital", "25000", "--tier", "aggressive", "--slippage-bps", "7", "--set=max_open_positions=3"
    )
    account = made.account
    assert account.capital == 250_000_000
    assert account.policy.risk_tier is RiskTierName.AGGRESSIVE
    assert account.policy.max_open_positions == 3
    assert account.costs.slippage_bps == 7
    assert (made.mode, made.pace, made.lease_seconds) == ("PAPER", None, 90)


def test_days_begin_with_the_session_that_has_not_closed_and_last_for_most_of_a_year(data_dir: Path) -> None:
    made = plan(data_dir)
    now = made.world.clock.now()
    closes = [session.close_at for _, session in made.world.days]
    assert closes[0] > now
    assert len(closes) > 240
    before = [s for s in made.account.sessions.sessions if s.close_at <= now]
    assert len(before) > 504


def test_without_market_data_it_says_where_prices_come_from(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no prices to trade on: no .*market\.db") as told:
        plan(tmp_path)
    assert "stonks import bars" in told.value.hint


def test_an_account_that_is_there_goes_on_with_what_it_has(data_dir: Path) -> None:
    words = ("--capital", "25000", "--tier", "aggressive", "--slippage-bps", "7", "--set=max_open_positions=3")
    first = plan(data_dir, *words)
    keep(first)
    for again in (plan(data_dir), plan(data_dir, *words), plan(data_dir, "--set=max_open_positions=3")):
        same = replace(again.account, sessions=first.account.sessions, origins=first.account.origins)
        assert same == first.account


def test_a_file_that_was_never_filled_is_no_account(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_plan, "_MADE_WITHIN_SECONDS", 0.1)
    bootstrap.live_path(data_dir).touch()
    made = plan(data_dir, "--capital", "25000")
    assert made.account.capital == 250_000_000
    keep(made)
    assert plan(data_dir).account.capital == 250_000_000


def test_an_account_that_another_engine_is_just_making_is_waited_for(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plan(data_dir, "--capital", "25000")
    bootstrap.live_path(data_dir).touch()
    monkeypatch.setattr(live_plan, "_MADE_WITHIN_SECONDS", 20.0)
    other = threading.Timer(0.2, keep, [first])
    other.start()
    assert plan(data_dir).account.capital == 250_000_000
    other.join()


def test_what_is_no_database_is_left_alone_and_named(data_dir: Path) -> None:
    bootstrap.live_path(data_dir).write_bytes(b"this is no database" * 300)
    with pytest.raises(StonksError, match=r"stonks\.db"):
        plan(data_dir)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--capital", "30000"), "capital on the command line is 30000.00, but the account began with 25000.00"),
        (("--tier", "conservative"), "risk_tier on the command line is conservative, but aggressive in the account"),
        (("--set", "max_open_positions=4"), "max_open_positions on the command line is 4, but 3 in the account"),
        (("--slippage-bps", "9"), "slippage_bps on the command line is 9, but 7 in the account"),
    ],
)
def test_what_contradicts_an_account_that_is_there_is_refused_by_name(
    data_dir: Path, words: tuple[str, ...], told: str
) -> None:
    keep(
        plan(
            data_dir, "--capital", "25000", "--tier", "aggressive", "--slippage-bps", "7", "--set=max_open_positions=3"
        )
    )
    with pytest.raises(BadInput) as refused:
        plan(data_dir, *words)
    assert refused.value.message == told
    assert refused.value.hint


def test_without_screens_it_goes_on_with_the_same_files_and_the_same_log(data_dir: Path) -> None:
    words = ("--quotes=q.csv", "--signals=s.csv", "--log-level=debug", "--log-format=json")
    headless = plan(data_dir, *words).headless
    assert headless[:2] == ("run", "--no-ui")
    assert set(headless[2:]) == {
        f"--data-dir={data_dir}",
        f"--log-file={bootstrap.log_path(data_dir)}",
        "--no-config",
        "--on-difference=keep",
        "--lease-seconds=90.0",
        "--broker=inside",
        "--http-rate=50",
        "--log-level=debug",
        "--log-format=json",
        f"--quotes={Path('q.csv').absolute()}",
        f"--signals={Path('s.csv').absolute()}",
    }


def test_a_lease_lasts_as_long_as_the_environment_says(data_dir: Path) -> None:
    assert plan(data_dir, variables={"STONKS_LEASE_SECONDS": ""}).lease_seconds == 90
    assert plan(data_dir, variables={"STONKS_LEASE_SECONDS": "2.5"}).lease_seconds == 2.5


@pytest.mark.parametrize("text", ["0", "0.5", "-3", "inf", "nan", "soon"])
def test_a_lease_that_cannot_be_kept_is_refused(data_dir: Path, text: str) -> None:
    with pytest.raises(BadInput, match=f"STONKS_LEASE_SECONDS: lease_seconds is '{text}'"):
        plan(data_dir, variables={"STONKS_LEASE_SECONDS": text})


def trades(made: Plan) -> None:
    """Have the account that `made` begins with take its first turn."""

    async def take() -> None:
        at = made.world.clock.now()
        async with bootstrap.open_account(made.data_dir, made.account.record()) as files:
            leadership = await lead(files.store, "a test", at, 3600)
            assert leadership
            kept, broker = await files.store.load(), PaperBroker(files.memory, made.account.costs, max_age_seconds=1)
            trader = Trader(
                made.account.state_of(kept),
                made.account.settings,
                files.store,
                broker,
                epoch=leadership.epoch,
                kept=kept,
            )
            await AccountStart(made.account).keep(trader, at)
            await files.store.release_lease("a test")

    asyncio.run(take())


def write(data_dir: Path, trading: str = "", notifications: str = "") -> None:
    """Write a stonks.toml with these lines in two of its tables."""
    text = f"[trading]\n{trading}\n[notifications]\n{notifications}\n"
    (data_dir / "stonks.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def kept(data_dir: Path) -> Path:
    """A data directory with an account that has had its first turn."""
    write(data_dir, "max_open_positions = 3", 'gmail_sender = "me@example.com"')
    trades(plan(data_dir, variables={"STONKS_DAILY_LOSS_PCT": "0.01", "STONKS_CAPITAL": "25000"}))
    return data_dir


def test_an_account_begins_with_what_file_environment_and_command_line_say_and_where_is_on_record(kept: Path) -> None:
    reader = bootstrap.live_reader(kept)
    settings = from_text(asyncio.run(reader.settings()))
    assert (settings.policy.max_open_positions, settings.policy.daily_loss_pct) == (3, 0.01)
    assert settings.notifications.gmail_sender == "me@example.com"
    (audit,) = asyncio.run(reader.audits())
    assert audit.after["origin.max_open_positions"] == "stonks.toml"
    assert audit.after["origin.capital"] == "environment"
    assert asyncio.run(reader.get(0)).initial_capital == 250_000_000


def test_what_is_not_said_any_more_is_no_difference(kept: Path) -> None:
    write(kept)
    account = plan(kept).account
    assert (account.policy.max_open_positions, account.capital, account.origins) == (3, 250_000_000, {})


def test_what_file_and_environment_say_otherwise_is_refused_with_both_values_and_the_ways_out(kept: Path) -> None:
    write(kept, "max_open_positions = 2", 'gmail_sender = "another@example.com"')
    with pytest.raises(BadInput) as refused:
        plan(kept, variables={"STONKS_DAILY_LOSS_PCT": "0.015"})
    assert refused.value.message == (
        "max_open_positions in stonks.toml is 2, but 3 in the account; "
        "gmail_sender in stonks.toml is a***@example.com, but m***@example.com in the account; "
        "daily_loss_pct in the environment (STONKS_DAILY_LOSS_PCT) is 0.015, but 0.01 in the account"
    )
    for way in ("stonks config set max_open_positions=2", "stonks config apply", "--on-difference keep"):
        assert way in refused.value.hint


def test_told_to_keep_it_goes_on_with_what_the_account_has_and_says_so(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(kept, "max_open_positions = 2")
    account = plan(kept, "--on-difference=keep", variables={"STONKS_CAPITAL": "1"}).account
    assert (account.policy.max_open_positions, account.capital, account.origins) == (3, 250_000_000, {})
    told = "max_open_positions in stonks.toml is 2, but 3 in the account: the account keeps what it has"
    assert told in capsys.readouterr().err
    write(kept, "correlation_reject_above = 0.4")
    assert plan(kept, "--on-difference=keep").account.policy.max_open_positions == 3
    assert "correlation_reject_above (0.4) is below" in capsys.readouterr().err


def test_told_to_apply_it_takes_over_what_is_said_and_nothing_else(kept: Path) -> None:
    write(kept, "max_open_positions = 2", 'sms_events = "all"')
    made = plan(kept, "--on-difference=apply")
    assert made.account.origins == {"max_open_positions": "stonks.toml", "sms_events": "stonks.toml"}
    trades(made)
    settings = from_text(asyncio.run(bootstrap.live_reader(kept).settings()))
    assert (settings.policy.max_open_positions, settings.policy.daily_loss_pct) == (2, 0.01)
    assert (settings.notifications.sms_events, settings.notifications.gmail_sender) == ("all", "me@example.com")
    assert plan(kept).account.origins == {}


def test_what_is_looser_is_taken_over_only_when_somebody_means_it(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(kept, "max_open_positions = 4")
    typed = io.StringIO("loosen\nno\n")
    monkeypatch.setattr(sys, "stdin", typed)
    with pytest.raises(BadInput, match="risk more: max_open_positions 3 → 4"):
        plan(kept, "--on-difference=apply")
    monkeypatch.setattr(typed, "isatty", lambda: True, raising=False)
    assert plan(kept, "--on-difference=apply").account.policy.max_open_positions == 4
    with pytest.raises(BadInput, match="nothing was done"):
        plan(kept, "--on-difference=apply")
    assert plan(kept, "--on-difference=apply", "--yes").account.policy.max_open_positions == 4


def test_an_account_without_a_turn_yet_is_told_to_whom_it_tells_but_keeps_its_rules(data_dir: Path) -> None:
    keep(plan(data_dir, "--set=max_open_positions=3"))
    account = plan(data_dir, "--set=sms_events=all").account
    assert (account.policy.max_open_positions, account.notifications.sms_events) == (3, "all")
    assert account.origins == {"sms_events": "command line"}
    with pytest.raises(BadInput, match="max_open_positions on the command line is 4, but 3 in the account"):
        plan(data_dir, "--set=max_open_positions=4")


def test_whoever_goes_on_with_the_account_of_a_demo_tells_nobody(data_dir: Path) -> None:
    made = plan(data_dir)
    keep(replace(made, account=replace(made.account, name=demo_mailbox.account_name(7))))
    telling = plan(data_dir).telling
    assert telling is not None
    assert {type(notifier) for notifier in telling.notifiers().values()} == {MailboxNotifier}
