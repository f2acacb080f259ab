"""Live arrivals: each row is handed out once, however late it comes."""

from dataclasses import replace

from engine.live_arrivals import LiveArrivals, LiveQueue
from engine.model.recommendation import Recommendation
from engine.model.signals import IntradaySignal
from engine.model.tape import RecommendationBatch
from tests.support.tapes import at, buy, sell, signal


def arrivals() -> LiveArrivals[IntradaySignal]:
    return LiveArrivals(lambda s: s.generated_at, lambda s: s.signal_id)


def names(batch: RecommendationBatch) -> list[str]:
    return [batch.table.recommendation_id[i] for i in batch.order]


def queue_of(*recommendations: Recommendation) -> LiveQueue:
    queue = LiveQueue()
    queue.arrivals.add(recommendations)
    return queue


def test_what_is_due_comes_by_its_moment_and_once() -> None:
    known = arrivals()
    late, early, later = (signal("AAA", 0, minute) for minute in (3, 1, 9))
    known.add([late, early, later])
    assert known.until(at(0, 3), inclusive=False) == [early]
    assert known.until(at(0, 3)) == [late]
    assert known.until(at(0, 5)) == []
    known.add([early, late])
    assert known.until(at(0, 9)) == [later]


def test_a_late_row_is_handed_out_too() -> None:
    known = arrivals()
    assert known.until(at(0, 5)) == []
    known.add([signal("AAA", 0, 1)])
    assert known.until(at(0, 6)) == [signal("AAA", 0, 1)]


def test_of_several_with_one_key_the_first_counts_until_it_is_forgotten() -> None:
    known = arrivals()
    first, second = signal("AAA", 0, 1, name="s"), signal("BBB", 0, 2, name="s")
    known.add([first, second])
    assert known.until(at(0, 5)) == [first]
    known.forget(at(0, 4))
    known.add([second])
    assert known.until(at(0, 5)) == [second]


def test_what_still_waits_is_not_forgotten() -> None:
    known = arrivals()
    known.add([signal("AAA", 0, 1)])
    known.forget(at(0, 4))
    known.add([signal("AAA", 0, 1)])
    assert known.until(at(0, 5)) == [signal("AAA", 0, 1)]


def test_what_was_noted_is_not_handed_out() -> None:
    known = arrivals()
    known.note(signal("AAA", 0, 1))
    known.add([signal("AAA", 0, 1)])
    assert known.until(at(0, 5)) == []


def test_sells_and_buys_are_due_after_their_moment_in_the_order_of_evaluation() -> None:
    rows = [
        buy("AAA", confidence=0.7, recommendation_id="b"),
        buy("BBB", confidence=0.7, recommendation_id="a"),
        buy("CCC", confidence=0.9),
        sell("DDD", 0),
        buy("EEE", generated_at=at(0, 1)),
    ]
    queue = queue_of(*rows)
    sells, buys = queue.due(at(0, 1))
    assert names(sells) == ["sell DDD on day 0"]
    assert names(buys) == ["buy CCC on day 0", "a", "b"]
    assert [names(batch) for batch in queue.due(at(0, 2))] == [[], ["buy EEE on day 0"]]


def test_what_has_to_wait_is_offered_again_once_it_is_time() -> None:
    recommendation = buy("AAA")
    queue = queue_of(recommendation)
    queue.due(at(0, 0))
    queue.wait(recommendation, at(0, 15))
    assert [names(batch) for batch in queue.due(at(0, 14))] == [[], []]
    assert [names(batch) for batch in queue.due(at(0, 15))] == [[], ["buy AAA on day 0"]]
    assert [names(batch) for batch in queue.due(at(0, 16))] == [[], []]


def test_what_waited_long_enough_is_told_and_waits_no_longer() -> None:
    short, long = buy("AAA"), replace(buy("BBB"), expires_at=at(1, 0))
    queue = queue_of()
    for recommendation in (short, long):
        queue.wait(recommendation, at(2, 0))
    assert queue.expired(at(0, 390), lambda r: r.expires_at or at(0, 390)) == [short]
    assert [names(batch) for batch in queue.due(at(2, 0))] == [[], ["buy BBB on day 0"]]
