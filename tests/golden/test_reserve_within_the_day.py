"""Reserve within the day: a fifth of each profit at once, what a person moves, and one word at the high-water mark."""

import pytest

from engine.decision.events import ReserveAdjusted
from engine.model.money import quantise
from engine.model.notices import NoticeKind
from engine.model.portfolio import ReservePoolTriggerType
from tests.support.tapes import Path, Played, at, buy, minutes, play, rules, sell


def adjusted(*amounts: float, days: int = 1, **settings: object) -> Played:
    """Return a run that holds 50 AAA for $5,000 of $100,000; a person moves `amounts` (dollars) at minutes 30, 31, …"""
    words = tuple(ReserveAdjusted(at=at(0, 30 + n), amount=quantise(a), note="a test") for n, a in enumerate(amounts))
    paths: dict[int, Path] = {0: {0: 100}, 1: {0: 103}}
    market = minutes({"AAA": {n: paths[n] for n in range(days)}})
    more = [sell("AAA", 1)] if days > 1 else []
    return play(market, buy("AAA"), *more, policy=rules(**settings), interventions=words)


def ledger(played: Played) -> list[tuple[str, float]]:
    return [(e.trigger.value, e.balance_after / 10_000) for e in played.result.books.reserve_entries]


def test_a_profit_is_shared_when_it_is_made() -> None:
    market = minutes({"AAA": {0: {0: 100, 31: 103}}})
    played = play(market, buy("AAA"), sell("AAA", 0, generated_at=at(0, 60)))
    (entry,) = played.result.books.reserve_entries
    assert (played.moment(entry.at), entry.amount) == ("day 0 61 min", 300_000)  # $30 of $150


def test_a_person_puts_money_aside_and_takes_it_back() -> None:
    played = adjusted(20_000, -5_000)
    assert ledger(played) == [("manual_adjustment", 20_000.0), ("manual_adjustment", 15_000.0)]
    (first, _) = played.result.books.reserve_entries
    assert (first.trigger, first.notes) == (ReservePoolTriggerType.MANUAL_ADJUSTMENT, "a test")
    last = played.result.books.snapshots[-1]
    assert (last.reserve, last.active_pool) == (150_000_000, 850_000_000)  # of $100,000


@pytest.mark.parametrize(("amount", "kept"), [(95_000, 1), (95_000.0001, 0)])
def test_no_more_than_the_cash_there_is(amount: float, kept: int) -> None:
    played = adjusted(amount)
    assert len(ledger(played)) == kept
    assert [n.kind for n in played.noticed(NoticeKind.COMMAND_REFUSED)] == [NoticeKind.COMMAND_REFUSED] * (1 - kept)


def test_no_more_is_taken_back_than_is_there() -> None:
    played = adjusted(100, -100.01)
    assert ledger(played) == [("manual_adjustment", 100.0)]
    assert [played.moment(n.at) for n in played.noticed(NoticeKind.COMMAND_REFUSED)] == ["day 0 31 min"]


def test_what_is_put_aside_is_not_for_entries() -> None:
    words = (ReserveAdjusted(at=at(0, 5), amount=quantise(60_000)),)
    played = play(minutes({"AAA": {0: {0: 100}}}), buy("AAA"), interventions=words)
    assert played.held == {"AAA": 20}  # 5 % of $40,000


def test_above_30_percent_it_is_told_once_at_the_close() -> None:
    played = adjusted(30_000.01, days=2)
    assert [played.moment(n.at) for n in played.noticed(NoticeKind.RESERVE_HIGH_WATER)] == ["day 0 close"]
    (told,) = played.noticed(NoticeKind.RESERVE_HIGH_WATER)
    assert (told.value, told.limit) == pytest.approx((0.3000001, 0.30))
    assert adjusted(30_000).noticed(NoticeKind.RESERVE_HIGH_WATER) == []


def test_it_is_told_again_after_it_was_below() -> None:
    moves = ((0, 40_000), (1, -20_000), (2, 20_000), (3, 100))
    words = tuple(ReserveAdjusted(at=at(day, 30), amount=quantise(a)) for day, a in moves)
    played = play(minutes({"AAA": {0: {0: 100}}}, days=4), interventions=words)
    assert [played.moment(n.at) for n in played.noticed(NoticeKind.RESERVE_HIGH_WATER)] == [
        "day 0 close",
        "day 2 close",
    ]


def test_above_it_siphoning_rests() -> None:
    assert ledger(adjusted(30_100, days=2)) == [("manual_adjustment", 30_100.0)]  # $150 are made on day 1
    assert ledger(adjusted(30_000, days=2)) == [("manual_adjustment", 30_000.0), ("profit_siphon", 30_030.0)]
