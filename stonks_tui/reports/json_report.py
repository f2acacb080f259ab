"""JSON report: a run for machines. Amounts are strings of dollars with 4 places, fractions are numbers."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from typing import Any

from engine.model.comparison import Comparison, Figure, Ingredient, Unit
from engine.model.money import to_decimal
from engine.model.runs import RunRecord
from engine.model.views import DecisionStory
from engine.ports import RunListing, RunState

_AMOUNTS = frozenset(
    {
        "initial_capital", "initial_value", "final_value", "costs", "flows", "reserve",
        "gross_profit", "gross_loss", "net_pnl", "average_win", "average_loss",
        "price", "exit_price", "pnl", "cost", "proceeds", "active_pool", "commission", "stop", "target", "entry_price",
        "loss", "basis", "carried", "disallowed",
    }
)  # fmt: skip


def run(record: RunRecord, state: RunState | None = None) -> dict[str, Any]:
    """Return everything of the record as JSON values. `state` is what became of it, such as interrupted."""
    values: dict[str, Any] = _plain(record)
    return values | {"state": (state or record.status).value}


def listing(entry: RunListing) -> dict[str, Any]:
    """Return one line of the list of runs as JSON values."""
    record = run(entry.record) if entry.record else {}
    return {"run_id": entry.run_id, "state": entry.state.value, "problem": entry.problem, "record": record or None}


def decision(story: DecisionStory) -> dict[str, Any]:
    """Return a decision with its trace, fills, changes of levels, round trips and notices as JSON values."""
    values: dict[str, Any] = _plain(story)
    return values


def comparison(compared: Comparison) -> dict[str, Any]:
    """Return runs side by side as JSON values."""
    values: dict[str, Any] = _plain(compared)
    for difference in values["differences"]:
        if difference["ingredient"] == Ingredient.CAPITAL:
            difference["values"] = [str(to_decimal(value)) for value in difference["values"]]
    values["figures"] = [_figure(figure) for figure in compared.figures]
    for name in ("values", "changes"):
        values["parting"][name] = [str(to_decimal(amount)) for amount in getattr(compared.parting, name)]
    return values


def _figure(figure: Figure) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(figure)
    if figure.unit is Unit.MONEY:
        for name in ("values", "changes"):
            plain[name] = [None if amount is None else str(to_decimal(amount)) for amount in plain[name]]
    return plain


def _plain(value: Any, name: str = "") -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name), f.name) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):  # JSON has no word for them
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Fraction):
        return float(value) if value.denominator > 1 else value.numerator
    if isinstance(value, int) and not isinstance(value, bool) and name in _AMOUNTS:
        return str(to_decimal(value))
    return value
