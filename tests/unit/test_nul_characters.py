"""A NUL character can be kept by no PostgreSQL: a row with one in it is refused by whatever reads it, and it alone."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from engine.adapters import tail_inlet
from engine.adapters.input_options import InputOptions
from engine.adapters.recommendation_files import read_recommendations
from engine.adapters.tail_inlet import TailInlet
from engine.model.incoming import Arrived
from engine.model.intraday import to_micros
from storage.live_sources import MarketInlet
from tests.support.filled_market import MACRO_EVENT, QUOTE, SIGNAL, row_of, with_history
from tests.support.input_tables import said, wanted
from tests.support.tapes import FLAT, at, buy, day, tape

AT, UNTIL = (f"{at(0, minute):%Y-%m-%dT%H:%M:%SZ}" for minute in (1, 60))
SUGGESTED = "id,ticker,action,mode,confidence,generated_at,source,thesis\n"
GOOD = f"good,AAA,buy,paper_eligible,0.9,{AT},me,fine\n"


def suggested(name: str = "bad", ticker: str = "AAA", source: str = "me", thesis: str = "fine") -> str:
    return f"{name},{ticker},buy,paper_eligible,0.9,{AT},{source},{thesis}\n"


def has_no_nul(arrived: Arrived) -> bool:
    return not any("\0" in refusal.words for refusal in arrived.refused) and "\0" not in repr(arrived).replace(
        "\\x00", "\0"
    )


@pytest.mark.parametrize(
    "line", [suggested("b\0d"), suggested(ticker="A\0A"), suggested(source="\0"), suggested(thesis="so\0so")]
)
async def test_a_recommendation_of_a_growing_file_is_refused_and_those_beside_it_go_on(
    tmp_path: Path, line: str
) -> None:
    path = tmp_path / "suggested.csv"
    path.write_text(SUGGESTED + GOOD)
    inlet = TailInlet(path, tail_inlet.recommendations, InputOptions())
    await inlet.arrived(wanted(2))
    with path.open("a") as file:
        file.write(suggested("before") + line + suggested("after"))
    arrived = await inlet.arrived(wanted(3))
    assert [r.recommendation_id for r in arrived.recommendations] == ["before", "after"]
    assert [(r.row, r.reason[:31]) for r in arrived.refused] == [("4", "there is a NUL character in it ")]
    assert has_no_nul(arrived)


@pytest.mark.parametrize(
    ("read", "header", "rows"),
    [
        (tail_inlet.quotes, "ticker,price,at\n", (f"AAA,5,{AT}\n", f"A\0A,5,{AT}\n")),
        (
            tail_inlet.signals,
            "signal_id,ticker,window,direction,confidence,generated_at\n",
            (f"s1,AAA,intraday,up,0.9,{AT}\n", f"s\0,AAA,intraday,up,0.9,{AT}\n"),
        ),
        (
            tail_inlet.macro_events,
            "event_id,severity,at,until,name\n",
            (f"e1,high,{AT},{UNTIL},rates\n", f"e2,high,{AT},{UNTIL},ra\0tes\n"),
        ),
    ],
)
async def test_so_is_every_other_kind_of_row(
    tmp_path: Path, read: tail_inlet.Read, header: str, rows: tuple[str, str]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(header + "".join(rows))
    arrived = await TailInlet(path, read, InputOptions()).arrived(wanted(2))
    assert len(said(arrived)) == 2
    assert [r.reason[:30] for r in arrived.refused] == ["there is a NUL character in it"]
    assert has_no_nul(arrived)


def test_a_row_of_a_file_that_is_imported_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "suggested.parquet"
    rows = [line.strip().split(",") for line in (GOOD, suggested(thesis="a\0b"))]
    names = SUGGESTED.strip().split(",")
    parquet.write_table(
        pa.table({name: list(cells) for name, cells in zip(names, zip(*rows, strict=True), strict=True)}), path
    )
    read = read_recommendations([path], InputOptions())
    assert list(read.table.recommendation_id) == ["good"]
    assert [r.row_number for r in read.refused] == [2]


def to_market(path: Path, statement: str, *rows: tuple[object, ...]) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.executemany(statement, rows)


@pytest.mark.parametrize("field", ["recommendation_id", "ticker", "source", "thesis"])
async def test_a_recommendation_of_market_db_is_refused_and_those_beside_it_go_on(tmp_path: Path, field: str) -> None:
    path = tmp_path / "market.db"
    await with_history(path, tape({"AAA": [FLAT]}), day(-1))
    row = {
        **dict(zip(NAMES, row_of(buy("AAA", recommendation_id="bad", generated_at=at(0, 1))), strict=False)),
        "source": "",
        "thesis": "",
    }
    good = tuple({**row, "recommendation_id": "good"}.values())
    to_market(
        path, f"INSERT INTO recommendations VALUES ({', '.join('?' * 9)})", good, tuple({**row, field: "x\0y"}.values())
    )
    arrived = await MarketInlet(path).arrived(wanted(2))
    assert [r.recommendation_id for r in arrived.recommendations] == ["good"]
    assert [r.reason for r in arrived.refused] == [f"{field} has a NUL character in it"]
    assert has_no_nul(arrived)


NAMES = ("recommendation_id", "ticker", "action", "mode", "confidence", "generated_at", "expires_at")


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        (QUOTE, lambda text: (text, 5, to_micros(at(0, 1)))),
        (SIGNAL, lambda text: (text, "AAA", "intraday", "up", 0.7, to_micros(at(0, 1)))),
        (MACRO_EVENT, lambda text: (text, "high", to_micros(at(0, 1)), to_micros(at(0, 9)), None, None, None)),
        (MACRO_EVENT, lambda text: ("e", "high", to_micros(at(0, 1)), to_micros(at(0, 9)), None, text, None)),
    ],
)
async def test_so_is_every_other_row_of_market_db(
    tmp_path: Path, statement: str, row: Callable[[object], tuple[object, ...]]
) -> None:
    path = tmp_path / "market.db"
    await with_history(path, tape({"AAA": [FLAT]}), day(-1))
    to_market(path, statement, row("x\0y"))
    arrived = await MarketInlet(path).arrived(wanted(2))
    (line,) = said(arrived)
    assert line.endswith(" has a NUL character in it")
    assert has_no_nul(arrived)


async def test_text_of_market_db_that_is_no_unicode_refuses_its_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    await with_history(path, tape({"AAA": [FLAT]}), day(-1))
    rows = [row_of(buy("AAA", recommendation_id=name, generated_at=at(0, 1))) for name in ("bad", "good")]
    to_market(path, f"INSERT INTO recommendations VALUES ({', '.join('?' * 7)}, '', '')", *rows)
    to_market(path, "UPDATE recommendations SET thesis = CAST(X'ff41' AS TEXT) WHERE recommendation_id = ?", ("bad",))
    assert said(await MarketInlet(path).arrived(wanted(2))) == [
        "good",
        "recommendations, row bad: thesis is not UTF-8",
    ]
