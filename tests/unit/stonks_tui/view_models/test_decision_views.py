"""Decisions of every kind in a line and in full; positions and trades with their tranches."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.notices import NoticeKind
from engine.model.tax import LotTax, OpenLot, fine
from engine.model.views import DecisionStory
from stonks_tui.view_models import decision_filter, decision_lines, decisions, position_detail
from stonks_tui.view_models.tables import layout
from stonks_tui.view_models.text import texts
from tests.support.samples import AT, a_closure, a_decision, a_mark, a_notice, a_stop_change, a_trade, an_execution

PARTS = (an_execution("d1"), an_execution("d1", tranche=2))


def an_act(**fields: Any) -> Decision:
    plain = {"outcome": TradingDecisionType.ACT, "skip_reason": None, "shares": 30, "recommendation_id": None}
    return a_decision(1, **plain | fields)


def what(decision: Decision) -> str:
    return texts([decision_lines.what(decision)])[0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": DecisionKind.ENTRY, "recommendation_id": "rec"}, "buy 30"),
        ({"kind": DecisionKind.EXIT, "cause": "stop_loss"}, "sell 30, stop"),
        ({"kind": DecisionKind.REBALANCE, "cause": "rebalance"}, "sell 30, rebalanced"),
        ({"kind": DecisionKind.OPERATOR, "cause": "manual"}, "sell 30, operator"),
        ({"kind": DecisionKind.MICRO, "cause": "sig-1", "is_micro": True}, "micro buy 30, signal"),
        ({"kind": DecisionKind.EXIT, "cause": "micro_close", "is_micro": True}, "micro sell 30, micro trade over"),
        ({"kind": DecisionKind.EXIT, "cause": "sig-2", "is_micro": True}, "micro sell 30, signal"),
    ],
)
def test_each_kind_says_which_way_shares_went_and_why(fields: dict[str, Any], words: str) -> None:
    assert what(an_act(**fields)) == words


def test_a_skip_says_what_it_was_about_where_it_was_no_entry_or_exit() -> None:
    assert what(a_decision(1)) == "low confidence"
    skipped = a_decision(1, kind=DecisionKind.MICRO, recommendation_id=None, skip_reason="micro_daily_limit")
    assert what(skipped) == "micro: micro daily limit"


@pytest.mark.parametrize(
    ("reason", "value", "limit", "words"),
    [
        ("heat", 0.034, 0.03, "3.4 > 3.0 %"),
        ("low_confidence", 0.5499, 0.55, "54.99 < 55.00 %"),
        ("earnings", 0.0, 1.0, "0 ≤ 1 session"),
        ("no_atr", 9.0, 15.0, "9 < 15 bars"),
        ("outside_window", 10.0, 15.0, "10 ≤ 15 min"),
        ("cash", 1_234.56, 20_000.0, "$1,235 < $20,000"),
        ("cash", 12.34, 12.4, "$12.34 < $12.40"),
        ("correlation", 0.91, 0.8, "0.9100 > 0.8000"),
    ],
)
def test_a_list_says_in_few_letters_how_a_check_was_missed(reason: str, value: float, limit: float, words: str) -> None:
    skipped = a_decision(1, skip_reason=reason, failed_value=value, failed_limit=limit)
    assert texts([decision_lines.numbers(skipped)])[0].replace("≥", "≤") == words


@pytest.mark.parametrize("kind", DecisionKind)
def test_a_kind_is_a_word_of_the_filter(kind: DecisionKind) -> None:
    where = decision_filter.parse(f"act {kind.value}").where
    assert where.kind is kind
    assert where.outcome is TradingDecisionType.ACT
    assert where.fits(an_act(kind=kind))
    assert not any(where.fits(an_act(kind=other)) for other in DecisionKind if other is not kind)


def test_the_story_of_an_entry_shows_its_tranches_and_what_cancelled_the_rest() -> None:
    note = "1 of 3 tranches, 10 shares: earnings"
    story = DecisionStory(
        decision=an_act(),
        executions=PARTS,
        notices=(
            a_notice(note=note, value=1.0, limit=1.0),
            a_notice(kind=NoticeKind.TICKER_HALTED),
        ),
    )
    found = texts(decisions.trace(story, 80))
    assert "Orders filled  20 of 30 shares bought" in found
    assert "  2024-03-01 14:45 buy 10 @ 171.2300  tranche 2" in found
    assert "  2024-03-01 14:45 cancelled 1 of 3 tranches, 10 shares" in found
    assert "    too close to earnings (1 session, limit 1 session)" in found
    assert "  2024-03-01 14:45 AAPL is halted by the exchange: the position is frozen" in found


def test_a_micro_skip_without_a_trace_says_how_to_get_one() -> None:
    skipped = a_decision(1, kind=DecisionKind.MICRO, recommendation_id=None)
    assert any("stonks explain d1" in text for text in texts(decisions.trace(DecisionStory(decision=skipped), 200)))


LOTS = (
    OpenLot(
        ticker="AAPL",
        purchase_id="lot1",
        quantity=20,
        acquired_on=AT.date(),
        held_since=AT.date() - timedelta(days=100),
        cost=fine(34_246_000),
        carried=fine(1_500_000),
    ),
)


def detail(story: DecisionStory, days_before: int = 0) -> list[str]:
    on = AT.date() - timedelta(days=days_before)
    return texts(position_detail.detail(a_mark(is_micro=True), story, LOTS, on, 80))


def test_a_position_that_is_still_being_bought_says_how_much_of_it_there_is() -> None:
    story = DecisionStory(decision=an_act(), executions=PARTS, stops=(a_stop_change("d1"),))
    found = detail(story)
    assert found[0] == "AAPL  unknown sector  micro"
    assert "03-01 14:45  buy 10 @ 171.2300  tranche 2" in found
    assert "20 of 30 shares bought" in found
    assert any(text.endswith("first fill") for text in found)


def test_a_lot_shows_its_basis_what_of_it_was_put_off_and_its_term() -> None:
    story = DecisionStory(decision=an_act())
    found = [text.strip() for text in texts(position_detail.detail(a_mark(is_micro=True), story, LOTS, AT.date(), 80))]
    place = found.index("2024-03-01  20 shares, basis 3,574.60")
    assert found[place + 1 : place + 3] == ["of it 150.00 put off (wash sale)", "long-term from 2024-11-23"]
    late = AT.date() + timedelta(days=300)
    assert "            long-term" in texts(position_detail.detail(a_mark(is_micro=True), story, LOTS, late, 80))


def test_a_closed_trade_says_what_of_its_loss_was_put_off_and_where_to() -> None:
    tax = LotTax(basis=34_246_000, held_since=AT.date(), disallowed=600_000, replaced_by=("lot7",))
    trade = a_trade(closures=(a_closure(tax=tax), a_closure(tax=tax), a_closure()))
    assert "tax    120.00 put off into lot7 (wash sale)" in texts(position_detail.trade_detail(trade, None, 80))


def test_what_is_bought_later_is_not_known_on_the_day() -> None:
    later = replace(PARTS[1], fill=replace(PARTS[1].fill, at=AT + timedelta(days=1)))
    assert "10 of 30 shares bought" in detail(DecisionStory(decision=an_act(), executions=(PARTS[0], later)))


def test_what_was_cancelled_later_is_not_known_on_the_day() -> None:
    cancelled = a_notice(note="1 of 3 tranches, 10 shares: stop_loss", at=AT + timedelta(days=1))
    story = DecisionStory(decision=an_act(), executions=PARTS, notices=(cancelled,))
    assert "20 of 30 shares bought" in detail(story)
    assert not any("cancelled" in text for text in detail(story))
    assert "the rest was cancelled, 1 of 3 tranches, 10 shares: stop" in detail(story, days_before=-1)


def test_a_closed_trade_shows_the_parts_it_was_bought_in() -> None:
    story = DecisionStory(decision=an_act(shares=20), executions=PARTS)
    found = texts(position_detail.trade_detail(a_trade(is_micro=True), story, 80))
    assert found[0] == "AAPL  unknown sector  micro"
    assert "03-01 14:45  buy 10 @ 171.2300  tranche 1" in found
    assert not any("of 20 shares" in text for text in found)


@pytest.mark.parametrize(
    ("columns", "shown"),
    [(100, "at verdict ticker confidence why numbers id"), (74, "at verdict ticker confidence why numbers")],
)
def test_the_id_goes_before_a_reason_is_cut(columns: int, shown: str) -> None:
    skipped = a_decision(
        1,
        kind=DecisionKind.MICRO,
        recommendation_id=None,
        skip_reason="low_confidence",
        failed_value=0.615,
        failed_limit=0.65,
    )
    view = decisions.table([skipped], has_more=False, empty=())
    found = layout(view, columns)
    assert " ".join(view.columns[place].key for place in found.places) == shown
    assert "micro: low confidence" in texts([found.row(view, view.rows[0])])[0]
