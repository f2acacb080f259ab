"""Run again: how is the form filled in that makes an earlier run once more?"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.model.money import to_decimal
from engine.model.runs import RunRecord
from engine.policy import TradingPolicy
from engine.policy_mapping import as_mapping
from stonks_tui.view_models.run_form import IMPORTED, QUOTES, Form, safe

_FURTHER = ("history", "signals", "macro_events", "halts", "earnings", "splits", "dividends")
_COMMISSIONS = ("commission_per_order", "commission_per_share", "commission_pct")
_SLIPPAGE = 5.0  # what run_options assumes
_TEXTS = frozenset({"date_format", "confidence_scale", "splits_adjusted", "bar_time"})
_STOP_CHECKS = "stop_checks"  # kept with a run's reading options, though no file is read so
_SWITCHES = frozenset({"adjusted", "closes_only", "skip_bad"})
_PAIRS = {"on_fault": "--on-fault", "columns": "--column"}


def from_record(record: RunRecord) -> Form:
    """Return the form that makes the run once more."""
    kinds = {i.kind for i in record.inputs}
    values = {
        "capital": _plain(f"{to_decimal(record.initial_capital):f}"),
        "tier": record.risk_tier.value,
        "slippage": _plain(str(record.costs.get("slippage_bps", _SLIPPAGE))),
    }
    if "simulated" in kinds:
        return Form(values={**values, "data": f"demo {record.seed}"})
    values |= {
        "data": IMPORTED if "market" in kinds else _prices(record),
        "recommendations": _files(record, "recommendations"),
        "sectors": _files(record, "sectors"),
        "timezone": "" if "market" in kinds else record.reading.get("timezone", ""),
        "start": record.start_on.isoformat(),
        "end": record.end_on.isoformat(),
        "settings": " ".join(_settings(record)),
        "name": record.name,
    }
    return Form(
        values=values, reading=(*_further(record), *_reading(record.reading)), costs=(*_stops(record), *_fees(record))
    )


def _files(record: RunRecord, kind: str) -> str:
    quoted = (f'"{i.path}"' if "," in i.path else i.path for i in record.inputs if i.kind == kind)
    return ", ".join(quoted)


def _prices(record: RunRecord) -> str:
    quotes = _files(record, "quotes")
    return f"{QUOTES} {quotes}" if quotes else _files(record, "bars")


def _further(record: RunRecord) -> Iterator[str]:
    for kind in _FURTHER:
        found = [safe(Path(i.path)) for i in record.inputs if i.kind == kind]
        yield from (f"--{kind.replace('_', '-')}", *found) if found else ()


def _stops(record: RunRecord) -> tuple[str, ...]:
    found = record.reading.get(_STOP_CHECKS)
    return (f"--stop-checks={found}",) if found else ()


def _fees(record: RunRecord) -> tuple[str, ...]:
    return tuple(f"--{name.replace('_', '-')}={fee}" for name in _COMMISSIONS if (fee := record.costs.get(name)))


def _settings(record: RunRecord) -> Iterator[str]:
    """Yield what differs from the defaults of today, also what there is no setting for any more."""
    today = as_mapping(TradingPolicy())
    for name, value in record.policy.items():
        if name != "risk_tier" and (name not in today or today[name] != value):
            yield f"{name}={value}"


def _plain(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number and "e" not in number else number


def _reading(reading: Mapping[str, str]) -> tuple[str, ...]:
    """Return the arguments for the reading options that are not the default; those unknown today are left out."""
    return tuple(word for name, text in reading.items() for word in _words(name, text))


def _words(name: str, text: str) -> Iterator[str]:
    option = f"--{name.replace('_', '-')}"
    if name in _SWITCHES and text == "True":
        yield option
    elif name in _TEXTS:
        yield f"{option}={text}"
    elif name in _PAIRS:
        yield from (f"{_PAIRS[name]}={key}={value}" for key, value in _pairs(text).items())


def _pairs(text: str) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
