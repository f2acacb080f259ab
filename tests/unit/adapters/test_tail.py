"""Files that grow: whole lines only, each once, whatever happens to the file."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from engine.adapters import tail_inlet
from engine.adapters.input_options import InputOptions
from engine.adapters.tail_inlet import TailInlet
from engine.errors import Unavailable
from engine.model.incoming import Arrived, Wanted
from tests.support.tapes import at, day, session_of

OPTIONS = InputOptions()
WANTED = Wanted(at=at(0, 60), session=session_of(day(0)), alive_since=at(-1, 0), tickers=frozenset({"AAA"}))
HEADER = "ticker,price,at\n"
SUGGESTED = "recommendation_id,ticker,action,mode,confidence,generated_at,thesis\n"


def quotes_of(path: Path) -> TailInlet:
    return TailInlet(path, tail_inlet.quotes, OPTIONS)


async def told(inlet: TailInlet) -> list[str]:
    """Return what is new as lines: quotes, ids, and what was refused."""
    arrived: Arrived = await inlet.arrived(WANTED)
    return [
        *(f"{q.ticker} {q.price} {q.at:%H:%M}" for q in arrived.quotes),
        *(r.recommendation_id for r in arrived.recommendations),
        *(s.signal_id for s in arrived.signals),
        *(e.event_id for e in arrived.macro_events),
        *(f"{Path(r.where).name} {r.row}: {r.reason}" for r in arrived.refused),
    ]


def line(ticker: str, price: object, minute: int) -> str:
    return f"{ticker},{price},{at(0, minute):%Y-%m-%dT%H:%M:%SZ}\n"


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


async def test_only_what_a_file_gained_is_told_and_a_half_written_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    path.write_text(HEADER + line("AAA", 100, 1))
    inlet = quotes_of(path)
    assert await told(inlet) == ["AAA 1000000 14:31"]
    assert await told(inlet) == []
    whole = line("BBB", 7.25, 3)
    add(path, line("AAA", 101, 2) + whole[:9])
    assert await told(inlet) == ["AAA 1010000 14:32"]
    add(path, whole[9:])
    assert await told(inlet) == ["BBB 72500 14:33"]


async def test_a_file_that_is_not_there_is_said_to_be_so_and_read_when_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    inlet = quotes_of(path)
    with pytest.raises(Unavailable, match=r"there is no file .*quotes\.csv"):
        await told(inlet)
    path.write_text("ticker,pri")
    assert await told(inlet) == []
    path.write_text(HEADER)
    assert await told(inlet) == []
    add(path, line("AAA", 100, 1))
    assert await told(inlet) == ["AAA 1000000 14:31"]


async def test_a_bad_row_is_refused_with_its_line_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    path.write_text(HEADER + line("AAA", 100, 1))
    inlet = quotes_of(path)
    await told(inlet)
    add(path, line("AAA", -3, 2) + line("AAA", 101, 3) + "AAA,102\n" + line("AAA", "much", 4) + line("AAA", 103, 5))
    assert await told(inlet) == [
        "AAA 1010000 14:33",
        "AAA 1030000 14:35",
        "quotes.csv 3: the price is not above zero",
        "quotes.csv 5: the line has 2 fields instead of 3",
        "quotes.csv 6: the price is missing or not a number",
    ]


async def test_a_row_without_a_time_zone_is_refused_also_when_it_comes_alone(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    path.write_text(HEADER + "AAA,100,2024-01-22T14:31:00\n")
    inlet = quotes_of(path)
    (refused,) = await told(inlet)
    assert refused.startswith("quotes.csv 2: ")
    assert "at has no time zone" in refused
    add(path, line("AAA", 101, 2))
    assert await told(inlet) == ["AAA 1010000 14:32"]


@pytest.mark.parametrize("how", ["cut off", "replaced", "rewritten in place"])
async def test_a_file_that_is_not_the_same_any_more_is_read_anew(how: str, tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    path.write_text(HEADER + line("AAA", 100, 1) + line("AAA", 101, 2))
    inlet = quotes_of(path)
    await told(inlet)
    text = HEADER + line("AAA", 200, 3) + ("" if how == "cut off" else line("AAA", 201, 4))
    if how == "replaced":
        beside = tmp_path / "beside.csv"
        beside.write_text(text)
        beside.replace(path)
    else:
        path.write_text(text)
    assert (await told(inlet))[0] == "AAA 2000000 14:33"


async def test_a_file_that_was_replaced_is_read_anew_also_when_it_ends_alike(tmp_path: Path) -> None:
    path, beside = tmp_path / "quotes.csv", tmp_path / "beside.csv"
    same = "".join(line("AAA", 100, minute) for minute in range(2, 30))
    path.write_text(HEADER + line("AAA", 100, 1) + same)
    inlet = quotes_of(path)
    await told(inlet)
    beside.write_text(HEADER + line("AAA", 200, 1) + same)
    beside.replace(path)
    assert (await told(inlet))[0] == "AAA 2000000 14:31"


async def test_a_line_break_inside_of_quotation_marks_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "suggested.csv"
    inlet = TailInlet(path, tail_inlet.recommendations, OPTIONS)
    path.write_text(f'{SUGGESTED}r1,AAA,BUY,paper,0.7,2024-01-22T14:00:00Z,"it rises\n')
    assert await told(inlet) == []
    add(path, 'and rises"\n')
    assert await told(inlet) == ["r1"]


async def test_a_quotation_mark_that_is_never_closed_holds_up_nothing_for_long(tmp_path: Path) -> None:
    path = tmp_path / "suggested.csv"
    inlet = TailInlet(path, tail_inlet.recommendations, OPTIONS)
    path.write_text(f'{SUGGESTED}r0,AAA,BUY,paper,0.7,2024-01-22T14:00:00Z,a 5" pipe\n')
    found: list[str] = await told(inlet)
    for number in range(1, 40):
        add(path, f"r{number},AAA,BUY,paper,0.7,2024-01-22T14:00:00Z,\n")
        found += await told(inlet)
    assert {f"r{number}" for number in range(20)} <= set(found)


async def test_bad_recommendations_are_refused_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "suggested.csv"
    rows = ("r1,AAA,BUY,paper,0.7,", "r2,AAA,BUY,paper,NaN,", ",AAA,SELL,paper,0.7,", "r4,AAA,HOLD,paper,0.7,")
    path.write_text(SUGGESTED + "".join(f"{row}2024-01-22T14:00:00Z,\n" for row in rows))
    found = await told(TailInlet(path, tail_inlet.recommendations, OPTIONS))
    assert [words.split(" (")[0] for words in found] == [
        "r1",
        "suggested.csv 3: the confidence is missing or not a number",
        "suggested.csv 4: the recommendation id is empty",
    ]


async def test_signals_and_macro_events_grow_too(tmp_path: Path) -> None:
    signals, events = tmp_path / "signals.csv", tmp_path / "events.csv"
    signals.write_text("signal_id,ticker,window,direction,confidence,generated_at\n")
    events.write_text("event_id,severity,at,until\n")
    inlets = TailInlet(signals, tail_inlet.signals, OPTIONS), TailInlet(events, tail_inlet.macro_events, OPTIONS)
    assert [await told(inlet) for inlet in inlets] == [[], []]
    add(signals, "s1,AAA,intraday,up,0.7,2024-01-22T14:31:00Z\n")
    add(events, "e1,high,2024-01-22T14:31:00Z,2024-01-22T15:31:00Z\ne2,odd,2024-01-22T14:31:00Z,2024-01-22T15:31:00Z\n")
    assert await told(inlets[0]) == ["s1"]
    found = await told(inlets[1])
    assert found[0] == "e1"
    assert found[1].startswith("events.csv 3: the severity is neither low, medium nor high")


def parquet_of(path: Path, *prices: float) -> None:
    moments = [datetime(2024, 1, 22, 14, 31 + i, tzinfo=UTC) for i in range(len(prices))]
    parquet.write_table(pa.table({"ticker": ["AAA"] * len(prices), "price": list(prices), "at": moments}), path)


async def test_a_folder_is_read_as_files_are_put_there_and_parquet_when_it_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "quotes"
    folder.mkdir()
    inlet = quotes_of(folder)
    assert await told(inlet) == []
    (folder / "a.csv").write_text(HEADER + line("AAA", 100, 1))
    (folder / ".hidden.csv").write_text(HEADER + line("AAA", 1, 1))
    (folder / "b.csv.part").write_text(HEADER + line("AAA", 2, 1))
    assert await told(inlet) == ["AAA 1000000 14:31"]
    parquet_of(tmp_path / "whole.parquet", 102.0, 103.0)
    whole = (tmp_path / "whole.parquet").read_bytes()
    (folder / "c.parquet").write_bytes(whole[:-40])
    assert await told(inlet) == []
    (folder / "c.parquet").write_bytes(whole)
    assert await told(inlet) == ["AAA 1020000 14:31", "AAA 1030000 14:32"]
    parquet_of(tmp_path / "whole.parquet", 104.0)
    (tmp_path / "whole.parquet").replace(folder / "c.parquet")
    assert await told(inlet) == ["AAA 1040000 14:31"]


async def test_a_parquet_file_that_stays_damaged_is_refused_once(tmp_path: Path) -> None:
    path = tmp_path / "quotes.parquet"
    path.write_bytes(b"PAR1 and no more")
    inlet = quotes_of(path)
    assert await told(inlet) == []
    assert await told(inlet) == [f"quotes.parquet 1: {path} is a Parquet file without an end"]
    assert await told(inlet) == []


async def test_another_engine_hears_everything_again(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    path.write_text(HEADER + line("AAA", 100, 1))
    inlet = quotes_of(path)
    await told(inlet)
    inlet.begin()
    assert await told(inlet) == ["AAA 1000000 14:31"]
