"""Property 27: a recommendation or a signal that comes a second time changes nothing."""

from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.model.runs import RunStatus
from tests.support.markets import IntradayWorld, World, intraday_worlds, worlds


@settings(max_examples=40)
@given(worlds(), st.data())
def test_p27_the_same_id_again_is_no_new_recommendation(world: World, data: st.DataObject) -> None:
    twice = data.draw(st.lists(st.sampled_from(world.recommendations), max_size=5))
    again = [replace(r, confidence=1.0 - r.confidence) for r in twice]
    one = world.play()
    other = replace(world, recommendations=(*world.recommendations, *again)).play()
    assert one.status is other.status is RunStatus.COMPLETED
    event(f"decisions: {min(3, len(one.books.decisions))}")
    assert one.fingerprint == other.fingerprint
    ids = [d.recommendation_id for d in other.books.decisions if d.recommendation_id is not None]
    assert len(ids) == len(set(ids))


@settings(max_examples=40)
@given(intraday_worlds(), st.data())
def test_p27_within_days_neither_recommendations_nor_signals_count_twice(
    world: IntradayWorld, data: st.DataObject
) -> None:
    twice = data.draw(st.lists(st.sampled_from(world.recommendations), max_size=4))
    again = tuple(data.draw(st.lists(st.sampled_from(world.signals), max_size=4)) if world.signals else ())
    one = world.play()
    other = replace(world, recommendations=(*world.recommendations, *twice), signals=(*world.signals, *again)).play()
    assert one.status is other.status is RunStatus.COMPLETED
    assert one.fingerprint == other.fingerprint
    causes = [d.cause for d in other.books.decisions if d.cause[0] in "rs" and d.cause[1:].isdigit()]
    assert len(causes) == len(set(causes))
