"""A live plan on tables in PostgreSQL: what lacks is said before anything begins."""

import argparse
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.live_sources import LiveSources
from stonks_tui import bootstrap, config_command_line, configuration, live_plan
from stonks_tui.commands import run
from stonks_tui.engine_process import Plan
from tests.support.input_tables import OURS, writer
from tests.support.postgres import fresh_url


@pytest.fixture(scope="module")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The calendar of these years, made by the first plan."""
    return tmp_path_factory.mktemp("calendars")


@pytest.fixture
def data_dir(calendars: Path, tmp_path: Path) -> Path:
    """A data directory without market data."""
    bootstrap.cache_path(tmp_path).symlink_to(calendars)
    return tmp_path


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    async def filled(url: str) -> None:
        async with writer(url) as owner:
            await owner.execute(OURS)

    with fresh_url(empty=True) as url:
        asyncio.run(filled(url))
        yield url


def plan(data_dir: Path, text: str, *words: str) -> Plan:
    """Return the plan of `stonks run` with these `words` and such a stonks.toml."""
    (data_dir / "stonks.toml").write_text(text)
    parser = argparse.ArgumentParser()
    run.configure(parser)
    args = parser.parse_args(words)
    args.data_dir = data_dir
    said = configuration.read(
        data_dir, no_file=args.no_config, command_line=config_command_line.read(args), environment={}
    )
    return live_plan.make(args, said)


def test_tables_take_the_place_of_market_db_and_go_on_without_the_screens(data_dir: Path, url: str) -> None:
    made = plan(data_dir, f'[inputs]\ndatabase = "{url}"\n')
    assert isinstance(made.world.sources, LiveSources)
    assert f"--inputs={data_dir / 'stonks.toml'}" in made.headless
    again = plan(data_dir, f'[inputs]\ndatabase = "{url}"\n', "--no-config", f"--inputs={data_dir / 'stonks.toml'}")
    assert again.headless == made.headless


def test_all_that_lacks_is_said_and_nothing_begins_unless_it_is_to_go_on(
    data_dir: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f'[inputs]\ndatabase = "{url}"\n[inputs.quotes]\nprice = "cost"\n[inputs.signals]\ntable = "signal"\n'
    with pytest.raises(BadInput, match="not all can be read that is to come in") as refused:
        plan(data_dir, text)
    assert "quotes has no column cost, from which price is to be read" in refused.value.message
    assert "there is no table signal for signals: " in refused.value.message
    plan(data_dir, text, "--on-difference", "keep")
    assert "stonks: quotes has no column cost" in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_no_reason_to_stay_away(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(data_dir, '[inputs]\ndatabase = "postgresql://nobody@127.0.0.1:1/none"\n')
    assert "none on 127.0.0.1:1 does not answer: it begins all the same" in capsys.readouterr().err


def test_a_file_of_inputs_without_any_is_refused(data_dir: Path) -> None:
    with pytest.raises(BadInput, match=r"has no table \[inputs\]"):
        plan(data_dir, "", "--inputs", str(data_dir / "stonks.toml"))
