"""Refresh pace: are prices shown as often as the budgets allow, and no more often?"""

from hypothesis import given
from hypothesis import strategies as st

from stonks_tui.refresh_pace import BYTES_A_SECOND, CORE, LONGEST, RefreshPace, Spent

POLL = 0.5


class Screen:
    """A screen that is looked at twice a second, each refresh of which costs something."""

    def __init__(self, core: float, written: int) -> None:
        self.at = 0.0
        self.spent = Spent()
        self.shown: list[float] = []
        self._cost = Spent(core, written)
        self._pace = RefreshPace(lambda: self.spent, lambda: self.at)

    def watch(self, seconds: float) -> "Screen":
        """Let so many seconds pass."""
        until = self.at + seconds
        while self.at < until:
            if self._pace.is_due:
                self._pace.refreshed()
                self.shown.append(self.at)
                self.pay(*self._cost)
            self.at += POLL
        return self

    def pay(self, core: float, written: int = 0) -> None:
        """Spend something."""
        self.spent = Spent(self.spent.core + core, self.spent.written + written)


def test_a_screen_that_costs_little_is_refreshed_at_every_look() -> None:
    assert len(Screen(core=0.001, written=40).watch(30).shown) == 60


def test_one_that_costs_much_waits_until_it_is_paid_for() -> None:
    screen = Screen(core=0.030, written=100).watch(60)
    assert {round(b - a, 1) for a, b in zip(screen.shown[2:], screen.shown[3:], strict=False)} == {3.0}


def test_bytes_are_paid_for_too() -> None:
    screen = Screen(core=0.0, written=2_000).watch(60)
    assert {round(b - a, 1) for a, b in zip(screen.shown[2:], screen.shown[3:], strict=False)} == {4.0}


def test_nothing_is_ever_later_than_that() -> None:
    screen = Screen(core=2.0, written=100_000).watch(60)
    assert max(b - a for a, b in zip(screen.shown, screen.shown[1:], strict=False)) <= LONGEST


def test_what_a_person_does_meanwhile_is_no_cost_of_prices() -> None:
    screen = Screen(core=0.001, written=40).watch(10)
    screen.pay(core=0.2, written=30_000)
    before = len(screen.shown)
    screen.watch(10)
    assert len(screen.shown) - before == 20


@given(core=st.floats(0.0, CORE * LONGEST * 0.9), written=st.integers(0, int(BYTES_A_SECOND * LONGEST * 0.9)))
def test_the_budgets_are_kept_as_long_as_the_longest_wait_can_keep_them(core: float, written: int) -> None:
    screen = Screen(core, written).watch(20)
    begun, spent = screen.at, screen.spent
    screen.watch(200)
    seconds = screen.at - begun + LONGEST  # one refresh more may fall into the time than was paid for in it
    assert (screen.spent.core - spent.core) / seconds <= CORE * 1.001
    assert (screen.spent.written - spent.written) / seconds <= BYTES_A_SECOND * 1.001
