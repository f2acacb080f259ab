"""Replay: does the journal of an account, decided on again, come to the same, byte for byte?"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from engine import answers, codec
from engine.answers import RecalledMarket
from engine.decision.decide import decide
from engine.decision.state import State
from engine.errors import BrokenInvariant
from engine.model.live import JournalEntry
from engine.policy import TradingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first turn that comes out otherwise: what was kept of it, and what comes now (or why nothing does)."""

    seq: int
    at: datetime
    event: str
    kept: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How a replay went: how many turns came out alike, and the first that did not."""

    turns: int
    difference: Difference | None


async def replay(journal: AsyncIterator[JournalEntry], state: State, policy: TradingPolicy) -> Replayed:
    """Return how `journal` comes out again from `state`, which stood before its first turn; `state` goes along."""
    turns = 0
    async for entry in journal:
        now = _again(entry, state, policy)
        if now != entry.effects:
            found = Difference(seq=entry.seq, at=entry.at, event=entry.event, kept=entry.effects, now=now)
            return Replayed(turns=turns, difference=found)
        turns += 1
    return Replayed(turns=turns, difference=None)


def _again(entry: JournalEntry, state: State, policy: TradingPolicy) -> str:
    said = json.loads(entry.answers)
    market = None if said is None else RecalledMarket(answers.from_plain(said))
    state.market = market
    try:
        effects = decide(state, codec.event_from_plain(json.loads(entry.event), market), policy, traced=True)
    except BrokenInvariant as error:
        return f"nothing: {error}"
    return codec.text(codec.effects_to_plain(effects))
