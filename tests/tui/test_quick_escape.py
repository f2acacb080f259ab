"""Quick escape: Esc and a key that arrive together are Esc and that key."""

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from stonks_tui import quick_escape


def _keys(*arrives: str) -> list[str]:
    parser = XTermParser()
    return [event.key for text in arrives for event in parser.feed(text) if isinstance(event, events.Key)]


@pytest.fixture(autouse=True)
def installed() -> None:
    """As the app does."""
    quick_escape.install()


@pytest.mark.parametrize(
    ("arrives", "keys"),
    [
        ("\x1bp", ["escape", "p"]),
        ("\x1b2", ["escape", "2"]),
        ("\x1b:", ["escape", "colon"]),
        ("\x1b?", ["escape", "question_mark"]),
        ("\x1b.", ["escape", "full_stop"]),
        ("\x1bpp", ["escape", "p", "p"]),
        ("p", ["p"]),
        ("£", ["pound_sign"]),
    ],
)
def test_a_key_right_after_esc_is_a_key_of_its_own(arrives: str, keys: list[str]) -> None:
    assert _keys(arrives) == keys


@pytest.mark.parametrize(
    ("arrives", "key"), [("\x1b[A", "up"), ("\x1bOP", "f1"), ("\x1b[1;5C", "ctrl+right"), ("\x1b\x7f", "ctrl+w")]
)
def test_what_a_terminal_says_by_itself_is_read_as_ever(arrives: str, key: str) -> None:
    assert _keys(arrives) == [key]
