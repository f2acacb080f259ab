"""Live source rows: what does a row say that somebody else wrote into `market.db`, or why can it not be used?

SQLite keeps whatever it is given, so nothing is believed: a number may be text, a moment may have no zone.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from engine.model.incoming import Quote
from engine.model.macro import MacroEvent, Severity
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow
from storage.moments import from_micros

Row = Mapping[str, Any]
_Word = TypeVar("_Word", bound=StrEnum)


def quote(row: Row) -> Quote:
    """Return the quote of `row`. Raises ValueError, as all functions here do, with the reason to refuse it."""
    price = row["price"]
    if not isinstance(price, int):
        raise ValueError("the price is no whole number of ten-thousandths of a dollar")
    if price <= 0:
        raise ValueError("the price is not above zero")
    return Quote(ticker=_ticker(row), price=price, at=_moment(row, "at"))


def recommendation(row: Row) -> Recommendation:
    """Return the recommendation of `row`."""
    expires_at = None if row["expires_at"] is None else _moment(row, "expires_at")
    mode = str(row["mode"] or "").strip().lower()
    return Recommendation(
        recommendation_id=_text(row, "recommendation_id", "the recommendation id is empty"),
        ticker=_ticker(row),
        action=_word(Action, row["action"], "the action is neither buy nor sell"),
        mode=Mode(mode) if mode in set(Mode) else Mode.OTHER,
        confidence=_confidence(row),
        generated_at=_moment(row, "generated_at"),
        expires_at=expires_at,
        source=words(row, "source"),
        thesis=words(row, "thesis"),
    )


def signal(row: Row) -> IntradaySignal:
    """Return the signal of `row`."""
    return IntradaySignal(
        signal_id=_text(row, "signal_id", "the signal id is empty"),
        ticker=_ticker(row),
        window=_word(SignalWindow, row["window"], "the window is neither intraday nor 1d"),
        direction=_word(SignalDirection, row["direction"], "the direction is neither up nor down"),
        confidence=_confidence(row),
        generated_at=_moment(row, "generated_at"),
    )


def macro_event(row: Row) -> MacroEvent:
    """Return the macro event of `row`."""
    at, until = _moment(row, "at"), _moment(row, "until")
    if until < at:
        raise ValueError("it ends before it begins")
    return MacroEvent(
        event_id=_text(row, "event_id", "the event id is empty"),
        severity=_word(Severity, row["severity"], "the severity is neither low, medium nor high"),
        at=at,
        until=until,
        tickers=frozenset(t.upper() for t in re.split(r"[;|,\s]+", words(row, "tickers")) if t),
        sector=words(row, "sector") or None,
        name=words(row, "name"),
    )


def shown(text: object) -> str:
    """Return `text` as it may be kept and shown: without what no database keeps."""
    return str(text).replace("\0", "\N{SYMBOL FOR NULL}").encode(errors="replace").decode()


def words(row: Row, name: str) -> str:
    """Return what is said there. No database keeps a NUL in a text, or what is no Unicode."""
    text = "" if row[name] is None else str(row[name])
    if "\0" in text:
        raise ValueError(f"{name} has a NUL character in it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} is not UTF-8") from None
    return text


def _text(row: Row, name: str, reason: str) -> str:
    text = words(row, name).strip()
    if not text:
        raise ValueError(reason)
    return text


def _ticker(row: Row) -> str:
    return _text(row, "ticker", "the ticker is empty").upper()


def _word(kind: type[_Word], said: object, reason: str) -> _Word:
    try:
        return kind(str(said).strip().lower())
    except ValueError:
        raise ValueError(reason) from None


def _confidence(row: Row) -> float:
    value = row["confidence"]
    if not isinstance(value, int | float) or math.isnan(value):
        raise ValueError("the confidence is missing or not a number")
    if not 0 <= value <= 1:
        raise ValueError("the confidence is not within 0..1")
    return float(value)


def _moment(row: Row, name: str) -> datetime:
    """Return a moment that is kept as microseconds since 1970, or was written as text with its zone."""
    value = row[name]
    try:
        at = from_micros(value) if isinstance(value, int) else datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is missing or cannot be read") from None
    if at.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    return at.astimezone(UTC)
