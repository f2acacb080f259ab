"""PostgreSQL source names: which tables of somebody else's system are read, and what are their columns called there?

Names come from configuration, and reach the server as quoted identifiers alone: no SQL does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from engine.errors import BadInput

SCHEMA = "public"
"""Where a table is that is named without a schema."""
_LONGEST = 63
"""PostgreSQL cuts longer names off, and would look for another."""


class Role(StrEnum):
    """What a column is read as. `START` and `END` are moments too: they say what a date alone means."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    START = "start"
    END = "end"
    DAY = "day"


MOMENTS = frozenset({Role.MOMENT, Role.START, Role.END})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of rows: the table that is read unless another is named, and our columns.

    What is in `optional` need not be there. For `constants` a value may be given in place of a column. With
    `is_needed` an engine can do nothing without it.
    """

    table: str
    columns: Mapping[str, Role]
    optional: frozenset[str] = frozenset()
    constants: frozenset[str] = frozenset()
    is_needed: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """What has to be there."""
        return tuple(name for name in self.columns if name not in self.optional)


_T, _N, _M, _D = Role.TEXT, Role.NUMBER, Role.MOMENT, Role.DAY
_BARS = {"ticker": _T, "interval": _T}
KINDS: Mapping[str, Kind] = {
    "recommendations": Kind(
        table="recommendations",
        columns={"recommendation_id": _T, "ticker": _T, "action": _T, "mode": _T, "confidence": _N, "generated_at": _M,
                 "expires_at": _M, "source": _T, "thesis": _T},
        optional=frozenset({"expires_at", "source", "thesis"}),
        constants=frozenset({"action", "mode", "confidence", "source", "thesis"}),
        is_needed=True,
    ),
    "signals": Kind(
        table="intraday_signals",
        columns={"signal_id": _T, "ticker": _T, "window": _T, "direction": _T, "confidence": _N, "generated_at": _M},
        constants=frozenset({"window", "direction", "confidence"}),
    ),
    "quotes": Kind(
        table="quotes", columns={"id": _N, "ticker": _T, "price": _N, "at": _M}, optional=frozenset({"id"})
    ),
    "minute_bars": Kind(
        table="price_bars",
        columns={**_BARS, "start_at": _M, "close": _N},
        constants=frozenset({"interval"}),
    ),
    "daily_bars": Kind(
        table="price_bars",
        columns={**_BARS, "start_at": _D, "open": _N, "high": _N, "low": _N, "close": _N, "volume": _N},
        optional=frozenset({"volume"}),
        constants=frozenset({"interval"}),
        is_needed=True,
    ),
    "macro_events": Kind(
        table="macro_events",
        columns={"event_id": _T, "severity": _T, "at": Role.START, "until": Role.END, "tickers": _T, "sector": _T,
                 "name": _T},
        optional=frozenset({"tickers", "sector", "name"}),
        constants=frozenset({"severity", "tickers", "sector", "name"}),
    ),
    "securities": Kind(
        table="securities",
        columns={"ticker": _T, "name": _T, "sector": _T, "last_bar_on": _D},
        optional=frozenset({"name", "sector", "last_bar_on"}),
        constants=frozenset({"sector"}),
    ),
    "earnings": Kind(table="earnings_calendar", columns={"ticker": _T, "earnings_date": _D}),
    "splits": Kind(table="splits", columns={"ticker": _T, "on": _D, "ratio": _T}),
    "dividends": Kind(table="dividends", columns={"ticker": _T, "ex_on": _D, "amount": _N}),
}  # fmt: skip
INTERVALS: Mapping[str, tuple[str, ...]] = {
    "daily_bars": ("1d", "1D", "d", "D", "1day", "1Day", "1 day", "day", "Day", "daily", "1440m"),
    "minute_bars": ("1m", "1min", "1Min", "1 minute", "minute", "Minute", "60s", "1T"),
}
"""What senders call a day, or a minute, as an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTable:
    """Where one kind of rows is: its `table` as it was written, their `columns` by ours, and `constants` by ours.

    An empty `table`: this kind is not read. `is_said`: somebody has named it, so it has to be there.
    """

    kind: str
    table: str
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    constants: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_said: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """Schema and name of the table."""
        parts = parts_of(self.table)
        return (parts[0], parts[1]) if len(parts) == 2 else (SCHEMA, parts[0])

    def theirs(self, ours: str) -> str:
        """Return what our column is called there."""
        return self.columns.get(ours, ours)


def usual(kind: str) -> InputTable:
    """Return the table of a kind of which nobody has said anything: under our names, if it is there."""
    return InputTable(kind=kind, table=KINDS[kind].table)


def quoted(*names: str) -> str:
    """Return `names` as one identifier, as the server takes it."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def parts_of(written: str) -> tuple[str, ...]:
    """Return the names in `written`: `signals.recommendation`, or `"with.dot"."and more"`.

    Raises BadInput for what is no name of a table.
    """
    parts: list[str] = []
    rest = written.strip()
    while rest and len(parts) < 3:
        name, rest = _quoted_name(rest) if rest[0] == '"' else _plain_name(rest)
        parts.append(name)
        if not rest:
            break
        if rest == "." or not rest.startswith("."):
            parts.append("")
            break
        rest = rest[1:]
    if rest or not 1 <= len(parts) <= 2 or not all(map(is_name, parts)):
        raise BadInput(
            f"{written!r} is no name of a table", hint="write it like recommendations or signals.recommendation"
        )
    return tuple(parts)


def is_name(name: str) -> bool:
    """Can something in PostgreSQL be called so?"""
    return bool(name.strip()) and "\0" not in name and len(name.encode(errors="replace")) <= _LONGEST


def _plain_name(text: str) -> tuple[str, str]:
    name, dot, rest = text.partition(".")
    return name, dot + rest


def _quoted_name(text: str) -> tuple[str, str]:
    end = 1
    while (end := text.find('"', end)) != -1:
        if text[end : end + 2] != '""':
            return text[1:end].replace('""', '"'), text[end + 1 :]
        end += 2
    return "", text
