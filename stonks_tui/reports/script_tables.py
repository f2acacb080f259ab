"""Script tables: positions and decisions as plain tables for people, from the same values that programs get."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from stonks_tui.reports.numbers import percent, table

Plain = Mapping[str, Any]
_POSITIONS = ("ticker", "shares", "entry", "last", "value", "gain", "", "stop", "target", "since")
_DECISIONS = ("at", "ticker", "decision", "shares", "price", "why", "id")


def positions(held: Sequence[Plain]) -> list[str]:
    """Return a line for each position, below a heading."""
    if not held:
        return ["nothing is held"]
    return table([_POSITIONS, *map(_position, held)], right=frozenset(range(1, 9)), indent="")


def decisions(found: Sequence[Plain]) -> list[str]:
    """Return a line for each decision, below a heading."""
    if not found:
        return ["nothing was decided"]
    return table([_DECISIONS, *map(_decision, found)], right=frozenset({3, 4}), indent="")


def _position(p: Plain) -> tuple[str, ...]:
    amounts = (p[name] for name in ("entry_price", "last_price", "market_value"))
    return (
        p["ticker"],
        f"{p['quantity']:,}",
        *map(_usd, amounts),
        _usd(p["unrealised"]),
        percent(p["return_pct"], signed=True),
        _usd(p["stop"]),
        _usd(p["target"]),
        p["opened_at"][:10] + (", being sold" if p["is_exiting"] else ""),
    )


def _decision(d: Plain) -> tuple[str, ...]:
    why = d["skip_reason"] or d["recommendation_id"] or d["cause"]
    shares = f"{d['shares']:,}" if d["shares"] else ""
    price = _usd(d["price"]) if d["price"] else ""
    at = d["at"][:19].replace("T", " ")
    return at, d["ticker"], f"{d['outcome']} {d['kind']}", shares, price, why, d["decision_id"]


def _usd(amount: str) -> str:
    return f"{Decimal(amount):,.2f}"
