"""Filters of lists: words that cannot be are answered with a sentence; days of closed trades; tabs; price marks."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stonks_tui.view_models import decision_filter, filter_tabs, price_moves, trade_filter
from stonks_tui.view_models.kept_lists import KeptList
from stonks_tui.view_models.positions import TRADE_COLUMNS
from stonks_tui.view_models.price_moves import PriceMoves
from stonks_tui.view_models.text import plain
from tests.support.samples import a_mark, a_trade


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("act skip", "'act' and 'skip' exclude each other"),
        ("act heat", "'heat' is a reason for a skip"),
        ("AAPL MSFT", "it cannot be both AAPL and MSFT"),
        ("since:2024-03-02 until:2024-03-01", "nothing lies between 2024-03-02 and 2024-03-01"),
        ("conf>0.8 conf<0.5", "no confidence is above 0.8 and below 0.5"),
        ("reason:haet", "near it: heat"),
        ("kind:buy", "a kind is one of entry, exit"),
        ("until:soon", "write the day like until:2024-03-01"),
        ("size:3", "'size:3'"),
    ],
)
def test_what_cannot_be_is_answered_with_a_sentence(text: str, words: str) -> None:
    assert words in decision_filter.parse(text).problem


def test_named_words_mean_the_same_as_bare_ones() -> None:
    assert decision_filter.parse("reason:heat ticker:aapl kind:micro") == decision_filter.parse("heat AAPL micro")


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("ski", "skip "),
        ("skip low", "skip low_confidence "),
        ("aap", "AAPL "),
        ("sinc", "since:"),
        ("confidence", "low_confidence "),
        ("m", "m"),
    ],
)
def test_the_last_word_is_completed_as_far_as_that_is_clear(text: str, done: str) -> None:
    assert decision_filter.completed(text, ("AAPL", "MSFT"))[0] == done


def test_what_a_word_could_become_is_said() -> None:
    _, words = decision_filter.completed("m", ("AAPL", "MSFT"))
    assert "micro" in words
    assert "MSFT" in words
    assert "nothing begins with 'xyz'" in decision_filter.completed("xyz", ())[1]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("", True),
        ("aapl", True),
        ("msft", False),
        ("target", True),
        ("take_prof", True),
        ("ticker:aapl", True),
        ("ticker:aap", False),
        ("reason:target", True),
        ("reason:take_profit", True),
        ("reason:stop", False),
        ("since:{day}", True),
        ("until:{day}", True),
        ("on:{day}", True),
        ("since:2099-01-01", False),
        ("until:2001-01-01", False),
        ("aapl on:2001-01-01", False),
    ],
)
def test_closed_trades_are_found_by_words_ticker_reason_and_days(text: str, is_found: bool) -> None:
    trade = a_trade()
    parsed = trade_filter.parse(text.format(day=trade.exit_at.date()))
    assert parsed.problem == ""
    assert parsed.where.fits(trade) is is_found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("on:never", "write the day like on:2024-03-01"),
        ("on:9999-12-31", "write the day like on:2024-03-01"),
        ("since:2024-03-02 until:2024-03-01", "nothing lies between 2024-03-02 and 2024-03-01"),
        ("ticker:AAPL ticker:MSFT", "it cannot be both AAPL and MSFT"),
        ("reason:haet", "there is no such reason; there are stop_loss"),
        ("reason:stop_loss reason:manual", "a trade ends for one reason"),
    ],
)
def test_what_no_closed_trade_can_be_is_answered_with_a_sentence(text: str, words: str) -> None:
    assert words in trade_filter.parse(text).problem


def test_a_day_of_closed_trades_is_its_first_moment_up_to_the_next_days() -> None:
    where = trade_filter.parse("on:2024-03-01").where
    assert (where.since, where.until) == (datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC))
    assert trade_filter.until(where, datetime(2024, 3, 1, 15, tzinfo=UTC)).until == datetime(
        2024, 3, 1, 15, 0, 0, 1, tzinfo=UTC
    )
    assert trade_filter.until(where, datetime(2024, 3, 5, tzinfo=UTC)) == where


def test_the_last_word_of_a_filter_of_trades_is_completed_to_a_ticker() -> None:
    assert trade_filter.completed("stop aa", ("AAPL", "MSFT")) == ("stop AAPL ", "")
    assert trade_filter.completed("m", ("MSFT", "META")) == ("m", "META, MSFT")
    assert trade_filter.completed("x", ("MSFT",)) == ("x", trade_filter.HELP)


def test_the_tab_that_is_looked_at_stays_in_sight_where_there_is_little_room() -> None:
    tabs = tuple(f"skip T{number}" for number in range(10))
    wide = plain(filter_tabs.bar(tabs, "skip T9", {"": 20, "skip T9": 3}, 200))
    assert wide.startswith(" all 20 ")
    narrow = plain(filter_tabs.bar(tabs, "skip T9", {"skip T9": 3}, 40))
    assert "[skip T9 3]" in narrow
    assert len(narrow) <= 40


def test_a_filter_that_is_not_kept_says_which_key_keeps_it() -> None:
    assert plain(filter_tabs.bar(("act",), "heat", {}, 80)).endswith("[heat (v keeps it)]")


def test_tabs_go_round_and_round() -> None:
    assert [filter_tabs.beside(("a", "b"), at, 1) for at in ("", "a", "b")] == ["a", "b", ""]
    assert [filter_tabs.beside(("a", "b"), at, -1) for at in ("", "a", "b")] == ["b", "", "a"]
    assert filter_tabs.beside(("a",), "something else", 1) == ""


def test_a_cursor_is_one_of_its_run_only() -> None:
    left = KeptList().at(7, "d3")
    assert (left.cursor_in(7), left.cursor_in(8), left.at(7, "").cursor) == ("d3", "", "")


def test_a_column_that_never_drops_cannot_be_hidden() -> None:
    left = KeptList().turned("ticker").turned("thesis")
    hidden = [c.key for c, is_shown in zip(TRADE_COLUMNS, left.shown(TRADE_COLUMNS), strict=True) if not is_shown]
    assert hidden == ["thesis"]
    assert left.turned("thesis").hidden == ("ticker",)


def test_a_price_that_has_moved_is_marked_for_two_seconds() -> None:
    held = a_mark()
    moves = PriceMoves().seen([held], 10.0)
    assert moves.ways() == {}
    moves = moves.seen([replace(held, last_price=held.last_price - 1)], 11.0)
    assert moves.ways() == {held.decision_id: -1}
    same = [replace(held, last_price=held.last_price - 1)]
    assert moves.seen(same, 11.0 + price_moves.MARKED_SECONDS / 2).ways() == {held.decision_id: -1}
    assert moves.seen(same, 11.0 + price_moves.MARKED_SECONDS).ways() == {}
    assert moves.seen([held], 11.5).ways() == {held.decision_id: 1}
