"""The window over closed trades: pages below and above, what lies beyond, and the lots that a page leaves out."""

from dataclasses import replace
from datetime import date

from engine.model.positions import ClosedTrade
from engine.model.tax import LotTax
from engine.model.views import DecisionStory
from engine.ports import TradePage
from stonks_tui.view_models import position_detail, positions, trade_window
from stonks_tui.view_models.text import plain
from stonks_tui.view_models.trade_window import TradeWindow
from tests.support.samples import a_closure, a_decision, a_trade


def of(place: int) -> ClosedTrade:
    return a_trade(ticker=f"T{place}")


def page(*places: int, has_more: bool = False) -> TradePage:
    return TradePage(trades=tuple(map(of, places)), places=places, has_more=has_more)


def test_pages_are_put_below_and_above_in_the_order_of_the_list() -> None:
    window = trade_window.around(page(6, 5, has_more=True), has_above=True)
    assert (window.above, window.below) == (6, 5)
    window = window.with_below(page(4, 3, has_more=True)).with_above(page(7, 8))
    assert window.places == (8, 7, 6, 5, 4, 3)
    assert [t.ticker for t in window.trades] == ["T8", "T7", "T6", "T5", "T4", "T3"]
    assert (window.beyond(-1), window.beyond(1)) == (None, 3)


def test_the_last_page_comes_backwards_and_has_nothing_below() -> None:
    window = trade_window.last(page(1, 2, 3, has_more=True))
    assert window.places == (3, 2, 1)
    assert (window.above, window.below) == (3, None)


def test_a_row_is_found_by_its_place_in_the_books_and_not_by_anything_else() -> None:
    window = trade_window.first(page(6, 5))
    assert window.at("5") == of(5)
    assert window.at("7") is window.at("d5") is window.at(None) is None
    assert [row.key for row in positions.trades(window).rows] == ["6", "5"]


def test_an_empty_list_says_what_was_sought_and_a_title_how_many_wait() -> None:
    assert positions.trades(TradeWindow(), "XOM").empty[0] == "No closed trade fits 'XOM'."
    assert positions.trades_heading(None, 0) == "Closed trades"
    assert positions.trades_heading(200_000, 1_200) == "Closed trades · 200,000 · 1,200 new, g"


def test_a_trade_of_a_page_has_its_lots_from_the_story_of_its_decision() -> None:
    tax = LotTax(basis=17_123_000, held_since=date(2024, 3, 1), disallowed=1_200_000, replaced_by=("lot7",))
    whole = a_trade(closures=(a_closure(tax=tax),))
    story = DecisionStory(decision=a_decision(1), trades=(a_trade(ticker="XOM"), whole))
    lines = position_detail.trade_detail(replace(whole, closures=()), story, 80)
    assert "tax    120.00 put off into lot7 (wash sale)" in map(plain, lines)
