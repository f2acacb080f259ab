"""`stonks demo --no-ui`: the live engine plays some days of the made-up market, and what happened is told."""

import asyncio
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from engine import backtester
from engine.adapters import door_socket
from engine.adapters.paced_clock import DEFAULT_SPEED
from engine.door import Door
from engine.errors import BadInput
from engine.model.audit import Answered, Asked
from engine.model.costs import CostModel
from engine.model.money import to_decimal
from engine.model.portfolio import RiskTierName
from engine.model.runs import RunStatus
from engine.policy import TradingPolicy
from stonks_tui import bootstrap, demo_live
from stonks_tui.run_events import Begun, Ended, Progressed, Reading
from tests.support import program
from tests.support.played_demo import PlayedDemo, copied
from tests.support.program import Desk

CAPITAL = 1_000_000_000


@pytest.fixture(scope="module")
def played(played_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> PlayedDemo:
    return copied(played_demo, tmp_path_factory.mktemp("live-demo") / "data")


def test_what_is_planted_happens_to_the_live_account(played: PlayedDemo) -> None:
    told = played.told
    assert {p["kind"] for p in told["planted"]} >= {"macro_event", "sell_off", "bid", "report", "split"}
    assert [b["trigger"] for b in told["breakers"]] == ["volatility"]
    assert told["breakers"][0]["resolved_at"] is not None
    assert sum(t["exit_reason"] == "stop_loss" for t in told["trades"]) >= 5
    (split,) = told["splits"]
    assert split["shares_after"] == 2 * split["shares_before"] > 0
    assert [n["kind"] for n in told["notices"]][:2] == ["macro_event", "macro_event_over"]
    assert {"act", "earnings", "not_active"} <= set(told["answers"])
    assert told["sessions"] == len(told["days"]) == 3
    assert told["is_over"]
    assert (told["protected"], told["lowest_protected"]) == (1.0, 1.0)
    assert float(told["reserve"]) > 0
    assert told["turns"] > 2_000
    assert told["turns_a_second"] == pytest.approx(told["turns"] / told["seconds"], rel=0.01)


def test_the_live_engine_comes_to_what_the_backtester_comes_to(played: PlayedDemo) -> None:
    told = played.told
    made = demo_live.parts(played.folder, seed=7, capital=CAPITAL, tier=RiskTierName.MODERATE, days=3)
    config = backtester.BacktestConfig(
        initial_capital=CAPITAL,
        policy=TradingPolicy(micro_trading_enabled=True),
        costs=CostModel(),
        end_on=made.days[-1][1].on,
    )
    market = made.market
    tested = backtester.run(
        market.tape, market.recommendations, config, signals=market.signals, macro_events=market.macro_events
    )
    assert told["final_value"] == str(to_decimal(tested.metrics.final_value))
    assert [(t["decision_id"], t["pnl"]) for t in told["trades"]] == [
        (t.decision_id, str(to_decimal(t.pnl))) for t in tested.books.trades
    ]


def test_each_day_is_told_when_it_is_over(played: PlayedDemo) -> None:
    reading, begun, *days, ended = played.events
    assert isinstance(reading, Reading)
    assert isinstance(begun, Begun)
    assert ended == Ended(run_id=0, status=RunStatus.COMPLETED)
    told = [e for e in days if isinstance(e, Progressed)]
    assert [(e.done, e.total, e.on.isoformat()) for e in told] == [
        (n, 3, day["on"]) for n, day in enumerate(played.told["days"], start=1)
    ]
    assert (begun.sessions, begun.start, begun.end) == (3, told[0].on, told[-1].on)
    assert str(to_decimal(told[-1].equity)) == played.told["final_value"]


def test_a_demo_is_made_anew_tells_in_words_what_happened_and_leaves_everything_else_alone(played: PlayedDemo) -> None:
    demo = played.folder
    kept = demo / "exports" / "mine.csv"
    kept.parent.mkdir()
    kept.write_text("mine")
    before = (demo / "stonks.db").stat().st_size
    process = program.process(played.data_dir, "demo", "--days", 1)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("A made-up market (seed 7) from 2023-05-23 on: 36 tickers")
    assert "A large bank says that it cannot pay, 12:30 to 13:30 New York" in " ".join(out.split())
    assert "is split" not in out  # that is two days later
    assert "The live engine traded 1 day: " in out
    assert "05-23 12:30  severe event: A large bank says that it cannot pay" in out
    assert "Protected" in out
    assert max(map(len, out.splitlines())) <= 80
    assert (demo / "stonks.db").stat().st_size < before
    assert kept.read_text() == "mine"
    assert {p.name for p in demo.iterdir()} >= {"stonks.db", "paper.db", "cache", "exports", "logs"}
    assert {p.name for p in played.data_dir.iterdir()} == {"demo"}


async def test_a_demo_that_is_running_is_not_removed(tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    demo.mkdir()
    bootstrap.live_path(demo).write_bytes(b"an account")
    door = Door()

    async def work() -> None:
        await asyncio.to_thread(demo_live.clear, demo)

    async with door_socket.serve(bootstrap.door_path(demo), door.ask):
        cleared = asyncio.ensure_future(work())
        answered = asyncio.ensure_future(door.opened(_never(), _answer))
        with pytest.raises(BadInput, match="a demo is running"):
            await cleared
        answered.cancel()
    assert bootstrap.live_path(demo).read_bytes() == b"an account"
    await work()
    assert not bootstrap.live_path(demo).exists()


async def _never() -> None:
    await asyncio.sleep(60)


async def _answer(_: Asked) -> Answered:
    return Answered(done=True, words="running")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seed", "-1"], "the seed is -1"),
        (["--capital", "0"], "--capital is 0"),
        (["--days", "0"], "--days is 0"),
        (["--days", "61"], "from 1 to 60 days"),
        (["--day-seconds", "0"], "0 is no number of seconds above 0"),
        (["--day-seconds", "x"], "x is no number of seconds above 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, words: list[str], said: str) -> None:
    ended = desk.stonks("demo", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_the_pace_of_the_screens_steers_the_clock(calendars: Path, tmp_path: Path) -> None:
    shutil.copytree(calendars, bootstrap.cache_path(tmp_path))
    made = demo_live.parts(
        tmp_path, seed=7, capital=CAPITAL, tier=RiskTierName.MODERATE, days=2, speed=demo_live.speed_of(20)
    )
    plan = made.plan(tmp_path)
    assert plan.pace is not None
    assert (made.clock.speed, plan.pace.is_frozen()) == (DEFAULT_SPEED, False)
    plan.pace.freeze()
    assert (made.clock.is_paused, plan.pace.is_frozen()) == (True, True)
    plan.pace.go_on()
    assert (made.clock.is_paused, plan.pace.is_frozen()) == (False, False)
    plan.pace.one_look()
    assert (made.clock.is_paused, plan.pace.is_frozen()) == (True, True)
    plan.pace.set_day_seconds(10)
    assert made.clock.speed == 2 * DEFAULT_SPEED
    first = made.days[0][0]
    assert [session.on for _, session in made.days] == list(made.market.tape.daily.dates[first : first + 2])
    assert made.clock.now() < made.days[0][1].open_at


def test_a_demo_that_is_interrupted_tells_what_happened_until_then(desk: Desk) -> None:
    process = desk.process("demo", "--days", 5)
    log = bootstrap.log_path(desk.data_dir / "demo")
    for _ in range(600):
        if log.exists() and "act " in log.read_text():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert re.search(r"The live engine traded 0 days: [\d,]+ turns? in \d+\.\d s, \d", out)
    assert "It was stopped within a day" in out
    assert "Final value" in out
