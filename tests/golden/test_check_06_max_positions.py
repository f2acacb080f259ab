"""Check 6: fewer open positions than the maximum."""

from tests.support.tapes import FLAT, buy, play, rules, sell, tape

FOUR = tape({t: [FLAT] * 4 for t in ("AAA", "BBB", "CCC", "DDD")})


def test_the_most_confident_get_the_places_there_are() -> None:
    played = play(
        FOUR,
        buy("AAA", confidence=0.70),
        buy("BBB", confidence=0.90),
        buy("CCC", confidence=0.80),
        policy=rules(max_open_positions=2),
    )
    assert played.answers == {
        "buy BBB on day 0": "act",
        "buy CCC on day 0": "act",
        "buy AAA on day 0": "max_positions",
    }


def test_a_position_sold_at_the_open_makes_room_for_a_buy_of_the_same_day() -> None:
    played = play(FOUR, buy("AAA", 0), sell("AAA", 1), buy("BBB", 1), policy=rules(max_open_positions=1))
    assert played.held == {"BBB": 50}


def test_no_place_at_all_means_no_buys() -> None:
    assert list(play(FOUR, buy("AAA"), policy=rules(max_open_positions=0)).answers.values()) == ["max_positions"]


def test_the_default_is_ten() -> None:
    names = [f"T{i:02}" for i in range(11)]
    played = play(
        tape({t: [FLAT] for t in names}),
        *(buy(t) for t in names),
        policy=rules(moderate={"max_portfolio_heat": 1, "max_sector_pct": 1}),
    )
    assert list(played.answers.values()) == ["act"] * 10 + ["max_positions"]
