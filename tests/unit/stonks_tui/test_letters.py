"""ASCII in place of letters: as wide, and telling apart what must be told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stonks_tui.view_models.text import cells
from stonks_tui.widgets.letters import as_ascii


@given(st.text())
def test_the_result_is_ascii_and_as_wide(text: str) -> None:
    found = as_ascii(text)
    assert found.isascii()
    assert len(found) == cells(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("▲+1.5 ▼−2 ● › …–×✓✗", "^+1.5 v-2 * > .-x+x"),
        ("╭─ Títle ─╮", "+- Title -+"),
        ("┏━┓┃", "#=##"),
        ("▕████▌░░│░▏", "|####|..|.|"),
        ("⠁⣿⠀", ".* "),
        ("漢é½", "??e1"),
    ],
)
def test_known_letters_have_a_likeness(text: str, plain: str) -> None:
    assert as_ascii(text) == plain


def test_the_border_of_what_has_focus_differs_from_a_thin_one() -> None:
    assert not set(as_ascii("┏┓┗┛━┃")) & set(as_ascii("╭╮╰╯─│"))
