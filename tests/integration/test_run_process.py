"""A backtest in a process of its own: it tells what happens, and it always ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from engine.model.runs import RunStatus
from stonks_tui.run_events import Begun, Ended, Keeping, Progressed, Reading, Refused, RunEvent
from stonks_tui.run_process import STONKS, RunProcess
from tests.support.program import ROOT, SAYS, SLOWED, Desk

LONG = "y" * 10**6
Start = Callable[..., Awaitable[RunProcess]]

SLOW = ("-c", SLOWED)
SLOW_AND_SILENT = ("-c", SLOWED.replace(SAYS, "pass"))


@pytest_asyncio.fixture
async def start(desk: Desk) -> AsyncIterator[Start]:
    """Start the program at the desk; whatever still runs in the end is closed."""
    started: list[RunProcess] = []

    async def start(*words: object, program: Sequence[str] = STONKS) -> RunProcess:
        arguments = ["--data-dir", str(desk.data_dir), *map(str, words)]
        started.append(await RunProcess.start(arguments, program=program))
        return started[-1]

    yield start
    await asyncio.gather(*(process.close() for process in started))


def python(code: str) -> tuple[str, str]:
    """Return a program that is not ours."""
    return ("-c", code)


async def listed(desk: Desk) -> dict[int, str]:
    """Return the state of each run, asked in a thread: commands bring an event loop of their own."""
    return await asyncio.to_thread(desk.listed)


async def all_of(process: RunProcess) -> list[RunEvent]:
    return [event async for event in process.events()]


async def until(process: RunProcess, kind: type[RunEvent]) -> RunEvent:
    """Read on to the first event of `kind`."""
    async for event in process.events():
        if isinstance(event, kind):
            return event
    pytest.fail(f"it ended without {kind.__name__}")


async def test_a_run_lets_whoever_started_it_go_first(start: Start) -> None:
    process = await start(program=python("import time; time.sleep(60)"))
    own, of_the_run = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, process._process.pid))
    assert of_the_run == min(own + 10, 19)


async def test_a_run_tells_its_events_in_order_and_the_last_progress_is_the_end(desk: Desk, start: Start) -> None:
    process = await start("backtest", "run", *desk.files.options)
    first, *rest = [e for e in await all_of(process) if not isinstance(e, Reading)]
    *progress, keeping, ended = rest
    assert isinstance(first, Begun)
    assert (first.run_id, first.sessions, str(first.start), str(first.end)) == (1, 60, "2014-01-02", "2014-03-28")
    told = [e for e in progress if isinstance(e, Progressed)]
    assert len(told) == len(progress) > 0
    assert [e.done for e in told] == sorted({e.done for e in told})
    assert (told[-1].done, told[-1].total, told[-1].on) == (60, 60, first.end)
    assert isinstance(keeping, Keeping)
    assert keeping.decisions == told[-1].decisions > 0
    assert ended == Ended(run_id=1, status=RunStatus.COMPLETED)
    await process.close()
    assert await listed(desk) == {1: "completed"}
    assert f"{told[-1].equity / 10_000:.4f}" == (await asyncio.to_thread(desk.shown, 1))["metrics"]["final_value"]
    assert not process._said


async def test_a_demo_begins_with_reading_and_completes(start: Start) -> None:
    process = await start("demo", "--backtest", "--no-ui", "--json")
    events = await all_of(process)
    assert events[0] == Reading(what="prices and recommendations")
    assert events[-1] == Ended(run_id=1, status=RunStatus.COMPLETED)
    times = [e.seconds for e in events if isinstance(e, Progressed)]
    assert len(times) <= 10 * times[-1] + 2


async def test_a_run_cancelled_on_the_way_is_kept_as_cancelled(desk: Desk, start: Start) -> None:
    process = await start("backtest", "run", *desk.files.options, program=SLOW)
    reached = await until(process, Progressed)
    process.cancel()
    *progress, _, ended = [reached, *await all_of(process)]
    assert ended == Ended(run_id=1, status=RunStatus.CANCELLED)
    assert await listed(desk) == {1: "cancelled"}
    days = await asyncio.to_thread(desk.exported, "equity", "1")
    assert [e.done for e in progress if isinstance(e, Progressed)][-1] == len(days) < 60


async def test_cancelled_before_it_begins_it_is_interrupted_and_leaves_no_run(desk: Desk, start: Start) -> None:
    process = await start("backtest", "run", *desk.files.options)
    process.cancel()
    told = await all_of(process)
    assert told[-1] == Refused(message="interrupted", exit_code=130)
    assert not any(isinstance(event, Begun) for event in told)
    process = await start("demo", "--backtest", "--seed", 3)
    await until(process, Reading)
    process.cancel()
    assert (await all_of(process))[-1] == Refused(message="interrupted", exit_code=130)
    assert await listed(desk) == {}


async def test_a_second_cancel_kills(desk: Desk, start: Start) -> None:
    process = await start("backtest", "run", *desk.files.options, program=SLOW)
    await until(process, Begun)
    process.cancel()
    process.cancel()
    assert (await all_of(process))[-1] == Refused(message="interrupted", exit_code=130)
    assert await listed(desk) == {1: "interrupted"}


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (["--capital", "-5"], "--capital is -5", 2),
        (["--start", "2030-01-01"], "there is no session from 2030-01-01 to the end", 2),
        (["--tier", "bold"], "argument --tier: invalid choice: 'bold'", 2),
        (["--bars", "nowhere.csv"], "nowhere.csv", 2),
    ],
)
async def test_what_cannot_be_run_is_refused_with_a_hint(
    desk: Desk, start: Start, words: list[str], message: str, code: int
) -> None:
    refused = (await all_of(await start("backtest", "run", *desk.files.options, *words)))[-1]
    assert isinstance(refused, Refused)
    assert message in refused.message
    assert bool(refused.hint) == ("--bars" not in words)
    assert refused.exit_code == code
    assert await listed(desk) == {}


async def test_a_failing_core_ends_as_failed_and_says_how(desk: Desk, start: Start) -> None:
    program = python(SLOWED.replace("time.sleep(0.05)", "1 / (row < 9)"))
    ended = (await all_of(await start("backtest", "run", *desk.files.options, program=program)))[-1]
    assert ended == Ended(run_id=1, status=RunStatus.FAILED, error="ZeroDivisionError: division by zero")


async def test_a_killed_process_has_an_ending_too(desk: Desk, start: Start) -> None:
    process = await start("backtest", "run", *desk.files.options, program=SLOW)
    await until(process, Progressed)
    process._process.kill()
    refused = (await all_of(process))[-1]
    assert isinstance(refused, Refused)
    assert refused.message.startswith("session ")  # the last line on its standard error
    assert refused.exit_code == -signal.SIGKILL
    assert await listed(desk) == {1: "interrupted"}


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("", Refused(message="its process ended with exit code 0 and did not say why", exit_code=0)),
        ("import os; os.kill(os.getpid(), 9)", Refused(message="its process was ended by SIGKILL", exit_code=-9)),
        ("raise SystemExit('stonks: no luck')", Refused(message="no luck", exit_code=1)),
        ("import sys; sys.stderr.write('x\\n' * 10**6 + 'y' * 10**6); sys.exit(3)", Refused(message=LONG, exit_code=3)),
    ],
)
async def test_an_end_without_a_word_is_put_in_words(start: Start, code: str, refused: Refused) -> None:
    process = await start(program=python(code))
    assert await all_of(process) == [refused]
    assert len(process._said) <= 20


async def test_long_lines_and_lines_of_others_do_no_harm(start: Start) -> None:
    code = (
        "import json; print('hello'); print('x' * 300_000); print();"
        "print(json.dumps({'event': 'reading', 'what': 'y' * 10**6}));"
        "print(json.dumps({'event': 'ended', 'run_id': 1, 'status': 'completed', 'error': ''}));"
        "print(json.dumps({'event': 'reading', 'what': 'too late'}), end='')"
    )
    events = await all_of(await start(program=python(code)))
    assert events == [Reading(what=LONG), Ended(run_id=1, status=RunStatus.COMPLETED)]


async def test_close_ends_a_process_that_will_not_listen(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stonks_tui.run_process._SECONDS_TO_END", 0.2)
    code = (
        "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        'print(\'{"event": "reading", "what": "on"}\', flush=True); time.sleep(60)'
    )
    process = await start(program=python(code))
    await until(process, Reading)
    await process.close()
    assert process._process.returncode == -signal.SIGKILL
    await process.close()  # and again, which changes nothing


async def test_close_lets_a_run_keep_what_it_had_come_to(desk: Desk, start: Start) -> None:
    process = await start("backtest", "run", *desk.files.options, program=SLOW)
    await until(process, Progressed)
    await process.close()
    assert await listed(desk) == {1: "cancelled"}


def test_a_run_whose_reader_is_gone_ends_quietly_as_cancelled(desk: Desk) -> None:
    process = desk.process("backtest", "run", *desk.files.options, "--progress", "json", slowed=True)
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "progress":
            break
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=20) in {130, 141}  # 141 when Python still had something to write
    process.stderr.close()
    assert all(line.startswith("session ") for line in said.splitlines())
    assert desk.listed() == {1: "cancelled"}


def test_a_run_whose_reader_was_gone_before_it_began_leaves_nothing(desk: Desk) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for options in (desk.files.options, ["--capital", "0"]):
        run = subprocess.run(
            [*_program(desk), "backtest", "run", *options, "--progress", "json"],
            env={"PYTHONPATH": str(ROOT)},
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert "Traceback" not in run.stderr
        assert run.returncode == (2 if "0" in options else 141)
    os.close(writer)
    assert desk.listed() == {}


def test_a_run_whose_parent_was_killed_ends_as_cancelled(tmp_path: Path, desk: Desk) -> None:
    words = ["--data-dir", str(desk.data_dir), "backtest", "run", *desk.files.options]
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import asyncio, os\n"
        "from stonks_tui.run_process import RunProcess\n"
        "async def main():\n"
        f"    process = await RunProcess.start({words!r}, program={SLOW_AND_SILENT!r})\n"
        "    async for event in process.events():\n"
        "        if type(event).__name__ == 'Progressed':\n"
        "            os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-P", parent], env={"PYTHONPATH": str(ROOT)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while desk.listed() == {1: "running"} and time.monotonic() < deadline:
        time.sleep(0.1)
    assert desk.listed() == {1: "cancelled"}


def test_progress_none_prints_the_report_and_json_prints_none(desk: Desk) -> None:
    assert "Backtest 1: completed" in desk.run("--progress", "none").out
    told = desk.run("--progress", "json", "--json")
    assert told.err == ""
    assert [json.loads(line)["event"] for line in told.out.splitlines()][-2:] == ["keeping", "ended"]


def _program(desk: Desk) -> list[str]:
    return [sys.executable, "-P", "-m", "stonks_tui.cli", "--data-dir", str(desk.data_dir)]
