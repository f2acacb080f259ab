"""Limits: how much may one caller ask, how large and how slow may a request be?"""

from collections import OrderedDict
from collections.abc import Callable

from engine.adapters import clock

BODY_BYTES = 64 * 1024
"""More than every setting at once needs."""
HEADER_BYTES = 16 * 1024
REQUEST_SECONDS = 10.0
"""So long a request may take to come in, its head and its body each."""
ANSWER_SECONDS = 30.0
"""So long an answer may take, but for a stream."""
IDLE_SECONDS = 15
"""So long a connection stays that asks nothing."""
CONNECTIONS = 200
_CALLERS = 4_096
_BURST_SECONDS = 2.0


class Rates:
    """A bucket for each caller, that fills with `per_second` and holds two seconds of it; 0 lets everything through."""

    def __init__(self, per_second: float, seconds: Callable[[], float] = clock.passed_seconds) -> None:
        self._per_second = per_second
        self._seconds = seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Count a request of `caller`; return 0, or after how many seconds it may come again."""
        if not self._per_second:
            return 0.0
        now, most = self._seconds(), max(1.0, self._per_second * _BURST_SECONDS)
        left, since = self._buckets.pop(caller, (most, now))
        left = min(most, left + (now - since) * self._per_second)
        allowed = left >= 1
        self._buckets[caller] = (left - 1 if allowed else left, now)
        if len(self._buckets) > _CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second
