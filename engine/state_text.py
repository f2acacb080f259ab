"""State text: how is the text of the core's state made after every turn, when most of it is as it was before?

It is the text of `engine/codec.py`, to the letter. What is frozen and many, positions and the trades that tax may still
ask for, is put into words once and remembered as long as it is part of the state.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from engine import codec
from engine.decision.state import State
from engine.model.positions import Position
from engine.model.tax import TaxEvent


class StateText:
    """Makes the texts of one state as it changes."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[object, str]] = {}

    def of(self, state: State) -> str:
        """Return the text of `state`: `codec.text(codec.state_to_plain(state))`."""
        before, self._made = self._made, {}
        parts = codec.state_fields_to_plain(state, without=("positions", "tax"))
        texts = {name: codec.text(plain) for name, plain in parts.items()}
        texts["positions"] = _pairs((t, self._text(p, Position, before)) for t, p in state.positions.items())
        texts["tax"] = _pairs((t, self._trades(trades, before)) for t, trades in state.tax.items())
        return "{" + ",".join([f'"{name}":{texts[name]}' for name in codec.state_fields()]) + "}"

    def _trades(self, trades: Iterable[TaxEvent], before: Mapping[int, tuple[object, str]]) -> str:
        return "[" + ",".join([self._text(trade, TaxEvent, before) for trade in trades]) + "]"

    def _text(self, value: object, kind: Any, before: Mapping[int, tuple[object, str]]) -> str:
        """Return the text of `value`, which is frozen; its number is its own as long as it is remembered."""
        number = id(value)
        known = before.get(number)
        if known is None or known[0] is not value:
            known = value, codec.text(codec.value_to_plain(value, kind))
        self._made[number] = known
        return known[1]


def _pairs(found: Iterable[tuple[str, str]]) -> str:
    return "[" + ",".join([f"[{codec.text(key)},{text}]" for key, text in found]) + "]"
