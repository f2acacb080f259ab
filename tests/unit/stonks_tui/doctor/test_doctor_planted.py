"""The doctor finds what is wrong, one thing at a time, and names the cure; of what is well it says so."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model.intraday import to_micros
from stonks_tui.doctor.examination import SECTIONS
from stonks_tui.doctor.findings import Level, exit_code
from storage import restores
from tests.support.filled_market import RECOMMENDATION
from tests.support.installation import NOW, found, wrong
from tests.support.plants import (
    Plant,
    Planted,
    damaged,
    days_deleted,
    in_account,
    in_market,
    in_paper,
    large_log,
    modes,
    of_an_earlier_version,
    open_door,
    removed,
    require_found,
    stopped_half_way,
    written,
)

NO_BARS = "DELETE FROM price_bars WHERE start_at >= ?"
SOON, LATER = to_micros(NOW + timedelta(minutes=1)), to_micros(NOW + timedelta(hours=5))
FAULT, WARNING = Level.FAULT, Level.WARNING
PLANTED = {
    "others may write the account": Planted(
        plant=modes(0o755, stonks_db=0o666), name="private", level=FAULT, cure="chmod go-w"
    ),
    "others may write the folder": Planted(plant=modes(0o777), name="private", level=FAULT, cure="chmod go-w"),
    "others may open the door": Planted(plant=open_door, name="door-permissions", level=FAULT, cure="chmod 600"),
    "a file in place of the door": Planted(
        plant=written("stonks.sock", b""), name="door-permissions", level=FAULT, cure="mv "
    ),
    "a change that was not finished": Planted(
        plant=stopped_half_way, name="half-written", level=WARNING, cure="stonks run"
    ),
    "a backup that is half restored": Planted(
        plant=lambda folder: (folder / restores.GATHERED).mkdir(),
        name="half-restored",
        level=FAULT,
        cure="to finish it: stonks db restore",
    ),
    "a log that somebody else fills": Planted(plant=large_log, name="logs", level=WARNING, cure="logrotate"),
    "an account that is no database": Planted(
        plant=written("stonks.db", b"not at all a database, however long it is" * 99),
        name="account-file",
        level=FAULT,
        cure="put a copy of it back",
    ),
    "an empty account": Planted(plant=written("stonks.db", b""), name="account-file", level=FAULT, cure="mv "),
    "an account of another version": Planted(
        plant=in_account("UPDATE alembic_version SET version_num = '0001'"),
        name="account-file",
        level=FAULT,
        cure="use the version of stonks-tui that made it",
    ),
    "market data in place of the account": Planted(
        plant=lambda folder: shutil.copyfile(folder / "market.db", folder / "stonks.db"),
        name="account-file",
        level=FAULT,
        cure="put a copy of it back",
    ),
    "a damaged account": Planted(
        plant=damaged("stonks.db", "ix_outbox_waiting"),
        name="account-sound",
        level=FAULT,
        cure="put a copy of it back",
    ),
    "damaged market data": Planted(
        plant=damaged("market.db", "ix_macro_events_until"),
        name="market-sound",
        level=FAULT,
        cure="stonks import bars FILE",
    ),
    "books that nobody understands": Planted(
        plant=in_account("UPDATE engine_state SET state = '{\"a\": 1}'"),
        name="account-state",
        level=FAULT,
        cure="use the version of stonks-tui that made it",
    ),
    "a broker's file that is none": Planted(
        plant=written("paper.db", b"nothing that a broker wrote" * 99),
        name="paper-file",
        level=FAULT,
        cure="put a copy of it back",
    ),
    "another account's broker": Planted(
        plant=in_paper("UPDATE paper_epoch SET account_id = 'of-another'"),
        name="paper-account",
        level=FAULT,
        cure="the paper.db of this account",
    ),
    "a broker's file without its account": Planted(
        plant=removed("stonks.db"), name="paper-account", level=FAULT, cure="put its stonks.db back"
    ),
    "settings that nobody understands": Planted(
        plant=in_account("UPDATE engine_settings SET settings = '{\"of_a_later_version\": 1}'"),
        name="account-state",
        level=FAULT,
        cure="use the version of stonks-tui that made it",
    ),
    "an account that others may read": Planted(
        plant=modes(0o755, stonks_db=0o644), name="private", level=WARNING, cure="chmod 700"
    ),
    "an engine elsewhere": Planted(
        plant=in_account("UPDATE leases SET owner = 'elsewhere:1', expires_at = ?", SOON),
        name="engine-lease",
        level=WARNING,
        cure="look for that engine",
    ),
    "a clock that was set back": Planted(
        plant=in_account("UPDATE engine_heartbeat SET beaten_at = ?", LATER),
        name="clock-behind",
        level=FAULT,
        cure="timedatectl set-ntp true",
    ),
    "an import of tomorrow": Planted(
        plant=in_market("UPDATE imports SET created_at = ?", about=(LATER,)),
        name="clock-behind",
        level=FAULT,
        cure="timedatectl set-ntp true",
    ),
    "a pool that is used up": Planted(
        plant=in_account("UPDATE engine_state SET state = json_set(state, '$.cash', 500000)"),
        name="active-pool",
        level=WARNING,
        cure="active_pool_minimum",
    ),
    "shares that are all too dear": Planted(
        plant=in_market("UPDATE price_bars SET close = close * 1000"),
        name="affordable",
        level=WARNING,
        cure="stonks tier",
    ),
    "no market data": Planted(
        plant=removed("market.db"), name="market-file", level=WARNING, cure="stonks import bars FILE"
    ),
    "market data that is none": Planted(
        plant=written("market.db", b"date,ticker,open,high,low,close\n" * 99),
        name="market-file",
        level=FAULT,
        cure="stonks import bars FILE",
    ),
    "market data of another version": Planted(
        plant=in_market("UPDATE alembic_version SET version_num = '0002'"),
        name="market-file",
        level=FAULT,
        cure="stonks import bars FILE",
    ),
    "a table that is missing": Planted(
        plant=in_market("DROP TABLE earnings_calendar"),
        name="market-tables",
        level=FAULT,
        cure="stonks import bars FILE",
    ),
    "a column that is missing": Planted(
        plant=in_market("ALTER TABLE securities DROP COLUMN sector"),
        name="market-tables",
        level=FAULT,
        cure="whoever fills it must keep them",
    ),
    "prices of last week": Planted(
        plant=in_market(NO_BARS, about=(to_micros(NOW - timedelta(days=7)),)),
        name="bars-age",
        level=WARNING,
        cure="stonks import bars FILE",
    ),
    "prices of one ticker only": Planted(
        plant=in_market(NO_BARS + " AND ticker <> 'EEE'", about=(to_micros(NOW - timedelta(days=7)),)),
        name="bars-age",
        level=WARNING,
        cure="stonks import bars FILE",
    ),
    "no daily bars": Planted(
        plant=in_market("DELETE FROM price_bars"), name="bars-age", level=WARNING, cure="import bars"
    ),
    "a ticker with holes": Planted(
        plant=in_market(days_deleted("AAA", 10)), name="bars-gaps", level=WARNING, cure="with those days"
    ),
    "a session that was not imported": Planted(
        plant=in_market(
            "DELETE FROM price_bars WHERE start_at = (SELECT start_at FROM price_bars WHERE ticker = 'AAA' "
            "ORDER BY start_at LIMIT 1 OFFSET 200)"
        ),
        name="bars-gaps",
        level=WARNING,
        cure="with those days",
    ),
    "no history of a ticker that is recommended": Planted(
        plant=in_market(
            "DELETE FROM price_bars WHERE ticker = 'AAA' AND start_at < ?", about=(to_micros(NOW - timedelta(days=12)),)
        ),
        name="bars-enough",
        level=WARNING,
        cure="with their history",
    ),
    "recommendations of last week": Planted(
        plant=in_market("UPDATE recommendations SET generated_at = ?", about=(to_micros(NOW - timedelta(days=7)),)),
        name="recommendations-age",
        level=WARNING,
        cure="is whoever makes them at work?",
    ),
    "a recommendation without prices": Planted(
        plant=in_market(RECOMMENDATION, about=("r", "ZZZ", "buy", "paper_eligible", 0.7, to_micros(NOW), None)),
        name="recommendations-priced",
        level=WARNING,
        cure="stonks import bars FILE",
    ),
}


def test_of_a_healthy_installation_nothing_is_above_a_note(folder: Path) -> None:
    findings = found(folder)
    assert wrong(findings) == {}
    assert exit_code(findings.values()) == 0
    assert list(findings) == [name for section in SECTIONS for name in section.checks]
    notes = {name for name, f in findings.items() if f.level is Level.NOTE}
    assert notes <= {"sqlite", "clock-synchronised", "disk-kind", "engine", "config-risk", "sms"}
    assert findings["engine"].words.endswith("; nothing is held")


@pytest.mark.parametrize("planted", PLANTED.values(), ids=list(PLANTED))
def test_what_is_planted_is_found_alone_its_cure_named_and_nothing_changed(folder: Path, planted: Planted) -> None:
    require_found(folder, planted)


NOTED = {
    "no dates of earnings": (in_market("DELETE FROM earnings_calendar"), "earnings", "stonks import earnings FILE"),
    "earnings of the past": (
        in_market("UPDATE earnings_calendar SET earnings_date = '2026-11-23'"),
        "earnings",
        "stonks import earnings FILE",
    ),
    "no sector": (
        in_market("UPDATE securities SET sector = NULL WHERE ticker = 'EEE'"),
        "sectors",
        "stonks import sectors FILE",
    ),
    "no quotes": (in_market("DELETE FROM quotes"), "quotes", "--quotes FILE"),
    "quotes of yesterday": (
        in_market("UPDATE quotes SET at = ?", about=(to_micros(NOW - timedelta(days=1)),)),
        "quotes",
        "--quotes FILE",
    ),
    "no table of quotes": (in_market("DROP TABLE quotes"), "market-tables", "stonks import quotes FILE"),
    "no recommendations": (
        in_market("DELETE FROM recommendations"),
        "recommendations-age",
        "stonks import recommendations FILE",
    ),
    "a few holes": (in_market(days_deleted("AAA", 2)), "bars-gaps", "stonks import bars FILE"),
    "a young ticker": (
        in_market(
            "DELETE FROM price_bars WHERE ticker = 'EEE' AND start_at < ?",
            about=(to_micros(NOW - timedelta(days=600)),),
        ),
        "bars-enough",
        "stonks import bars FILE",
    ),
    "no broker's file yet": (removed("paper.db"), "paper-file", "stonks run"),
    "an account of an earlier version": (of_an_earlier_version, "account-file", "stonks run"),
}


@pytest.mark.parametrize(("plant", "name", "cure"), NOTED.values(), ids=list(NOTED))
def test_what_is_good_to_know_is_noted_and_nothing_wrong(folder: Path, plant: Plant, name: str, cure: str) -> None:
    assert found(folder)[name].level is Level.OK
    plant(folder)
    findings = found(folder)
    assert wrong(findings) == {}
    assert findings[name].level is Level.NOTE
    assert cure in findings[name].cure
