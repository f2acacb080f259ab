"""JSON values: how do traces, marks, orders, words, inputs, gaps and figures read as JSON, and come back from it?

Fields that hold their default are left out; moments and dates are ISO 8601.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from fractions import Fraction
from typing import Any, TypeVar

from engine.model.orders import Order, OrderSide, OrderTag, OrderType, TimeInForce
from engine.model.performance import TradeStatistics
from engine.model.portfolio import MicroTally, PositionMark
from engine.model.runs import DataGap, GapKind, RunInput
from engine.model.tax import LossAtStake, LotTax, Shares
from engine.model.verdict import Check, SizingStep, Trace, Verdict
from storage.moments import from_micros, to_micros

_Value = TypeVar("_Value")
_Object = Mapping[str, Any]


def pack_trace(trace: Trace | None) -> dict[str, object] | None:
    """Return `trace` as what JSON can say."""
    if trace is None:
        return None
    at_stake = {"at_stake": _pack_at_stake(trace.at_stake)} if trace.at_stake else {}
    return {
        "verdicts": [_pack(v) for v in trace.verdicts],
        "sizing": [_pack(s) for s in trace.sizing],
        "inputs": [list(pair) for pair in trace.inputs],
        "not_computed": list(trace.not_computed),
        **at_stake,
    }


def unpack_trace(packed: _Object | None) -> Trace | None:
    """Return what `pack_trace` was given."""
    if packed is None:
        return None
    return Trace(
        verdicts=tuple(_unpack(Verdict, v, check=Check) for v in packed["verdicts"]),
        sizing=tuple(_unpack(SizingStep, s) for s in packed["sizing"]),
        inputs=tuple((name, value) for name, value in packed["inputs"]),
        not_computed=tuple(Check(c) for c in packed["not_computed"]),
        at_stake=_unpack_at_stake(packed["at_stake"]) if "at_stake" in packed else None,
    )


def _pack_at_stake(stake: LossAtStake) -> _Object:
    return {**_pack(stake), "washed": str(stake.washed)}


def _unpack_at_stake(packed: _Object) -> LossAtStake:
    return _unpack(LossAtStake, packed, washed=_shares, until=date.fromisoformat)


def _shares(text: str) -> Shares:
    found = Fraction(text)
    return found if found.denominator > 1 else found.numerator


def pack_lot_tax(tax: LotTax | None) -> _Object | None:
    """Return `tax` as what JSON can say."""
    return _pack(tax) if tax else None


def unpack_lot_tax(packed: _Object | None) -> LotTax | None:
    """Return what `pack_lot_tax` was given."""
    return _unpack(LotTax, packed, held_since=date.fromisoformat, replaced_by=tuple) if packed else None


def pack_all(values: Sequence[object]) -> list[dict[str, object]]:
    """Return a list of flat values as what JSON can say."""
    return [_pack(v) for v in values]


def pack_fields(value: object) -> dict[str, object]:
    """Return a flat value as what JSON can say."""
    return _pack(value)


def pack_order(order: Order | None) -> _Object | None:
    """Return `order` as what JSON can say."""
    return _pack(order) if order else None


def unpack_order(packed: _Object | None) -> Order | None:
    """Return what `pack_order` was given."""
    if packed is None:
        return None
    return _unpack(
        Order,
        packed,
        side=OrderSide,
        order_type=OrderType,
        time_in_force=TimeInForce,
        tag=OrderTag,
        created_at=datetime.fromisoformat,
    )


def pack_texts(texts: Mapping[str, str]) -> str:
    """Return texts by their names as JSON, whatever the names are."""
    return json.dumps(dict(texts), separators=(",", ":"))


def unpack_texts(packed: str) -> Mapping[str, str]:
    """Return what `pack_texts` was given."""
    texts: dict[str, str] = json.loads(packed)
    return texts


def unpack_tally(packed: _Object) -> MicroTally:
    """Return the tally that `pack_fields` was given."""
    return _unpack(MicroTally, packed)


def unpack_statistics(packed: _Object) -> TradeStatistics:
    """Return the statistics that `pack_fields` was given."""
    return _unpack(TradeStatistics, packed)


def unpack_marks(packed: Sequence[_Object]) -> tuple[PositionMark, ...]:
    """Return the position marks that `pack_all` was given."""
    return tuple(_unpack(PositionMark, p, opened_at=datetime.fromisoformat) for p in packed)


def unpack_inputs(packed: Sequence[_Object]) -> tuple[RunInput, ...]:
    """Return the inputs that `pack_all` was given."""
    return tuple(_unpack(RunInput, p) for p in packed)


def unpack_gaps(packed: Sequence[_Object]) -> tuple[DataGap, ...]:
    """Return the gaps that `pack_all` was given."""
    return tuple(_unpack(DataGap, p, kind=GapKind, on=date.fromisoformat) for p in packed)


def _pack(value: object) -> dict[str, object]:
    packed = {}
    for field in fields(value):  # type: ignore[arg-type]
        item = getattr(value, field.name)
        if item is not field.default and (item != field.default or type(item) is not type(field.default)):
            packed[field.name] = _plain(item)
    return packed


def _plain(item: object) -> object:
    match item:
        case datetime():
            return from_micros(to_micros(item)).isoformat()  # refuses naive ones
        case date():
            return item.isoformat()
        case _:
            return item


def _unpack(kind: Callable[..., _Value], packed: _Object, /, **convert: Callable[[Any], object]) -> _Value:
    return kind(**{name: convert[name](item) if name in convert else item for name, item in packed.items()})
