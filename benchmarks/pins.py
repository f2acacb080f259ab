"""Pins: does a run still decide and trade as it did when it was looked at?

A file of pins holds, for each run, its fingerprint and the few figures that tell a person what has changed; and the
reasons for which pins were ever changed, newest last. A pin is only changed with a reason.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.backtester import BacktestResult
from engine.model.money import usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What a run came to."""

    fingerprint: str
    decisions: int
    trades: int
    final_value: str

    @classmethod
    def of(cls, result: BacktestResult) -> "Pin":
        """Return the pin of `result`, a run that completed."""
        if result.error:
            raise RuntimeError(result.error)
        return cls(
            fingerprint=result.fingerprint,
            decisions=len(result.books.decisions),
            trades=len(result.books.trades),
            final_value=usd(result.metrics.final_value, places=4),
        )

    def __str__(self) -> str:
        return f"{self.fingerprint[:12]} {self.decisions:,} decisions, {self.trades:,} trades, {self.final_value}"


def load(path: Path) -> dict[str, Pin]:
    """Return the pins of a file by the name of the run; none when there is no file."""
    if not path.exists():
        return {}
    return {name: Pin(**values) for name, values in json.loads(path.read_text())["runs"].items()}


def store(path: Path, pins: dict[str, Pin], reason: str) -> None:
    """Write `pins` in place of those of the file, and why."""
    before = json.loads(path.read_text())["reasons"] if path.exists() else []
    kept = {"reasons": [*before, reason], "runs": {name: asdict(pin) for name, pin in pins.items()}}
    path.write_text(json.dumps(kept, indent=1) + "\n")
