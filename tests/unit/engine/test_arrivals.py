"""Arrivals: what came is handed out once, in the order of time; recommendations that have to wait come again."""

from datetime import datetime, timedelta

import pytest

from engine.arrivals import Arrivals, RecommendationQueue
from engine.errors import BadInput
from engine.model.recommendation import Recommendation
from engine.model.tape import RecommendationBatch, RecommendationTable
from tests.support.tapes import at, buy, closing, sell

EARLY = at(-5, 0)


def ids(batch: RecommendationBatch) -> list[str]:
    return [batch.table.recommendation_id[i] for i in batch.order]


def queue(*recommendations: Recommendation, since: datetime = EARLY) -> RecommendationQueue:
    return RecommendationQueue(RecommendationTable.of(recommendations), since)


def test_values_come_once_in_the_order_of_time_whatever_the_order_they_are_given_in() -> None:
    arrivals = Arrivals([3, 1, 2], lambda n: at(0, n))
    assert [arrivals.until(at(0, 2)), arrivals.until(at(0, 2)), arrivals.until(at(0, 9))] == [[1, 2], [], [3]]


def test_what_came_at_the_very_moment_may_be_left_for_the_next_time() -> None:
    arrivals = Arrivals([1, 2], lambda n: at(0, n))
    assert [arrivals.until(at(0, 1), inclusive=False), arrivals.until(at(0, 2), inclusive=False)] == [[], [1]]


def test_what_came_before_may_be_left_out() -> None:
    arrivals = Arrivals([1, 2, 3], lambda n: at(0, n))
    arrivals.skip_until(at(0, 2))
    assert arrivals.until(at(0, 9)) == [2, 3]


def test_recommendations_are_due_at_the_first_look_after_their_moment() -> None:
    q = queue(buy("AAA", generated_at=at(0, 5)))
    assert [ids(q.due(at(0, m))[1]) for m in (4, 5, 6, 7)] == [[], [], ["buy AAA on day 0"], []]


def test_sells_and_buys_are_apart_each_in_the_order_of_evaluation() -> None:
    q = queue(
        buy("AAA", confidence=0.7),
        sell("BBB", 0, confidence=0.1),
        buy("CCC", confidence=0.9),
        sell("DDD", 0, confidence=0.6),
    )
    sells, buys = q.due(at(0, 0))
    assert (ids(sells), ids(buys)) == (
        ["sell DDD on day 0", "sell BBB on day 0"],
        ["buy CCC on day 0", "buy AAA on day 0"],
    )


def test_of_several_with_one_id_the_first_counts() -> None:
    q = queue(buy("AAA", recommendation_id="r"), buy("BBB", recommendation_id="r"))
    _, buys = q.due(at(0, 0))
    assert [buys.table.ticker[i] for i in buys.order] == ["AAA"]


def test_one_that_waits_comes_again_at_its_time_among_the_new_ones() -> None:
    waiting = buy("AAA", confidence=0.8)
    q = queue(buy("BBB", generated_at=at(0, 9), confidence=0.9), buy("CCC", generated_at=at(0, 9), confidence=0.7))
    q.wait(waiting, at(0, 10))
    assert ids(q.due(at(0, 9))[1]) == []
    assert ids(q.due(at(0, 10))[1]) == ["buy BBB on day 0", "buy AAA on day 0", "buy CCC on day 0"]
    assert ids(q.due(at(0, 11))[1]) == []


def test_those_that_have_lived_their_time_are_handed_out_and_wait_no_longer() -> None:
    q = queue()
    q.wait(buy("AAA"), at(1, 15))
    q.wait(buy("BBB"), at(1, 15))
    lives = {"AAA": closing(0), "BBB": closing(1)}
    assert [r.ticker for r in q.expired(closing(0), lambda r: lives[r.ticker])] == ["AAA"]
    assert ids(q.due(at(1, 15))[1]) == ["buy BBB on day 0"]


def test_what_was_made_before_the_run_could_act_on_it_is_left_out() -> None:
    q = queue(buy("AAA", -3), buy("BBB"), since=at(-1, 0))
    assert ids(q.due(at(0, 0))[1]) == ["buy BBB on day 0"]
    assert (q.offered, q.bought) == (1, {"BBB"})


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_that_is_none_is_refused_by_name(confidence: float) -> None:
    with pytest.raises(BadInput, match="recommendation buy AAA on day 0 has a confidence of"):
        queue(buy("AAA", confidence=confidence))


def test_a_moment_without_a_zone_is_refused_by_name() -> None:
    naive = (at(0, 5) + timedelta(0)).replace(tzinfo=None)
    with pytest.raises(BadInput, match="generated_at of recommendation buy AAA on day 0"):
        queue(buy("AAA", generated_at=naive))
