"""What stands in the list of the settings, and beside it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.settings import Settings
from stonks_tui.view_models import setting_detail, setting_list
from stonks_tui.view_models.setting_book import SettingBook, SettingChange, SettingEntry
from stonks_tui.view_models.tables import layout
from stonks_tui.view_models.text import texts

AT = datetime(2024, 3, 28, 14, 3, tzinfo=UTC)
MOST = SettingEntry(
    name="max_open_positions",
    section="Size of a position",
    value=8,
    default=10,
    unit="count",
    limits="0 to 100000",
    looser="up",
    about="most positions at once",
    origin="alice (cli), 2024-03-28 14:03 UTC",
    said="stonks.toml line 3 says 7: stonks config apply has the engine take it",
    changes=(SettingChange(at=AT, who="alice", origin="cli", before="10", after="8"),),
)
TO = SettingEntry(
    name="gmail_recipient",
    section="E-mail",
    value="me@example.com",
    default="",
    about="to this address",
    origin="stonks.toml",
    is_private=True,
    changes=(SettingChange(at=AT, who="", origin="screens", before="", after="me@example.com"),),
)
BOOK = SettingBook(entries=(MOST, replace(MOST, name="base", value=True, default=True, about="", changes=()), TO))


def test_sections_stand_over_their_settings_and_what_was_changed_is_marked() -> None:
    view = setting_list.table(BOOK)
    lines = texts([layout(view, 90).row(view, row) for row in view.rows])
    assert [" ".join(text.split()) for text in lines] == [
        "─ Size of a position",
        "* max_open_positions 8 10 count alice",
        "base yes yes count alice",
        "─ E-mail",
        "* gmail_recipient m***@example.… stonks.toml",
    ]


@pytest.mark.parametrize(
    ("columns", "headings"),
    [(70, "Setting Value Default Unit Said by"), (60, "Setting Value Default Unit"), (50, "Setting Value Default")],
)
def test_columns_go_before_a_name_is_cut(columns: int, headings: str) -> None:
    view = setting_list.table(BOOK)
    assert " ".join(texts([layout(view, columns).heading(view)])[0].split()) == headings


def test_only_what_fits_is_listed() -> None:
    assert [row.key for row in setting_list.table(BOOK, "OPEN size").rows] == ["§Size of a position", MOST.name]
    assert [row.key for row in setting_list.table(BOOK, only_changed=True).rows][1::2] == [MOST.name, TO.name]
    assert setting_list.table(BOOK, "zebra").empty == ("No setting fits 'zebra'.", "Esc shows all of them.")


def test_the_detail_says_all_that_is_known() -> None:
    assert texts(setting_detail.lines(MOST, "", 60)) == [
        "Most positions at once",
        "value 8 count   default 10   range 0 to 100000",
        "looser upwards",
        "said by alice (cli), 2024-03-28 14:03 UTC",
        "now stonks.toml line 3 says 7: stonks config apply has the",
        "  engine take it",
        "",
        "Enter changes it",
        "",
        "Changes, newest first",
        "2024-03-28 14:03 10 → 8  alice (cli)",
    ]


def test_an_address_is_masked_wherever_it_stands() -> None:
    hidden, shown = (" ".join(texts(setting_detail.lines(TO, "", 60, revealed=revealed))) for revealed in (False, True))
    assert "me@" not in hidden
    assert hidden.count("m***@example.com") == 2
    assert "Enter changes it  v shows it" in hidden
    assert shown.count("me@example.com") == 2
    assert "v shows it" not in shown


def test_why_it_cannot_be_changed_stands_in_place_of_the_key() -> None:
    found = texts(setting_detail.lines(replace(MOST, fixed="max is what it is"), "", 60))
    assert "max is what it is" in found
    assert "Enter changes it" not in found
    assert "The day is over" in texts(setting_detail.lines(MOST, "the day is over", 60))


@pytest.mark.parametrize("columns", [8, 20, 36, 56, 76])
def test_the_detail_keeps_to_its_columns_where_words_can_be_broken(columns: int) -> None:
    words = replace(MOST, said="", origin="default", changes=())
    assert max(len(text) for text in texts(setting_detail.lines(words, "", columns))) <= max(columns, 22)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("max_open_positions", "8", ""),
        ("max_open_positions", "8.5", "max_open_positions is '8.5': it is a value like 10"),
        ("base_allocation_pct", "1.2", "base_allocation_pct is 1.2: it goes from 0 to 1"),
        ("daily_summary_time", "", ""),
        ("daily_summary_time", "25:00", "daily_summary_time is '25:00': it is a time such as 16:30, or nothing"),
        ("paused", "perhaps", ""),  # the engine's state is not one of its settings
    ],
)
def test_a_value_is_checked_before_anybody_is_asked(name: str, text: str, problem: str) -> None:
    assert setting_detail.problem(name, text, Settings()) == problem
