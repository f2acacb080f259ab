"""Order: confidence descending, then time, then id; and the order of things inside a session."""

from datetime import timedelta

from tests.support.tapes import FLAT, Bar, buy, evening_before, play, rules, sell, tape

NAMES = ("AAA", "BBB", "CCC", "DDD")
FOUR = tape({t: [FLAT] * 2 for t in NAMES})
MONDAY = evening_before(0)


def test_confidence_first_then_time_then_id() -> None:
    played = play(
        FOUR,
        buy("AAA", confidence=0.7, recommendation_id="z"),
        buy("BBB", confidence=0.7, recommendation_id="a"),
        buy("CCC", confidence=0.7, recommendation_id="zz", generated_at=MONDAY - timedelta(minutes=1)),
        buy("DDD", confidence=0.8, recommendation_id="zzz"),
    )
    assert list(played.answers) == ["zzz", "zz", "a", "z"]


def test_one_that_waited_takes_its_place_among_the_new_ones() -> None:
    late = tape({"AAA": [None, FLAT], "BBB": [FLAT] * 2, "CCC": [FLAT] * 2})
    waited = buy("AAA", 0, confidence=0.8, expires_at=evening_before(2))
    played = play(late, waited, buy("BBB", 1, confidence=0.9), buy("CCC", 1, confidence=0.7))
    assert [d.ticker for d in played.result.books.decisions] == ["BBB", "AAA", "CCC"]


def test_sells_come_before_buys_whatever_their_confidence() -> None:
    played = play(FOUR, buy("AAA", 0), sell("AAA", 1, confidence=0.1), buy("BBB", 1, confidence=1.0))
    assert list(played.answers) == ["buy AAA on day 0", "sell AAA on day 1", "buy BBB on day 1"]


def test_a_gapped_stop_at_the_open_comes_before_a_sell_and_makes_room_for_a_buy() -> None:
    gap: Bar = (90.0, 91.0, 89.0, 90.0)
    market = tape({"AAA": [FLAT, gap], "BBB": [FLAT, FLAT]})
    played = play(market, buy("AAA", 0), sell("AAA", 1), buy("BBB", 1), policy=rules(max_open_positions=1))
    assert [t.exit_reason for t in played.closed] == ["stop_loss"]
    assert played.answers["sell AAA on day 1"] == "not_held"
    assert played.held == {"BBB": 49}  # 5 % of $99,500


def test_a_stop_inside_the_bar_comes_after_the_buys_and_makes_no_room() -> None:
    low: Bar = (100.0, 101.0, 90.0, 95.0)
    market = tape({"AAA": [FLAT, low], "BBB": [FLAT, FLAT]})
    played = play(market, buy("AAA", 0), buy("BBB", 1), policy=rules(max_open_positions=1))
    assert played.answers["buy BBB on day 1"] == "max_positions"
    assert played.held == {}


def test_nothing_is_traded_on_a_bar_that_had_begun_when_the_recommendation_was_made() -> None:
    at_the_open = FOUR.sessions.on(FOUR.dates[15])
    assert at_the_open is not None
    played = play(FOUR, buy("AAA", generated_at=at_the_open.open_at))
    (decision,) = played.result.books.decisions
    assert decision.at.date() == FOUR.dates[16]
