"""Macro events: is a severe one on, and for whom?"""

from collections.abc import Iterable
from datetime import datetime

from engine.model.macro import MacroEvent, Severity


def is_on(event: MacroEvent, at: datetime) -> bool:
    """Is `event` severe and on at `at`? Its end is no part of it."""
    return event.severity is Severity.HIGH and event.at <= at < event.until


def concerns(event: MacroEvent, ticker: str, sector: str | None) -> bool:
    """Does `event` shake `ticker`? One that names neither tickers nor a sector shakes all."""
    if not event.tickers and event.sector is None:
        return True
    return ticker in event.tickers or (event.sector is not None and event.sector == sector)


def concern(events: Iterable[MacroEvent], ticker: str, sector: str | None) -> bool:
    """Does one of `events` shake `ticker`?"""
    return any(concerns(event, ticker, sector) for event in events)
