"""Paced clock: time that is made, steered from anywhere."""

import asyncio
import math
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.adapters.paced_clock import DEFAULT_SPEED, PacedClock
from engine.errors import BadInput
from engine.model.sessions import Session, SessionTable


def a_session(day: int) -> Session:
    open_at = datetime(2024, 3, day, 14, 30, tzinfo=UTC)
    return Session(on=date(2024, 3, day), open_at=open_at, close_at=open_at + timedelta(minutes=390))


FRIDAY, MONDAY = a_session(1), a_session(4)
SESSIONS = SessionTable.of([FRIDAY, MONDAY])
OPEN = FRIDAY.open_at


class Stopwatch:
    """The time that passes, when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return it."""
        return self.seconds


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def a_clock(watch: Stopwatch, at: datetime = OPEN, *, speed: float = 60.0, is_paused: bool = False) -> PacedClock:
    return PacedClock(at, SESSIONS, speed=speed, night_seconds=2.0, is_paused=is_paused, passed=watch)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def waiting(clock: PacedClock, at: datetime) -> "asyncio.Task[None]":
    task = asyncio.ensure_future(clock.until(at))
    await settled()
    return task


async def ended(task: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(30):
        await task


def nudge(clock: PacedClock) -> None:
    """Have everybody who waits look at the time again."""
    clock.set_speed(clock.speed)


async def test_time_runs_as_fast_as_it_is_set_while_somebody_waits() -> None:
    watch = Stopwatch()
    clock = a_clock(watch)
    task = await waiting(clock, OPEN + minutes(10))
    watch.seconds = 4
    assert clock.now() == OPEN + minutes(4)
    watch.seconds = 10
    nudge(clock)
    await ended(task)
    assert clock.now() == OPEN + minutes(10)


async def test_time_stands_while_nobody_waits_and_a_little_of_it_is_made_up_for() -> None:
    watch = Stopwatch()
    clock = a_clock(watch)
    watch.seconds = 100
    assert clock.now() == OPEN
    task = await waiting(clock, OPEN + minutes(10))
    assert clock.now() == OPEN + minutes(0.25)
    task.cancel()


async def test_it_is_never_later_than_the_moment_that_is_waited_for_next() -> None:
    watch = Stopwatch()
    clock = a_clock(watch)
    later = await waiting(clock, OPEN + minutes(20))
    sooner = await waiting(clock, OPEN + minutes(5))
    watch.seconds = 100
    assert clock.now() == OPEN + minutes(5)
    nudge(clock)
    await ended(sooner)
    assert not later.done()
    watch.seconds = 120
    nudge(clock)
    await ended(later)
    assert clock.now() == OPEN + minutes(20)


async def test_a_night_takes_its_pause_and_then_it_is_morning() -> None:
    watch = Stopwatch()
    clock = a_clock(watch, FRIDAY.close_at - minutes(1))
    task = await waiting(clock, MONDAY.open_at + minutes(5))
    watch.seconds = 1
    assert clock.now() == FRIDAY.close_at
    watch.seconds = 2.9
    assert clock.now() == FRIDAY.close_at
    watch.seconds = 3
    assert clock.now() == MONDAY.open_at
    watch.seconds = 8
    nudge(clock)
    await ended(task)


async def test_who_waits_for_a_moment_of_the_night_is_woken_at_that_moment() -> None:
    watch = Stopwatch()
    clock = a_clock(watch, FRIDAY.close_at)
    task = await waiting(clock, FRIDAY.close_at + minutes(30))
    watch.seconds = 2
    nudge(clock)
    await ended(task)
    assert clock.now() == FRIDAY.close_at + minutes(30)


async def test_a_night_that_is_waited_for_in_pieces_is_no_longer_than_another() -> None:
    watch = Stopwatch()
    clock = a_clock(watch, FRIDAY.close_at)
    for n in range(1, 4):
        task = await waiting(clock, MONDAY.open_at)
        watch.seconds = n * 0.6
        assert clock.now() == FRIDAY.close_at
        task.cancel()
        await settled()
    task = await waiting(clock, MONDAY.open_at)
    watch.seconds = 2.0
    assert clock.now() == MONDAY.open_at
    await ended(task)


async def test_without_a_limit_it_is_always_the_moment_that_is_waited_for() -> None:
    clock = a_clock(Stopwatch(), speed=math.inf)
    for at in (OPEN + minutes(1), FRIDAY.close_at, MONDAY.open_at, MONDAY.close_at + minutes(600)):
        await ended(asyncio.ensure_future(clock.until(at)))
        assert clock.now() == at


async def test_nothing_passes_in_a_pause_and_no_time_is_lost_by_it() -> None:
    watch = Stopwatch()
    clock = a_clock(watch)
    task = await waiting(clock, OPEN + minutes(10))
    watch.seconds = 4
    clock.pause()
    watch.seconds = 400
    assert (clock.is_paused, clock.now()) == (True, OPEN + minutes(4))
    clock.resume()
    watch.seconds = 405
    assert clock.now() == OPEN + minutes(9)
    watch.seconds = 406
    nudge(clock)
    await ended(task)


async def test_a_step_lets_exactly_the_next_thing_happen() -> None:
    clock = a_clock(Stopwatch(), is_paused=True)
    for n in (1, 2, 3):
        task = await waiting(clock, OPEN + minutes(n))
        assert not task.done()
        clock.step()
        await ended(task)
        assert clock.now() == OPEN + minutes(n)
    assert clock.is_paused


async def test_a_step_that_comes_while_nobody_waits_is_for_the_next_who_does() -> None:
    clock = a_clock(Stopwatch())
    clock.step()
    await ended(asyncio.ensure_future(clock.until(OPEN + minutes(1))))
    task = await waiting(clock, OPEN + minutes(2))
    assert (task.done(), clock.now()) == (False, OPEN + minutes(1))
    task.cancel()


async def test_steps_that_were_not_taken_are_forgotten_when_time_goes_on() -> None:
    clock = a_clock(Stopwatch())
    clock.step()
    clock.step()
    clock.resume()
    clock.pause()
    task = await waiting(clock, OPEN + minutes(2))
    assert (task.done(), clock.now()) == (False, OPEN)
    task.cancel()


async def test_another_speed_counts_from_when_it_was_set() -> None:
    watch = Stopwatch()
    clock = a_clock(watch)
    task = await waiting(clock, OPEN + minutes(100))
    watch.seconds = 10
    clock.set_speed(600)
    watch.seconds = 15
    assert clock.now() == OPEN + minutes(60)
    task.cancel()


@pytest.mark.parametrize("speed", [0, -1, math.nan])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(BadInput, match="the speed is"):
        a_clock(Stopwatch(), speed=speed)
    with pytest.raises(BadInput, match="the speed is"):
        a_clock(Stopwatch()).set_speed(speed)


async def test_whoever_steers_from_another_thread_is_heard_at_once() -> None:
    clock = PacedClock(OPEN, SESSIONS, speed=1e-3)
    task = await waiting(clock, OPEN + minutes(1))
    thread = threading.Thread(target=clock.set_speed, args=(math.inf,))
    thread.start()
    await ended(task)
    thread.join()
    task = await waiting(clock, OPEN + minutes(2))
    assert task.done()
    clock.pause()
    task = await waiting(clock, OPEN + minutes(3))
    assert not task.done()
    thread = threading.Thread(target=clock.resume)
    thread.start()
    await ended(task)
    thread.join()


async def test_who_no_longer_waits_holds_nobody_up() -> None:
    watch = Stopwatch()
    clock = a_clock(watch, speed=math.inf, is_paused=True)
    sooner = await waiting(clock, OPEN + minutes(1))
    later = await waiting(clock, OPEN + minutes(2))
    sooner.cancel()
    await settled()
    clock.resume()
    await ended(later)
    assert clock.now() == OPEN + minutes(2)


async def test_the_real_time_drives_it_too() -> None:
    clock = PacedClock(OPEN, SESSIONS, speed=DEFAULT_SPEED * 20, night_seconds=0.001)
    async with asyncio.timeout(30):
        for n in range(1, 20):
            await clock.until(OPEN + minutes(n))
            assert clock.now() == OPEN + minutes(n)
        await clock.until(MONDAY.open_at)
    assert clock.now() == MONDAY.open_at
    assert clock.jumped_seconds() == 0
