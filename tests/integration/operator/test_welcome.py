"""`stonks` alone: each of the ways that it offers leads to where its words say."""

from pathlib import Path

import pytest

from stonks_tui.engine_thread import EngineThread
from stonks_tui.view_models.welcome import WAYS, Way
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.shell import Shell

ASKED = "How do you want to begin?"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_every_way_has_a_command_that_the_program_understands(shell: Shell, way: Way) -> None:
    _, word, *_ = way.command.split()
    assert shell.stonks(word, "--help").code == 0


def test_without_a_terminal_the_ways_are_printed(shell: Shell) -> None:
    ended = shell.stonks()
    assert ended.code == 0
    for way in WAYS:
        assert f"  {way.title}: {way.command}\n" in ended.out


def test_the_demo_that_is_chosen_is_the_live_one(tmp_path: Path) -> None:
    with PseudoTerminal(tmp_path) as terminal:
        terminal.until(ASKED)
        terminal.press("1")
        terminal.until("RUNNING", seconds=60)
        terminal.press(":speed 5\r")
        terminal.until("a trading day takes 5 s")
        terminal.press("q")
        assert terminal.ended()[0] == 0


def test_paper_trading_without_prices_says_what_it_needs(tmp_path: Path) -> None:
    with PseudoTerminal(tmp_path) as terminal:
        terminal.until(ASKED)
        terminal.press("3")
        terminal.until("there are no prices to trade on")
        assert terminal.ended()[0] == 1


def test_paper_trading_where_an_engine_runs_shows_that_one(folder: Path, engine: EngineThread) -> None:
    with PseudoTerminal(folder) as terminal:
        terminal.until(ASKED)
        terminal.press("3")
        terminal.until("PAPER")
        terminal.press("q")
        assert terminal.ended()[0] == 0
    assert engine.is_alive
