"""What is typed after `:set`."""

import pytest

from engine.errors import BadInput
from engine.model.audit import Asked, Word
from stonks_tui import setting_words


def _set(**arguments: str) -> Asked:
    return Asked(word=Word.SET, arguments=arguments)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("max_open_positions 8", _set(max_open_positions="8")),
        ("max_open_positions = 8 ", _set(max_open_positions="8")),
        ("gmail_recipient a@example.com, b@example.com", _set(gmail_recipient="a@example.com, b@example.com")),
        ("gmail_recipient=", _set(gmail_recipient="")),
        ("paused yes", Asked(word=Word.PAUSE)),
        ("paused=off", Asked(word=Word.RESUME)),
    ],
)
def test_a_name_and_a_value_are_a_word_to_the_engine(typed: str, asked: Asked) -> None:
    assert setting_words.asked(typed) == asked


@pytest.mark.parametrize(
    ("typed", "words", "hint"),
    [
        ("", "a setting wants its name and its value", "such as :set max_open_positions 8"),
        ("max_open_positions", "a setting wants its name and its value", "such as :set max_open_positions 8"),
        ("=8", "a setting wants its name and its value", "such as :set max_open_positions 8"),
        ("max_opn_positions 8", "there is no setting 'max_opn_positions'", "did you mean 'max_open_positions'?"),
        ("capital 5", "capital is what an account begins with: it cannot be changed", ""),
        ("account live", "between paper and live nobody goes from a screen", "stonks config set account="),
        ("paused perhaps", "paused is 'perhaps'", "it is yes or no"),
        ("STONKS_GMAIL_CLIENT_ID x", "STONKS_GMAIL_CLIENT_ID is read from the environment alone", "start the engine"),
    ],
)
def test_what_cannot_be_changed_from_a_screen_is_said(typed: str, words: str, hint: str) -> None:
    with pytest.raises(BadInput) as refused:
        setting_words.asked(typed)
    assert refused.value.message == words
    assert hint in refused.value.hint
