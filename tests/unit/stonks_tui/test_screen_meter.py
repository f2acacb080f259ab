"""Screen meter: are bytes and delays told as they were?"""

from stonks_tui.screen_meter import KEPT_SECONDS, ScreenMeter


class World:
    """Seconds and letters."""

    def __init__(self) -> None:
        self.at, self.written = 100.0, 0
        self.meter = ScreenMeter(lambda: self.written, lambda: self.at)

    def passes(self, seconds: float, written: int) -> None:
        """Let time pass, and tell the meter."""
        self.at, self.written = self.at + seconds, self.written + written
        self.meter.tick()


def test_at_first_nothing_is_known() -> None:
    world = World()
    world.passes(0, 5_000)
    assert world.meter.figures() == {}


def test_bytes_a_second_and_the_longest_delay_are_told() -> None:
    world = World()
    world.passes(0, 5_000)
    for late in (0.0, 0.25, 0.0, 0.75):
        world.passes(1 + late, 100)
    assert world.meter.figures() == {
        "written": "5,400 bytes in all",
        "of late": "80 bytes/s in 5 s",
        "held up": "750 ms at most",
    }


def test_what_was_longer_ago_than_a_minute_is_forgotten() -> None:
    world = World()
    world.passes(0, 0)
    world.passes(9, 1_000_000)
    for _ in range(KEPT_SECONDS):
        world.passes(1, 50)
    assert world.meter.figures()["of late"] == "50 bytes/s in 60 s"
    assert world.meter.figures()["held up"] == "0 ms at most"
