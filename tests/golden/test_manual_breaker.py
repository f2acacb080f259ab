"""The manual breaker: a person trips it, and it stays until a person ends it."""

from engine.decision.events import BreakerCleared, BreakerSet
from engine.model.notices import NoticeKind
from engine.model.portfolio import TradingState
from tests.support.tapes import Played, at, buy, minutes, play, rules, sell

SET = BreakerSet(at=at(0, 30))


def told(*words: BreakerSet | BreakerCleared, days: int = 4, tranches: int = 1) -> Played:
    names = ("AAA", "BBB", "CCC", "DDD")[:days]
    asked = [buy(t, n) for n, t in enumerate(names)]
    policy = rules(gradual_entry_tranches=tranches, gradual_entry_interval_minutes=60)
    market = minutes({t: {0: {0: 100}} for t in names}, days=days)
    return play(market, *asked, sell("AAA", 2), policy=policy, interventions=words)


def test_it_stops_entries_day_after_day_and_no_exit() -> None:
    played = told(SET)
    assert played.breakers == ["day 0 30 min: manual"]
    assert played.answers == {
        "buy AAA on day 0": "act",
        "buy BBB on day 1": "not_active",
        "sell AAA on day 2": "act",
        "buy CCC on day 2": "not_active",
        "buy DDD on day 3": "not_active",
    }
    assert [s.trading_state for s in played.result.books.snapshots[-4:]] == [TradingState.REDUCING] * 4


def test_a_person_ends_it_and_entries_go_on() -> None:
    played = told(SET, BreakerCleared(at=at(1, 300), breaker_id="b1"))
    (breaker,) = played.result.books.breakers
    assert (breaker.cooldown_expires, breaker.resolved_at) == (None, at(1, 300))
    assert played.answers["buy BBB on day 1"] == "not_active"
    assert played.answers["buy CCC on day 2"] == "act"


def test_set_twice_it_is_one() -> None:
    assert told(SET, BreakerSet(at=at(0, 40))).breakers == ["day 0 30 min: manual"]


def test_set_again_after_it_was_ended_it_is_another() -> None:
    played = told(SET, BreakerCleared(at=at(1, 5), breaker_id="b1"), BreakerSet(at=at(1, 10)))
    assert played.breakers == ["day 0 30 min: manual", "day 1 10 min: manual"]
    assert played.answers["buy BBB on day 1"] == "not_active"


def test_one_that_is_not_on_cannot_be_ended_and_that_is_said() -> None:
    played = told(BreakerCleared(at=at(0, 30), breaker_id="b7"))
    (refused,) = played.noticed(NoticeKind.COMMAND_REFUSED)
    assert refused.note == "no breaker b7 is on"


def test_it_cancels_what_is_planned() -> None:
    played = told(SET, tranches=3, days=1)
    assert played.notices == ["day 0 30 min: tranches_cancelled AAA"]
    assert played.fills == ["day 0 15 min: bought 17 AAA at 100.00, d1-1-1"]
