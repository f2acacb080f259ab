"""What is new in tables of somebody else's since the last look, while others write into them."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from storage import postgres_sources
from storage.postgres_sources_tables import PostgresTables
from tests.support.input_tables import OURS, Looking, said, tables_at, wanted, writer
from tests.support.postgres import fresh_url
from tests.support.tapes import at, day

QUOTE = "INSERT INTO quotes (ticker, price, at) VALUES ($1, $2, $3)"
RECOMMENDATION = "INSERT INTO recommendations VALUES ($1, $2, $3, $4, $5, $6, $7, '', '')"
SIGNAL = "INSERT INTO intraday_signals VALUES ($1, $2, $3, $4, $5, $6)"


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_url(empty=True) as url:
        yield url


@pytest.fixture
async def owner(url: str) -> AsyncIterator[asyncpg.Connection]:
    async with writer(url) as owner:
        await owner.execute(OURS)
        yield owner


@pytest.fixture
def tables(url: str) -> Iterator[PostgresTables]:
    with tables_at(url) as tables:
        yield tables


@pytest.fixture
def looking(owner: asyncpg.Connection, tables: PostgresTables) -> Looking:
    return Looking(tables)


async def recommend(owner: asyncpg.Connection, name: str, **fields: Any) -> None:
    row = {
        "recommendation_id": name,
        "ticker": "AAA",
        "action": "buy",
        "mode": "paper_eligible",
        "confidence": 0.9,
        "generated_at": at(0, 1),
        "expires_at": None,
    } | fields
    await owner.execute(RECOMMENDATION, *row.values())


async def test_quotes_are_told_once_and_a_late_one_is_found_too(owner: asyncpg.Connection, looking: Looking) -> None:
    rows = [("AAA", "100.25", at(0, 5)), ("AAA", "90", at(0, -30)), ("AAA", "80", at(-1, 5))]
    await owner.executemany(QUOTE, rows)
    assert said(await looking.arrived(wanted(6))) == ["AAA 1002500 14:35:00"]
    assert said(await looking.arrived(wanted(7))) == []
    await owner.executemany(QUOTE, [("BBB", 7, at(0, 1)), ("AAA", 101, at(0, 7))])
    assert said(await looking.arrived(wanted(8))) == ["BBB 70000 14:31:00", "AAA 1010000 14:37:00"]
    assert looking.failed == []


async def test_a_quote_whose_transaction_ended_after_a_later_one_is_found(
    url: str, owner: asyncpg.Connection, looking: Looking
) -> None:
    async with writer(url) as slow:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(QUOTE, "AAA", 100, at(0, 1))
        await owner.execute(QUOTE, "AAA", 101, at(0, 2))
        assert said(await looking.arrived(wanted(3))) == ["AAA 1010000 14:32:00"]
        await owner.execute(QUOTE, "AAA", 102, at(0, 3))
        assert said(await looking.arrived(wanted(4))) == ["AAA 1020000 14:33:00"]
        await transaction.commit()
    assert said(await looking.arrived(wanted(5))) == ["AAA 1000000 14:31:00"]
    assert said(await looking.arrived(wanted(6))) == []


async def test_quotes_whose_numbers_begin_anew_are_not_missed(owner: asyncpg.Connection, looking: Looking) -> None:
    await owner.executemany(QUOTE, [("AAA", 100, at(0, 5)), ("AAA", 101, at(0, 6))])
    await looking.arrived(wanted(7))
    await owner.execute("TRUNCATE quotes RESTART IDENTITY")
    await owner.execute(QUOTE, "AAA", 102, at(0, 8))
    assert said(await looking.arrived(wanted(9))) == ["AAA 1020000 14:38:00"]
    assert said(await looking.arrived(wanted(10))) == []


async def test_another_session_begins_with_its_own_quotes(owner: asyncpg.Connection, looking: Looking) -> None:
    await owner.executemany(QUOTE, [("AAA", 100, at(0, 5)), ("AAA", 200, at(1, 0))])
    await looking.arrived(wanted(6))
    assert said(await looking.arrived(wanted(1, 1))) == ["AAA 2000000 14:30:00"]


async def test_recommendations_are_those_that_live_and_late_ones_are_found(
    owner: asyncpg.Connection, looking: Looking
) -> None:
    await recommend(owner, "old", generated_at=at(-2, 1))
    await recommend(owner, "r1", generated_at=at(-1, 1))
    await recommend(owner, "long", generated_at=at(-5, 1), expires_at=at(2, 0))
    await recommend(owner, "ahead", generated_at=at(0, 30))
    assert said(await looking.arrived(wanted(1))) == ["long", "r1"]
    await recommend(owner, "r2", generated_at=at(-1, 1))
    await recommend(owner, "r3", generated_at=at(-1, 200))
    arrived = await looking.arrived(wanted(2))
    assert said(arrived) == ["r2", "r3"]
    assert arrived.newest_recommendation_at == at(-1, 200)
    assert said(await looking.arrived(wanted(3))) == []
    assert said(await looking.arrived(wanted(30))) == ["ahead"]
    looking.begin()
    assert said(await looking.arrived(wanted(31))) == ["ahead", "long", "r1", "r2", "r3"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"confidence": 1.01}, "the confidence is not within 0..1"),
        ({"confidence": float("nan")}, "the confidence is missing or not a number"),
        ({"confidence": None}, "the confidence is missing or not a number"),
        ({"action": "hold"}, "the action is neither buy nor sell"),
        ({"ticker": None}, "the ticker is empty"),
        ({"recommendation_id": " "}, "the recommendation id is empty"),
    ],
)
async def test_a_bad_recommendation_is_refused_once_and_the_others_go_on(
    owner: asyncpg.Connection, looking: Looking, fields: dict[str, Any], reason: str
) -> None:
    await recommend(owner, "good")
    await recommend(owner, "bad", **fields)
    name = fields.get("recommendation_id", "bad")
    assert said(await looking.arrived(wanted(2))) == ["good", f"recommendations, row {name}: {reason}"]
    looking.begin()
    assert said(await looking.arrived(wanted(3))) == ["good"]


async def test_moments_beyond_all_calendars_refuse_their_row_alone(owner: asyncpg.Connection, looking: Looking) -> None:
    await recommend(owner, "good")
    for name, until in (("forever", "infinity"), ("far", "20000-01-01"), ("past", "0044-03-15 BC")):
        await recommend(owner, name)
        await owner.execute(f"UPDATE recommendations SET expires_at = '{until}' WHERE recommendation_id = '{name}'")
    refused = "expires_at is missing or cannot be read"
    assert said(await looking.arrived(wanted(2))) == [
        *("forever", "good"),
        *(f"recommendations, row {name}: {refused}" for name in ("far", "past")),
    ]


async def test_signals_of_the_day_are_told_once_and_bad_ones_refused(
    owner: asyncpg.Connection, looking: Looking
) -> None:
    rows = [(name, "AAA", "intraday", way, 0.7, at(0, 1)) for name, way in (("s1", "UP"), ("s2", "left"))]
    await owner.executemany(SIGNAL, [*rows, ("s0", "AAA", "1d", "down", 0.7, at(-2, 1))])
    refused = "intraday_signals, row s2: the direction is neither up nor down"
    assert said(await looking.arrived(wanted(2))) == ["s1", refused]
    await owner.execute(SIGNAL, "s3", "AAA", "1d", "down", 1.0, at(0, 0.5))
    assert said(await looking.arrived(wanted(3))) == ["s3"]


async def test_an_event_is_told_again_when_it_says_something_else(owner: asyncpg.Connection, looking: Looking) -> None:
    event = "INSERT INTO macro_events VALUES ($1, 'high', $2, $3, 'aaa bbb', NULL, 'rates')"
    await owner.executemany(event, [("e", at(0, 1), at(0, 61)), ("over", at(0, -2), at(0, -1))])
    assert said(await looking.arrived(wanted(2))) == ["e until 15:31"]
    assert said(await looking.arrived(wanted(3))) == []
    await owner.execute("UPDATE macro_events SET until = $1 WHERE event_id = 'e'", at(0, 3))
    assert said(await looking.arrived(wanted(4))) == ["e until 14:33"]
    assert said(await looking.arrived(wanted(5))) == []


async def test_a_minute_counts_with_its_close_once_it_is_over(owner: asyncpg.Connection, looking: Looking) -> None:
    bar = "INSERT INTO price_bars VALUES ($1, '1m', $2, 1, 1, 1, $3, 100)"
    rows = [("AAA", at(0, minute), close) for minute, close in ((-1, 90), (0, 100), (1, None), (2, 102))]
    await owner.executemany(bar, [*rows, ("BBB", at(0, 0), 5)])
    assert said(await looking.arrived(wanted(1.5))) == ["AAA 1000000 14:31:00"]
    refused = "price_bars, row AAA 2024-01-22 14:31: the close is missing or not a number"
    assert said(await looking.arrived(wanted(3))) == ["AAA 1020000 14:33:00", refused]
    assert said(await looking.arrived(wanted(4))) == []


async def test_the_days_before_come_with_what_falls_due_and_bad_rows_are_refused(
    owner: asyncpg.Connection, tables: PostgresTables
) -> None:
    bar = "INSERT INTO price_bars VALUES ($1, '1d', $2, $3, $4, $5, $6, 1000)"
    good = [(t, at(n, 0).replace(hour=0, minute=0), 10, 12, 9, 11) for t in ("AAA", "BBB") for n in (-3, -2, -1)]
    bad = [
        ("CCC", at(-2, 0), float("nan"), 12, 9, 11),
        (None, at(-2, 0), 10, 12, 9, 11),
        ("CCC", at(-1, 0), 0, 1, 0, 1),
    ]
    await owner.executemany(bar, [*good, *bad, ("AAA", at(-2, 0), 10, 12, 9, 11.5)])
    await owner.execute("INSERT INTO securities VALUES ('aaa', 'A', 'Tech', NULL)")
    await owner.execute("INSERT INTO splits VALUES ('AAA', $1, '2:1'), ('BBB', $1, 'many')", day(-1))
    await owner.execute("INSERT INTO dividends VALUES ('AAA', $1, 0.25)", day(-1))
    await owner.execute("INSERT INTO earnings_calendar VALUES ('AAA', $1)", day(3))
    history = postgres_sources.history(tables)
    facts = await history.facts(day(-3), day(-2))
    assert facts.bars.tickers == ("AAA", "BBB")
    assert facts.bars.close.tolist() == [110_000] * 4
    assert [(s.ticker, s.sector) for s in facts.securities] == [("AAA", "Tech")]
    assert [str(s.ratio) for s in facts.splits] == ["2"]
    assert [d.amount for d in facts.dividends] == [2500]
    assert facts.earnings == {"AAA": (day(3),)}
    assert sorted(r.reason for r in (await history.arrived(wanted(0))).refused) == [
        "a price is missing or not a number",
        "the ratio cannot be read: write it like 4, 4:1 or 1/10",
        "the ticker is empty",
        "there is another bar of that day",
    ]
