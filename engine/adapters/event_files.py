"""Event files: when does something shake the market, and when was trading in a share halted?"""

import re
from collections.abc import Sequence
from pathlib import Path

from engine.adapters import column_names
from engine.adapters.file_readers import RawFile
from engine.adapters.input_options import InputOptions
from engine.adapters.instants import DateAlone
from engine.adapters.reference_rows import ReferenceRead, Row, moment_of, read, ticker_of
from engine.adapters.suggestion_rows import derived_id
from engine.model.intraday import Halt
from engine.model.macro import MacroEvent, Severity

_WHOLE_DAYS = {"at": DateAlone.START, "until": DateAlone.END}
_SEVERITIES = {
    **dict.fromkeys(("low", "minor"), Severity.LOW),
    **dict.fromkeys(("medium", "med", "moderate"), Severity.MEDIUM),
    **dict.fromkeys(("high", "severe", "critical"), Severity.HIGH),
}


def read_macro_events(paths: Sequence[Path | RawFile], options: InputOptions) -> ReferenceRead[MacroEvent]:
    """Return macro events, one an id (derived where there is none). `;`, `|`, commas or spaces separate tickers.

    A date alone means that day from its start to its end, in New York.
    """
    needed = ("severity", "at", "until")
    return read(
        paths, options, "macro_events", column_names.MACRO_EVENTS, needed, _event, lambda e: e.event_id, _WHOLE_DAYS
    )


def read_halts(paths: Sequence[Path], options: InputOptions) -> ReferenceRead[Halt]:
    """Return halts, each once. A date alone means that day from its start to its end, in New York."""
    return read(paths, options, "halts", column_names.HALTS, ("ticker", "at", "until"), _halt, lambda h: h, _WHOLE_DAYS)


def _event(row: Row) -> MacroEvent:
    severity = _SEVERITIES.get(column_names.plain(row["severity"] or ""))
    if severity is None:
        raise ValueError("the severity is neither low, medium nor high")
    at, until = moment_of(row, "at"), moment_of(row, "until")
    if until < at:
        raise ValueError("it ends before it begins")
    tickers = frozenset(t.upper() for t in re.split(r"[;|,\s]+", row.get("tickers") or "") if t)
    sector, name = row.get("sector"), row.get("name") or ""
    if "event_id" in row and not row["event_id"]:
        raise ValueError("the event id is empty")
    return MacroEvent(
        event_id=row.get("event_id") or derived_id(severity, at, until, *sorted(tickers), sector or "", name),
        severity=severity,
        at=at,
        until=until,
        tickers=tickers,
        sector=sector,
        name=name,
    )


def _halt(row: Row) -> Halt:
    halt = Halt(ticker=ticker_of(row), at=moment_of(row, "at"), until=moment_of(row, "until"))
    if halt.until <= halt.at:
        raise ValueError("it ends before it begins")
    return halt
