"""Start settings: what does a new account begin with, and how does the process run that trades it?

None of them changes while an account trades. Money is in ten-thousandths of a dollar, a path is as it was written.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.leadership import LEASE_SECONDS
from engine.model.money import Money, from_text, usd

INSIDE, QUEUE = "inside", "queue"
"""Who executes: the broker on paper in the engine's own process, or a broker behind a queue (docs/broker.md)."""
StartValue = int | float | str | Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSetting:
    """One of them: its `table` in stonks.toml, what it is if nobody says so, and how it is read.

    `read` takes its name and what was said; it raises BadInput. `limits` are words, empty where there are none.
    """

    table: str
    default: StartValue
    unit: str
    limits: str
    about: str
    read: Callable[[str, Any], StartValue]

    def shown(self, value: StartValue) -> str:
        """Return `value` as a person would write it."""
        if value is None:
            return ""
        if self.unit == "usd" and isinstance(value, int):
            return usd(value).replace(",", "")
        return f"{value:g}" if isinstance(value, float) else str(value)


def _capital(name: str, said: Any) -> Money:
    try:
        amount = from_text(str(said).replace(",", "").replace("_", "").removeprefix("$"))
    except (ValueError, ArithmeticError):
        raise BadInput(f"{name} is {said!r}", hint="an amount of dollars such as 25000 or 25000.50") from None
    if not 0 < amount < 10**16:
        raise BadInput(f"{name} is {said}", hint="it must be above zero, and below a trillion dollars")
    return amount


def number(low: float, below: float, words: str) -> Callable[[str, Any], float]:
    """Return what reads a number of `[low, below)`, which is `words`."""

    def read(name: str, said: Any) -> float:
        try:
            number = math.nan if isinstance(said, bool) else float(said)
        except (TypeError, ValueError):
            number = math.nan
        if not low <= number < below:
            raise BadInput(f"{name} is {said!r}", hint=f"it is {words}")
        return number

    return read


def one_of(*words: str) -> Callable[[str, Any], str]:
    """Return what reads one of `words`."""

    def read(name: str, said: Any) -> str:
        if said not in words:
            raise BadInput(f"{name} is {said!r}", hint=f"it is one of {', '.join(words)}")
        return str(said)

    return read


def path(name: str, said: Any) -> Path:
    """Read the name of a file or folder."""
    if not isinstance(said, str | Path) or not str(said) or "\0" in str(said):
        raise BadInput(f"{name} is {said!r}", hint="it is the name of a file")
    return Path(said).expanduser()


def _address(name: str, said: Any) -> str:
    host, colon, port = str(said).rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise BadInput(f"{name} is {said!r}", hint="it is HOST:PORT, such as 127.0.0.1:8000")
    return str(said)


def _text(name: str, said: Any) -> str:
    if not isinstance(said, str) or not said.isprintable():
        raise BadInput(f"{name} is {said!r}", hint="it is text")
    return said


def _whole(low: int, high: int, words: str) -> Callable[[str, Any], int]:
    def read(name: str, said: Any) -> int:
        text = "" if isinstance(said, bool) else str(said)
        if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
            raise BadInput(f"{name} is {said!r}", hint=f"it is {words}")
        return int(text)

    return read


_DOLLARS = "an amount of dollars, 0 or more"


def _account(default: StartValue, unit: str, about: str, read: Callable[[str, Any], StartValue]) -> StartSetting:
    limits = {"bps": "0 to 10000", "pct": "0 to 1"}.get(unit, "0 or more" if isinstance(default, float) else "above 0")
    return StartSetting(table="account", default=default, unit=unit, limits=limits, about=about, read=read)


def _process(default: StartValue, about: str, read: Callable[[str, Any], StartValue], *, limits: str) -> StartSetting:
    unit = "seconds" if isinstance(default, float) else ""
    return StartSetting(table="process", default=default, unit=unit, limits=limits, about=about, read=read)


START_SETTINGS: Mapping[str, StartSetting] = {
    "capital": _account(1_000_000_000, "usd", "what the account starts with", _capital),
    "slippage_bps": _account(
        5.0,
        "bps",
        "what a fill is worse than the price",
        number(0, 10_000, "0 or more, and below 10000 (5 is 0.05 %)"),
    ),
    "commission_per_order": _account(0.0, "usd", "fee of an order", number(0, math.inf, _DOLLARS)),
    "commission_per_share": _account(0.0, "usd", "fee of a share", number(0, math.inf, _DOLLARS)),
    "commission_pct": _account(
        0.0, "pct", "fee of what is traded", number(0, 1, "a fraction from 0 to below 1 (0.001 is 0.1 %)")
    ),
    "log_level": _process(
        "info", "how much the log says", one_of("debug", "info", "warning"), limits="debug, info, warning"
    ),
    "log_format": _process("text", "how the log reads", one_of("text", "json"), limits="text, json"),
    "log_file": _process(None, "where the log goes", path, limits="a file"),
    "lease_seconds": _process(
        LEASE_SECONDS,
        "after so long without a word another engine takes over",
        number(1, math.inf, f"a number of seconds from 1 on ({LEASE_SECONDS:g})"),
        limits="1 or more",
    ),
    "broker": _process(
        INSIDE,
        "who executes orders: a broker on paper in the engine, or whoever serves the queue in Redis",
        one_of(INSIDE, QUEUE),
        limits="inside, queue",
    ),
    "http": _process(None, "where programs may ask and steer the engine", _address, limits="HOST:PORT"),
    "http_root_path": _process(None, "the path under which a proxy shows that", _text, limits="a path"),
    "http_rate": _process(
        50,
        "requests a second of one caller",
        _whole(0, 100_000, "a whole number of requests a second, 0 for as many as come (50)"),
        limits="0 or more",
    ),
    "http_origins": _process(
        None, "pages of other hosts that may ask from a browser", _text, limits="origins with commas"
    ),
    "quotes": _process(None, "prices as they come in", path, limits="a file or folder"),
    "recommendations": _process(None, "what others suggest", path, limits="a file or folder"),
    "signals": _process(None, "intraday signals, for micro-trading", path, limits="a file or folder"),
    "macro_events": _process(None, "what shakes the market", path, limits="a file or folder"),
}

COSTS = ("slippage_bps", "commission_per_order", "commission_per_share", "commission_pct")
PROCESS = tuple(name for name, setting in START_SETTINGS.items() if setting.table == "process")
PATHS = frozenset({"log_file", "quotes", "recommendations", "signals", "macro_events"})
