"""Tables of somebody else's: other names, other types, no rights, nobody there."""

from datetime import datetime

import asyncpg

from engine.model.recommendation import Action, Mode
from storage import postgres_sources
from storage.postgres_sources_names import InputTable
from tests.support.input_tables import OURS, Looking, said, tables_at, wanted
from tests.support.tapes import at, day

THEIRS = """
    CREATE SCHEMA "Signals";
    CREATE DOMAIN "Signals".score AS numeric(6, 5);
    CREATE TYPE "Signals".side AS ENUM ('Buy', 'Sell');
    CREATE TABLE "Signals"."Recommendation.v2" (id uuid DEFAULT gen_random_uuid(), "Symbol" varchar(12),
        side "Signals".side, score "Signals".score, created timestamp, "until ""then"" at" bigint);
    CREATE TABLE "Signals".trend (nr bigint, sym char(6), way text, sure real, ts double precision);
    CREATE TABLE "Signals".tick (sym text, last money, seen bigint);
    CREATE TABLE "Signals".shock (nr int, how text, first_day date, last_day date, who text[]);
    CREATE TABLE "Signals".eod (sym text, day date, o real, h real, l real, c real, v numeric);
    CREATE VIEW "Signals".sector AS SELECT sym AS symbol, 'Tech' AS gics FROM "Signals".eod;
"""
TABLES = {
    table.kind: table
    for table in (
        InputTable(
            kind="recommendations",
            table='"Signals"."Recommendation.v2"',
            columns={
                "recommendation_id": "id",
                "ticker": "Symbol",
                "action": "side",
                "confidence": "score",
                "generated_at": "created",
                "expires_at": 'until "then" at',
            },
            constants={"mode": "live_eligible", "source": "house"},
            is_said=True,
        ),
        InputTable(
            kind="signals",
            table='"Signals".trend',
            columns={
                "signal_id": "nr", "ticker": "sym", "direction": "way", "confidence": "sure", "generated_at": "ts"
            },
            constants={"window": "intraday"},
            is_said=True,
        ),
        InputTable(
            kind="quotes",
            table="Signals.tick",
            columns={"ticker": "sym", "price": "last", "at": "seen"},
            is_said=True,
        ),
        InputTable(
            kind="macro_events",
            table="Signals.shock",
            columns={"event_id": "nr", "severity": "how", "at": "first_day", "until": "last_day", "tickers": "who"},
            is_said=True,
        ),
        InputTable(
            kind="daily_bars",
            table="Signals.eod",
            columns={
                "ticker": "sym", "start_at": "day", "open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"
            },
            constants={"interval": "1d"},
            is_said=True,
        ),
        InputTable(kind="securities", table="Signals.sector", columns={"ticker": "symbol", "sector": "gics"}),
    )
}  # fmt: skip


async def test_names_and_types_of_theirs_are_read_as_ours(url: str, owner: asyncpg.Connection) -> None:
    await owner.execute(THEIRS)
    await owner.execute(
        """INSERT INTO "Signals"."Recommendation.v2" ("Symbol", side, score, created, "until ""then"" at")
        VALUES ('aaa', 'Buy', 0.75, $1, $2), ('BBB', 'Sell', NULL, $1, NULL)""",
        at(0, 1).replace(tzinfo=None),
        round(at(0, 90).timestamp() * 1000),
    )
    await owner.execute('INSERT INTO "Signals".trend VALUES (7, $1, $2, 0.5, $3)', "AAA", "up", at(0, 1.5).timestamp())
    ticks = [("aaa", "$1,234.50", at(0, 1)), ("AAA", "1,234.75", at(0, 1.25)), ("BBB", "-1", at(0, 1))]
    await owner.executemany(
        'INSERT INTO "Signals".tick VALUES ($1, $2::text::money, $3)',
        [(sym, last, round(seen.timestamp() * 1_000_000)) for sym, last, seen in ticks],
    )
    await owner.execute("""INSERT INTO "Signals".shock VALUES (1, 'HIGH', $1, $1, '{AAA,bbb}')""", day(0))
    with tables_at(url, TABLES) as tables:
        assert not await tables.problems()
        looking = Looking(tables)
        arrived = await looking.arrived(wanted(2))
        again = await looking.arrived(wanted(3))
    assert looking.failed == []
    assert said(again) == []
    (recommendation,) = arrived.recommendations
    assert (recommendation.ticker, recommendation.action, recommendation.mode) == (
        "AAA",
        Action.BUY,
        Mode.LIVE_ELIGIBLE,
    )
    assert (recommendation.confidence, recommendation.source) == (0.75, "house")
    assert (recommendation.generated_at, recommendation.expires_at) == (at(0, 1), at(0, 90))
    assert [(q.ticker, q.price, q.at) for q in arrived.quotes] == [
        ("AAA", 12_345_000, at(0, 1)),
        ("AAA", 12_347_500, at(0, 1.25)),
    ]
    (signal,) = arrived.signals
    assert (signal.signal_id, signal.ticker, signal.generated_at) == ("7", "AAA", at(0, 1.5))
    (event,) = arrived.macro_events
    assert event.tickers == {"AAA", "BBB"}
    assert (event.at, event.until) == (
        datetime.fromisoformat(f"{day(0)}T05:00Z"),
        datetime.fromisoformat(f"{day(1)}T05:00Z"),
    )
    assert [refusal.reason for refusal in arrived.refused] == [
        "the price is not above zero",
        "the confidence is missing or not a number",
    ]


