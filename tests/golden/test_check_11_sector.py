"""Check 11: a sector is capped to what is left under its share of the active pool; and the bonus for a new sector."""

import pytest

from tests.support.tapes import FLAT, Bar, buy, play, rules, tape

TECH = {"AAA": "tech", "BBB": "tech", "CCC": "tech"}
MARKET = tape({t: [FLAT] * 2 for t in ("AAA", "BBB", "CCC")}, sectors=TECH)


def test_an_entry_above_the_sector_cap_is_reduced_to_what_is_left() -> None:
    tight = rules(diversification_multiplier=1, moderate={"max_sector_pct": 0.07})
    played = play(MARKET, buy("AAA", confidence=0.66), buy("BBB"), policy=tight)
    assert played.held == {"AAA": 50, "BBB": 20}  # $5,000 of $7,000, then the $2,000 that are left
    assert played.size(buy("BBB"))["sector"] == pytest.approx(2_000)


def test_a_full_sector_rejects() -> None:
    tight = rules(diversification_multiplier=1, moderate={"max_sector_pct": 0.05})
    played = play(MARKET, buy("AAA", confidence=0.66), buy("BBB"), policy=tight)
    assert played.answers == {"buy AAA on day 0": "act", "buy BBB on day 0": "sector"}
    assert played.held == {"AAA": 50}


def test_tickers_without_a_sector_share_one() -> None:
    unknown = tape({t: [FLAT] * 2 for t in ("AAA", "BBB")})
    played = play(unknown, buy("AAA", confidence=0.66), buy("BBB"), policy=rules(moderate={"max_sector_pct": 0.07}))
    assert played.held == {"AAA": 50, "BBB": 20}


def test_the_sector_is_measured_at_market_not_at_cost() -> None:
    up: Bar = (104.0, 104.5, 103.0, 104.0)
    market = tape({"AAA": [FLAT, up], "BBB": [FLAT, FLAT]}, sectors=TECH)
    tight = rules(diversification_multiplier=1, moderate={"max_sector_pct": 0.06})
    played = play(market, buy("AAA", 0), buy("BBB", 1), policy=tight)
    assert played.held == {"AAA": 50, "BBB": 8}  # 6 % of $100,200 is $6,012, less 50 * $104: $812 are left


def test_a_new_sector_gets_a_fifth_more_while_fewer_than_three_are_held() -> None:
    names = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
    sectors = {"AAA": "tech", "BBB": "tech", "CCC": "energy", "DDD": "health", "EEE": "retail"}
    played = play(
        tape({t: [FLAT] for t in names}, sectors=sectors),
        *(buy(t) for t in names),
    )
    assert played.held == {
        "AAA": 60,  # the first of its sector
        "BBB": 50,  # tech is held
        "CCC": 60,
        "DDD": 60,
        "EEE": 50,  # new, but three are held
        "FFF": 50,  # unknown is not new
    }
