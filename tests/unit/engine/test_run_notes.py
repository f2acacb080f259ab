"""What a run tells besides its figures: one line for each kind of thing, times where they matter."""

from datetime import timedelta

from engine import run_notes
from engine.model.decision_log import DecisionLog, TurnedDown
from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.notices import Notice, NoticeKind
from engine.model.portfolio import ReserveEntry, ReservePoolTriggerType, RiskTierName
from engine.model.runs import RunBooks
from engine.model.tape import RecommendationTable
from tests.support.samples import AT, a_decision, a_notice, a_recommendation


def told(*notices: Notice, unfilled: int = 0) -> tuple[str, ...]:
    return run_notes.of(RunBooks(notices=notices), unfilled)


def after(minutes: int, kind: NoticeKind, **fields: str) -> Notice:
    return a_notice(**{"at": AT + timedelta(minutes=minutes), "kind": kind, "ticker": "", "note": ""} | fields)


def test_nothing_out_of_the_ordinary_has_nothing_to_tell() -> None:
    assert told() == ()


def test_a_failed_feed_is_told_with_its_times_and_one_that_never_came_back_without_an_end() -> None:
    assert told(
        after(0, NoticeKind.FEED_FAILURE), after(25, NoticeKind.FEED_RECOVERED), after(60, NoticeKind.FEED_FAILURE)
    ) == ("the price feed failed 2 times, nothing was bought then: 2024-03-01 14:45 to 15:10, 2024-03-01 15:45",)


def test_halts_are_told_apart_by_ticker() -> None:
    assert told(
        after(0, NoticeKind.TICKER_HALTED, ticker="AAPL"),
        after(1, NoticeKind.TICKER_HALTED, ticker="MSFT"),
        after(24 * 60, NoticeKind.TICKER_BACK, ticker="AAPL"),
    ) == (
        "the exchange halted what was held 2 times: AAPL 2024-03-01 14:45 to 2024-03-02 14:45, MSFT 2024-03-01 14:46",
    )


def test_an_end_of_what_never_began_is_no_halt() -> None:
    assert told(after(0, NoticeKind.TICKER_BACK, ticker="AAPL"), after(0, NoticeKind.FEED_RECOVERED)) == ()


def test_entries_that_were_cut_short_are_counted_by_what_cut_them() -> None:
    notes = ["2 of 3 tranches, 9 shares: stop_loss", "1 of 3 tranches, 2 shares: heat"]
    found = told(*(a_notice(note=note) for note in (notes[0], notes[0], notes[1])))
    assert found == ("3 entries were cut short before the last tranche: stop loss 2, heat 1",)


def test_orders_that_found_no_price_within_their_limit_are_counted() -> None:
    assert told(unfilled=1)[0].startswith("1 order to buy was not filled")
    assert told(unfilled=2)[0].startswith("2 orders to buy were not filled")


def test_what_an_operator_did_is_told_and_what_could_not_be_done() -> None:
    closed = a_decision(
        1, kind=DecisionKind.OPERATOR, outcome=TradingDecisionType.ACT, skip_reason=None, recommendation_id=None
    )
    moved = ReserveEntry(at=AT, trigger=ReservePoolTriggerType.MANUAL_ADJUSTMENT, amount=-5_000_000, balance_after=0)
    refused = after(0, NoticeKind.COMMAND_REFUSED, note="XOM is not held")
    assert run_notes.of(RunBooks(decisions=(closed,), reserve_entries=(moved,), notices=(refused,)), 0) == (
        "an operator moved money into the reserve or out of it once: 2024-03-01 -500.00",
        "an operator closed AAPL 2024-03-01",
        "1 of an operator's commands could not be obeyed: XOM is not held",
    )


def test_signals_are_counted_by_how_they_ended_without_a_look_at_what_was_turned_down_at_a_glance() -> None:
    block = TurnedDown(
        table=RecommendationTable.of([a_recommendation(1)]),
        at=AT,
        id_prefix="d",
        first_number=2,
        risk_tier=RiskTierName.MODERATE,
        heat=0.0,
        active_pool=0,
        reserve=0,
        rows=[0],
        skip_reasons=["heat"],
        failed_values=[None],
        failed_limits=[None],
        prices=[None],
    )
    micro = {"kind": DecisionKind.MICRO, "recommendation_id": None, "is_micro": True}
    acts = micro | {"outcome": TradingDecisionType.ACT, "skip_reason": None}
    log = DecisionLog(
        [
            a_decision(1, **acts),
            block,
            a_decision(3, **acts | {"kind": DecisionKind.EXIT}),
            a_decision(4, **acts | {"kind": DecisionKind.EXIT, "cause": "micro_close"}),
            a_decision(5, skip_reason="micro_daily_limit", **micro),
        ]
    )
    assert run_notes.of(RunBooks(decisions=log), 0) == ("3 signals were decided: act 2, micro daily limit 1",)


def test_of_the_rest_only_the_number_is_told_the_most_frequent_first() -> None:
    runs = [after(n, NoticeKind.RAPID_MOVE) for n in range(3)]
    assert told(after(0, NoticeKind.MACRO_EVENT), *runs, after(9, NoticeKind.MACRO_EVENT_OVER)) == (
        "told besides: rapid moves 3, severe events 1",
    )
