"""Codec: how do events, effects and the core's state read as JSON, and how do they come back as they were?

One value has one text: fields in their order, dictionaries as pairs in theirs, sets sorted, moments and dates in ISO
8601, fractions as `3/2`. What a market answers is no part of an event (`engine/answers.py` keeps that), nor are
sessions, costs and market part of the state: whoever reads it has them.
"""

import json
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from cattrs import Converter
from cattrs.strategies import configure_tagged_union

from engine.accounting.performance_tracker import SHARPE_WINDOW
from engine.decision.effects import Effect
from engine.decision.events import BarClosed, BarOpened, BarTraded, Event, PricesSeen
from engine.decision.state import STOPS_KEPT, State
from engine.errors import BrokenInvariant
from engine.model.costs import CostModel
from engine.model.decision_log import TurnedDown
from engine.model.decisions import Decision
from engine.model.market import Market
from engine.model.recommendation import Recommendation
from engine.model.sessions import SessionTable
from engine.model.tape import RecommendationBatch, RecommendationTable
from engine.model.tax import Shares, TaxEvent

Plain = Any
"""What JSON can say."""

_Value = TypeVar("_Value")
_NOT_KEPT = frozenset({"sessions", "costs_model", "market", "_book"})
_KIND = "is"


def text(plain: Plain) -> str:
    """Return the one text of `plain`. Raises BrokenInvariant for a number that is none."""
    try:
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise BrokenInvariant(f"a number that is none cannot be written down: {error}") from error


def event_to_plain(event: Event) -> Plain:
    """Return `event` without the answers of its market."""
    return _converter_of_turns().unstructure(event, unstructure_as=Event)


def event_from_plain(plain: Plain, market: Market | None) -> Event:
    """Return the event that `plain` says, over `market` if it is one of prices."""
    event: Event = _converter_of_turns().structure(plain, Event)  # type: ignore[arg-type]
    if isinstance(event, PricesSeen | BarOpened | BarTraded | BarClosed):
        if market is None:
            raise BrokenInvariant(f"prices seen at {event.at} cannot be read without their market")
        return replace(event, market=market)
    return event


def effects_to_plain(effects: Sequence[Effect]) -> Plain:
    """Return `effects`, in their order."""
    return [_converter_of_turns().unstructure(effect, unstructure_as=Effect) for effect in effects]


def effect_from_plain(plain: Plain) -> Effect:
    """Return the effect that `plain` says."""
    effect: Effect = _converter_of_turns().structure(plain, Effect)  # type: ignore[arg-type]
    return effect


def state_to_plain(state: State) -> Plain:
    """Return everything that the core knows, but for sessions, costs and market."""
    return state_fields_to_plain(state)


def state_fields() -> Sequence[str]:
    """Return the names of what is kept of a state, in the order of its text."""
    return tuple(_kept_fields())


def state_fields_to_plain(state: State, *, without: Collection[str] = ()) -> dict[str, Plain]:
    """Return what is kept of `state` by name, `without` some of it."""
    convert = _converter()
    return {
        name: convert.unstructure(getattr(state, name), unstructure_as=kind)
        for name, kind in _kept_fields().items()
        if name not in without
    }


def value_to_plain(value: Any, kind: Any) -> Plain:
    """Return a part of a state, of which the type says that it is a `kind`."""
    return _converter().unstructure(value, unstructure_as=kind)


def state_from_plain(plain: Plain, *, sessions: SessionTable, costs: CostModel) -> State:
    """Return the state that `plain` says. No price is known to it yet."""
    convert, kinds = _converter(), _kept_fields()
    if unknown := set(plain) - set(kinds):
        raise BrokenInvariant(f"a state has {', '.join(sorted(unknown))}, which this version does not know")
    kept = {name: convert.structure(plain[name], kinds[name]) for name in plain}
    state = State(sessions=sessions, costs_model=costs, **kept)
    state.performance.returns = deque(state.performance.returns, maxlen=SHARPE_WINDOW)
    state.stops_at = deque(state.stops_at, maxlen=STOPS_KEPT)
    return state


@cache
def _kept_fields() -> Mapping[str, Any]:
    hints = get_type_hints(State)
    return {f.name: hints[f.name] for f in fields(State) if f.name not in _NOT_KEPT}


@cache
def _converter_of_turns() -> Converter:
    """Return what knows events and effects too: it takes a while to make, and who only reads a state needs none."""
    made = _made()
    for union in (Event, Effect):
        configure_tagged_union(union, made, tag_name=_KIND)
    return made


@cache
def _converter() -> Converter:
    return _made()


def _made() -> Converter:
    made = Converter(forbid_extra_keys=True)
    for kind in (datetime, date):
        made.register_unstructure_hook(kind, kind.isoformat)
        made.register_structure_hook(kind, lambda said, wanted: wanted.fromisoformat(said))
    made.register_structure_hook(float, lambda said, _: said)  # a count kept as a float stays the whole number it is
    made.register_unstructure_hook(Fraction, str)
    made.register_structure_hook(Fraction, lambda said, _: Fraction(said))
    made.register_unstructure_hook_func(lambda kind: kind is Shares, lambda n: n if isinstance(n, int) else str(n))
    made.register_structure_hook_func(
        lambda kind: kind is Shares, lambda said, _: said if isinstance(said, int) else Fraction(said)
    )
    made.register_unstructure_hook_func(lambda kind: kind is Market, lambda _: None)
    made.register_structure_hook_func(lambda kind: kind is Market, lambda *_: None)
    made.register_unstructure_hook_factory(_is_mapping, lambda kind: _pairs_out(made, kind))
    made.register_structure_hook_factory(_is_mapping, lambda kind: _pairs_in(made, kind))
    made.register_unstructure_hook_factory(_is_set, lambda _: sorted)
    made.register_structure_hook_func(_is_of_plain_parts, lambda said, _: said)
    made.register_unstructure_hook_func(_is_of_plain_parts, lambda value: value)
    made.register_unstructure_hook(
        RecommendationBatch,
        lambda batch: [made.unstructure(batch.table.row(i), Recommendation) for i in batch.order],
    )
    made.register_structure_hook(
        RecommendationBatch, lambda said, _: _batch(made.structure(said, tuple[Recommendation, ...]))
    )
    made.register_unstructure_hook(
        TurnedDown, lambda block: [made.unstructure(block.decision(i), Decision) for i in range(len(block))]
    )
    configure_tagged_union(TaxEvent, made, tag_name=_KIND)
    return made


def _batch(recommendations: tuple[Recommendation, ...]) -> RecommendationBatch:
    return RecommendationBatch(table=RecommendationTable.of(recommendations), order=list(range(len(recommendations))))


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) in (dict, Mapping)


def _is_set(kind: Any) -> bool:
    return get_origin(kind) in (set, frozenset)


def _is_of_plain_parts(kind: Any) -> bool:
    """Is it a union of what JSON has itself, such as `float | int | str | None`?"""
    parts = get_args(kind) if get_origin(kind) in (Union, UnionType) else ()
    return bool(parts) and all(part in (int, float, str, bool, type(None)) for part in parts)


def _pairs_out(made: Converter, kind: Any) -> Any:
    of_key, of_value = get_args(kind)
    return lambda found: [[made.unstructure(k, of_key), made.unstructure(v, of_value)] for k, v in found.items()]


def _pairs_in(made: Converter, kind: Any) -> Any:
    of_key, of_value = get_args(kind)
    return lambda said, _: {made.structure(k, of_key): made.structure(v, of_value) for k, v in said}
