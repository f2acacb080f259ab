"""Signals come in order and once each; a macro event ends after it begins; some notices call for a person."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import BadInput
from engine.model.macro import MacroEvent, Severity
from engine.model.notices import ALARMS, Notice, NoticeKind
from engine.model.signals import evaluation_order, in_order
from tests.support.tapes import at, shock, signal


def test_signals_come_by_time_and_then_by_id() -> None:
    late, b, a = signal("AAA", 0, 9), signal("BBB", 0, 5, name="b"), signal("CCC", 0, 5, name="a")
    assert in_order([late, b, a]) == (a, b, late)


def test_of_several_signals_with_one_id_the_first_counts() -> None:
    first, second = signal("AAA", 0, 5, name="s"), signal("AAA", 0, 9, name="s", up=False)
    assert in_order([second, first]) == (first,)


def test_the_most_confident_signal_is_judged_first_then_the_oldest_then_by_id() -> None:
    sure = signal("AAA", 0, 9, confidence=0.9)
    old, new = signal("BBB", 0, 5, name="z"), signal("CCC", 0, 6, name="b")
    same = signal("DDD", 0, 6, name="a")
    assert sorted([new, old, same, sure], key=evaluation_order) == [sure, old, same, new]


def test_a_macro_event_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadInput, match="macro event shock ends before it begins"):
        shock(0, 30, -1)
    assert shock(0, 30, 0).until == shock(0, 30, 0).at


@pytest.mark.parametrize("field", ["at", "until"])
def test_a_macro_event_without_a_zone_is_refused(field: str) -> None:
    event = shock(0, 30, 60)
    with pytest.raises(BadInput, match="macro event shock has a moment without a time zone"):
        replace(event, **{field: getattr(event, field).replace(tzinfo=None)})


def test_a_macro_event_of_nothing_in_particular_concerns_all() -> None:
    event = MacroEvent(event_id="e", severity=Severity.LOW, at=at(0, 0), until=at(0, 0) + timedelta(hours=1))
    assert (event.tickers, event.sector, event.name) == (frozenset(), None, "")


def test_what_leaves_stops_unwatched_or_cannot_be_explained_is_an_alarm_and_nothing_else_is() -> None:
    alarms = {kind for kind in NoticeKind if Notice(at=at(0, 0), kind=kind).is_alarm}
    assert alarms == ALARMS
    assert {kind.value for kind in alarms} == {
        "feed_failure",
        "ticker_halted",
        "protection_breach",
        "reconciliation_difference",
        "broker_silent",
        "broker_cannot_answer",
        "sources_lost",
        "store_failed",
        "broken_invariant",
    }
