"""Screen meter: what do the screens cost, and does anything hold them up?"""

from collections import deque
from collections.abc import Callable, Mapping
from itertools import pairwise

KEPT_SECONDS = 60


class ScreenMeter:
    """Is told of each second that passes. `written` are the letters written so far, `now` seconds that go forward."""

    def __init__(self, written: Callable[[], int], now: Callable[[], float]) -> None:
        self._written = written
        self._now = now
        self._seconds: deque[tuple[float, int]] = deque(maxlen=KEPT_SECONDS + 1)

    def tick(self) -> None:
        """A second has passed, as far as the screens have noticed."""
        self._seconds.append((self._now(), self._written()))

    def figures(self) -> Mapping[str, str]:
        """Return what was measured in the last minute, by name; nothing in the first two seconds."""
        if len(self._seconds) < 2:
            return {}
        (began, before), (ended, after) = self._seconds[0], self._seconds[-1]
        latest = max(b - a for (a, _), (b, _) in pairwise(self._seconds)) - 1
        return {
            "written": f"{after:,} bytes in all",
            "of late": f"{(after - before) / (ended - began):,.0f} bytes/s in {ended - began:.0f} s",
            "held up": f"{max(0.0, latest) * 1000:,.0f} ms at most",
        }
