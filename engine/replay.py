"""Replay: does the journal of an account, decided on again, come to the same, byte for byte?"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine import answers, codec
from engine.answers import RecalledMarket
from engine.decision.decide import decide
from engine.decision.effects import Effect, RecordDecision, RecordTurnedDown, SubmitOrder
from engine.decision.events import PolicySet
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
class Gap:
    """Turns that are not in the journal: those after `after`, up to the turn before `seq`, which was at `at`."""

    after: int
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How a replay went: how many turns came out alike, with how many decisions and orders, and what ended it.

    That is the first `difference`, or a `gap`, or the end of the journal. `policy` holds after the last turn.
    """

    turns: int
    decisions: int
    orders: int
    policy: TradingPolicy
    difference: Difference | None = None
    gap: Gap | None = None


async def replay(
    journal: AsyncIterator[JournalEntry], state: State, policy: TradingPolicy, *, until: int | None = None
) -> Replayed:
    """Return how `journal` comes out again from `state`, which stood before its first turn; `state` goes along.

    `policy` holds until a turn sets another. With `until` what comes after that turn is left alone.
    """
    turns = decisions = orders = 0
    last: JournalEntry | None = None
    difference: Difference | None = None
    gap: Gap | None = None
    async for entry in journal:
        if until is not None and entry.seq > until:
            break
        if last is not None and entry.seq != last.seq + 1:
            gap = Gap(after=last.seq, seq=entry.seq, at=entry.at)
            break
        try:
            effects, after = _again(entry, state, policy)
            now = codec.text(codec.effects_to_plain(effects))
        except Exception as error:  # noqa: BLE001 - whatever stops it is what comes of the turn now
            now = f"nothing: {_cause(error)}"
        if now != entry.effects:
            difference = Difference(seq=entry.seq, at=entry.at, event=entry.event, kept=entry.effects, now=now)
            break
        last, policy = entry, after
        turns += 1
        decisions += sum(_decisions(effect) for effect in effects)
        orders += sum(isinstance(effect, SubmitOrder) for effect in effects)
    return Replayed(turns=turns, decisions=decisions, orders=orders, policy=policy, difference=difference, gap=gap)


def _again(entry: JournalEntry, state: State, policy: TradingPolicy) -> tuple[Sequence[Effect], TradingPolicy]:
    """Return what follows from the turn's event by `policy`, and the policy from the next turn on."""
    said = json.loads(entry.answers)
    market = None if said is None else RecalledMarket(answers.from_plain(said))
    state.market = market
    event = codec.event_from_plain(json.loads(entry.event), market)
    effects = decide(state, event, policy, traced=True)
    return effects, event.policy if isinstance(event, PolicySet) else policy


def _decisions(effect: Effect) -> int:
    if isinstance(effect, RecordTurnedDown):
        return len(effect.block)
    return isinstance(effect, RecordDecision)


def _cause(error: Exception) -> str:
    return str(error) if isinstance(error, BrokenInvariant) else f"{type(error).__name__}: {error}"
