"""Seeded draws: how does one seed give the same numbers on every machine, for years?

numpy promises the same raw integers of PCG64 for a seed in every version; it promises nothing of the kind for the
distributions built on them, and log and cos differ in the last bit between processors. So everything here is made of
those integers by shifts, sums, products and quotients, which IEEE 754 rounds one way only.
"""

import numpy as np
import numpy.typing as npt

from engine.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BITS = (0, 16, 32, 48)
_MEAN_OF_TWELVE = 12 * (2**16 - 1) // 2


class Draws:
    """A stream of numbers. The same `seed` and `stream` name the same numbers; other streams are independent."""

    def __init__(self, seed: int, stream: int) -> None:
        if seed < 0:
            raise BadInput(f"the seed is {seed}", hint="it is 0 or more")
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, stream]))

    def uniform(self, *shape: int) -> Floats:
        """Return numbers of `[0, 1)`, all equally likely."""
        drawn: Floats = (self._raw(shape) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return drawn

    def normal(self, *shape: int) -> Floats:
        """Return numbers of mean 0 and deviation 1, nearly normal, within -6..6.

        The sum of twelve equally likely numbers, less 6 (Irwin-Hall): exact in integers.
        """
        total = np.zeros(shape, np.int64)
        for _ in range(3):
            raw = self._raw(shape)
            for shift in _BITS:
                total += ((raw >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64)
        drawn: Floats = (total - _MEAN_OF_TWELVE) / 2.0**16
        return drawn

    def between(self, low: float, high: float) -> float:
        """Return one number of `[low, high)`."""
        return low + (high - low) * float(self.uniform(1)[0])

    def shuffled(self, count: int) -> list[int]:
        """Return 0 to `count - 1` in any order."""
        order: list[int] = np.argsort(self._raw((count,)), kind="stable").tolist()
        return order

    def _raw(self, shape: tuple[int, ...]) -> npt.NDArray[np.uint64]:
        raw: npt.NDArray[np.uint64] = self._bits.random_raw(shape)
        return raw
