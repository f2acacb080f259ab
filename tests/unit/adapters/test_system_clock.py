"""System clock: a wall and a monotonic clock that the test moves."""

from datetime import UTC, datetime, timedelta

from engine.adapters.system_clock import SystemClock

START = datetime(2024, 3, 1, 14, 30, tzinfo=UTC)


class Hands:
    """A wall clock and a stopwatch. Whoever sleeps lets both run, unless something happens to the wall meanwhile."""

    def __init__(self) -> None:
        self.wall, self.passed = START, 0.0
        self.slept: list[float] = []
        self.meanwhile: dict[int, float] = {}
        """What is added to the wall during the sleep of that number."""

    def run(self, seconds: float) -> None:
        """Let both run."""
        self.wall += timedelta(seconds=seconds)
        self.passed += seconds

    def set_by(self, seconds: float) -> None:
        """Set the wall alone."""
        self.wall += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        self.slept.append(seconds)
        self.run(seconds)
        self.set_by(self.meanwhile.get(len(self.slept), 0.0))

    def clock(self) -> SystemClock:
        """Return a clock with these hands."""
        return SystemClock(lambda: self.wall, lambda: self.passed, self.sleep)


def after(clock: SystemClock) -> float:
    return (clock.now() - START).total_seconds()


def test_it_is_the_time_on_the_wall() -> None:
    hands = Hands()
    clock = hands.clock()
    for _ in range(3):
        hands.run(10)
        assert clock.now() == hands.wall


def test_a_wall_that_is_set_forward_or_a_sleep_of_the_machine_is_followed_at_once() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.set_by(3600)
    assert after(clock) == 3600
    hands.run(5)
    assert after(clock) == 3605


def test_after_a_small_set_back_time_runs_at_half_speed_until_the_wall_has_caught_up() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.run(100)
    assert after(clock) == 100
    hands.set_by(-20)
    assert after(clock) == 100
    hands.run(10)
    assert after(clock) == 105
    hands.run(30)
    assert after(clock) == 120
    assert clock.now() == hands.wall
    hands.run(10)
    assert clock.now() == hands.wall


def test_after_a_large_set_back_time_goes_on_from_where_it_was_at_normal_speed() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.set_by(-3600)
    hands.run(10)
    assert after(clock) == 10
    hands.run(100)
    assert after(clock) == 110


def test_a_large_set_back_that_is_taken_back_is_forgotten() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.set_by(-3600)
    hands.run(10)
    assert after(clock) == 10
    hands.set_by(3600)
    hands.run(1)
    assert clock.now() == hands.wall


def test_time_never_goes_back_whatever_is_done_to_the_wall() -> None:
    hands = Hands()
    clock = hands.clock()
    told = [clock.now()]
    for n in range(200):
        hands.run(n % 7)
        hands.set_by((n * 37 % 151) - 75)
        told.append(clock.now())
    assert told == sorted(told)


async def test_a_sleep_is_cut_in_pieces_of_a_second_and_ends_in_time() -> None:
    hands = Hands()
    clock = hands.clock()
    await clock.until(START + timedelta(seconds=3.25))
    assert hands.slept == [1, 1, 1, 0.25]


async def test_what_is_past_is_not_waited_for() -> None:
    hands = Hands()
    await hands.clock().until(START)
    assert hands.slept == []


async def test_a_machine_that_slept_is_late_by_a_second_at_most() -> None:
    hands = Hands()
    hands.meanwhile = {2: 3600}
    await hands.clock().until(START + timedelta(seconds=600))
    assert len(hands.slept) == 2


async def test_who_waits_while_the_wall_is_set_back_waits_as_long_as_time_takes() -> None:
    hands = Hands()
    hands.meanwhile = {1: -3600}
    await hands.clock().until(START + timedelta(seconds=5))
    assert sum(hands.slept) == 5


def test_a_jump_is_told_once_and_with_its_sign() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.run(50)
    assert clock.jumped_seconds() == 0
    hands.set_by(30)
    hands.run(5)
    assert clock.jumped_seconds() == 30
    assert clock.jumped_seconds() == 0
    hands.set_by(-12)
    assert clock.jumped_seconds() == -12


async def test_the_real_clock_waits_for_a_moment_and_does_not_jump() -> None:
    clock = SystemClock()
    at = clock.now() + timedelta(milliseconds=5)
    await clock.until(at)
    assert clock.now() >= at
    assert abs(clock.jumped_seconds()) < 1