async def test_the_days_before_are_read_from_their_columns(url: str, owner: asyncpg.Connection) -> None:
    await owner.execute(THEIRS)
    bar = 'INSERT INTO "Signals".eod VALUES ($1, $2, $3, $4, $5, $6, $7)'
    await owner.executemany(bar, [("AAA", day(-2), 10.1, 12.3, 9.9, 11.2, 5), ("AAA", day(-1), 1, 0.9, 2, 1, None)])
    with tables_at(url, TABLES) as tables:
        history = postgres_sources.history(tables)
        facts = await history.facts(day(-5), day(-1))
        refused = (await history.arrived(wanted(0))).refused
    assert facts.bars.open.tolist() == [101_000]
    assert facts.bars.high.tolist() == [123_000]
    assert facts.bars.volume.tolist() == [5]
    assert [(s.ticker, s.sector) for s in facts.securities] == [("AAA", "Tech")]
    assert [r.reason for r in refused] == ["open or close is far outside of low and high"]


async def test_quotes_without_a_number_are_told_once_and_those_of_a_slow_sender_too(
    url: str, owner: asyncpg.Connection
) -> None:
    await owner.execute(OURS + "ALTER TABLE quotes DROP COLUMN id")
    quote = "INSERT INTO quotes VALUES ($1, $2, $3)"
    with tables_at(url) as tables:
        looking = Looking(tables)
        await owner.executemany(quote, [("AAA", 100, at(0, 5)), ("AAA", 100, at(0, 5)), ("BBB", 5, at(0, -5))])
        assert said(await looking.arrived(wanted(6))) == ["AAA 1000000 14:35:00"]
        assert said(await looking.arrived(wanted(7))) == []
        await owner.executemany(quote, [("BBB", 6, at(0, 1)), ("AAA", 101, at(0, 7))])
        assert said(await looking.arrived(wanted(8))) == ["BBB 60000 14:31:00", "AAA 1010000 14:37:00"]
        assert said(await looking.arrived(wanted(9))) == []


async def test_moments_in_text_have_to_name_their_zone(url: str, owner: asyncpg.Connection) -> None:
    await owner.execute(OURS + "ALTER TABLE recommendations ALTER generated_at TYPE text, ALTER confidence TYPE text")
    row = "INSERT INTO recommendations VALUES ($1, 'AAA', 'buy', 'paper_eligible', $2, $3)"
    moments = [
        ("r1", "0.9", "2024-01-22T09:31:00-05:00"),
        ("r2", "0.9", "2024-01-22 09:31:00"),
        ("r3", "sure", "2024-01-22T14:31Z"),
    ]
    await owner.executemany(row, moments)
    with tables_at(url) as tables:
        arrived = await Looking(tables).arrived(wanted(2))
    assert said(arrived) == [
        "r1",
        "recommendations, row r2: generated_at has no time zone",
        "recommendations, row r3: the confidence is missing or not a number",
    ]


async def test_all_that_is_missing_is_named_at_once_with_what_is_there_instead(
    url: str, owner: asyncpg.Connection
) -> None:
    await owner.execute(THEIRS + "CREATE TABLE quotes (ticker text, price numeric, at boolean)")
    named = {
        "recommendations": InputTable(
            kind="recommendations",
            table='"Signals"."Recommendation.v2"',
            columns={"ticker": "symbol", "action": "side", "confidence": "scores", "generated_at": "created"},
            constants={"mode": "x"},
            is_said=True,
        ),
        "signals": InputTable(kind="signals", table="Signals.trends", is_said=True),
        "splits": InputTable(kind="splits", table="elsewhere.splits", is_said=True),
    }
    suggested = '"Signals"."Recommendation.v2" has no column'
    with tables_at(url, named) as tables:
        assert [problem.words for problem in await tables.problems()] == [
            "there is no table Signals.trends for signals: near to it is Signals.trend",
            "there is no table price_bars for daily bars: public has quotes",
            "there is no table elsewhere.splits for splits: there is no schema elsewhere, but Signals, public",
            f'{suggested} recommendation_id: it has id, Symbol, side, score, created, until "then" at',
            f"{suggested} symbol, from which ticker is to be read: near to it is Symbol",
            f"{suggested} scores, from which confidence is to be read: near to it is score",
            "quotes.at is of type bool, from which at cannot be read",
        ]
        looking = Looking(tables)
        await looking.arrived(wanted(1))
    assert len(looking.failed) == 3  # each of recommendations, signals and quotes says so at every look


async def test_a_table_that_is_left_out_is_not_read(url: str, owner: asyncpg.Connection) -> None:
    await owner.execute(OURS + "ALTER TABLE quotes DROP COLUMN price")
    with tables_at(url, {"quotes": InputTable(kind="quotes", table="", is_said=True)}) as tables:
        assert not await tables.problems()
        looking = Looking(tables)
        assert said(await looking.arrived(wanted(1))) == []
    assert looking.failed == []
