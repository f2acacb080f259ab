from datetime import UTC, datetime

import pytest

from engine.adapters.provider_words import retry_after_seconds, told

NOW = datetime(2026, 3, 2, 20, 0, 0, tzinfo=UTC)


def test_what_a_provider_says_is_one_line_of_200_letters_at_most() -> None:
    assert told("  bad\r\n\tnumber\x1b[31m\x00 here ", ()) == "bad number [31m here"
    line = told("word " * 100, ())
    assert len(line) == 200
    assert line.endswith("…")


def test_secrets_are_taken_out_also_where_one_is_a_part_of_another_or_would_be_cut() -> None:
    assert told("no token-1 and token-1-long", ("token-1", "token-1-long")) == "no *** and ***"
    assert "secret" not in told("x" * 195 + "secret", ("secret",))
    assert told("a secret of\nlines", ("secret of lines",)) == "a ***"


def test_what_is_no_secret_because_it_is_too_short_hides_nothing() -> None:
    assert told("a number", ("", "a", "num")) == "a number"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 1.5 ", 1.5),
        ("Mon, 02 Mar 2026 20:01:30 GMT", 90.0),
        ("Mon, 02 Mar 2026 19:00:00 GMT", 0.0),
        ("-5", None),
        ("nan", None),
        ("1e9", None),
        ("9" * 40, None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_how_long_to_wait_is_told_in_seconds_or_by_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(text, NOW) == seconds
