"""Help: what has the keys comes first, and each word that a filter understands is named."""

from datetime import date

import pytest

from engine.model.views import EVERY_DECISION
from stonks_tui.view_models import decision_filter, key_help
from stonks_tui.view_models.command import DEMO, ENGINE
from stonks_tui.view_models.commands import SCREENS, of_screen
from stonks_tui.view_models.decision_filter import FILTER_WORDS
from stonks_tui.view_models.key_help import Focus
from stonks_tui.view_models.text import texts, width


def test_every_word_of_the_filter_is_named_and_means_something() -> None:
    shown = texts(key_help.lines("decisions"))
    for word in FILTER_WORDS:
        assert any(text.strip().startswith(word.shown) and text.endswith(word.help) for text in shown)
        parsed = decision_filter.parse(word.shown)
        assert not parsed.problem
        assert parsed.where != EVERY_DECISION
    assert any("until:2024" in text for text in shown)


@pytest.mark.parametrize("word", [w for w in FILTER_WORDS if len(w.names) > 1])
def test_a_word_by_its_other_name_means_the_same(word: decision_filter.FilterWord) -> None:
    wheres = {decision_filter.parse(f"{name}{word.sign}{word.such}").where for name in word.names}
    assert len(wheres) == 1
    assert EVERY_DECISION not in wheres


def test_a_day_with_a_name_that_nobody_knows_is_no_day() -> None:
    assert decision_filter.parse(f"after:{date(2024, 3, 1)}").problem.startswith("'after:2024-03-01' is not understood")


@pytest.mark.parametrize("screen", [s.name for s in SCREENS])
@pytest.mark.parametrize("is_list", [True, False])
def test_what_has_the_keys_comes_first_and_every_key_is_there_once(screen: str, is_list: bool) -> None:
    lines = key_help.lines(screen, ENGINE, DEMO, focus=Focus(title="Held", is_list=is_list))
    shown = texts(lines)
    assert shown[0] == "Held has the keys"
    assert shown[1].split()[:2] == ["j", "k"]
    for command in of_screen(screen, ENGINE, DEMO):
        assert sum(command.help in text for text in shown) >= 1, command.name
    assert shown.count("In lists") + sum("down and up" in text for text in shown) <= 2
    assert max(map(width, lines)) <= 88
