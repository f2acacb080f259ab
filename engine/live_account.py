"""Live account: how does an event become a turn that is kept, or one that has not happened?

The core decides; event, answers of the market, new state, records and errands are kept in one transaction. When that
fails the state is again what it was before.

Looks of which nothing came are kept with the turn after them, or at the end of the look: nothing has left that depends
on them, and whoever starts after a crash sees newer prices. So what a look leads to waits for one transaction.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine import codec
from engine.answers import RecordingMarket
from engine.decision.decide import decide
from engine.decision.effects import Effect
from engine.decision.events import (
    EntriesDue,
    Event,
    NotificationsSet,
    OrderFilled,
    PolicySet,
    PricesSeen,
    SessionOpened,
)
from engine.decision.state import State
from engine.errors import BrokenInvariant
from engine.live_ports import Kept, LiveStore, Turn
from engine.model.audit import AuditEvent
from engine.model.market import Market
from engine.model.notifications import Notification
from engine.model.runs import ExecutedOrder
from engine.settings import Settings, from_text, text_of
from engine.state_text import StateText
from engine.telling import notifications
from engine.turns import turn_of

_log = logging.getLogger("stonks")
Audit = Callable[[Sequence[Effect]], AuditEvent]
"""Makes of the effects of a person's word what is kept of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTurn:
    """A turn that was kept, or a look that will be; the event as it was decided on, and what the core asked for."""

    turn: Turn
    event: Event
    effects: list[Effect]


def settings_after(event: Event, settings: Settings) -> Settings:
    """Return what holds after `event`: what held before, if it sets nothing."""
    match event:
        case PolicySet():
            return replace(settings, policy=event.policy)
        case NotificationsSet():
            return replace(settings, notifications=event.settings)
        case _:
            return settings


class LiveAccount:
    """The state of one account and the rules it obeys, as they are kept."""

    def __init__(self, state: State, settings: Settings, store: LiveStore, *, epoch: int, kept: Kept | None) -> None:
        """Take `state` up where `kept` ended, by the settings that were kept; `settings` are those of a new account."""
        self.state = state
        self.settings = from_text(kept.settings) if kept and kept.settings else settings
        self.seq = kept.seq if kept else 0
        self.last_at: datetime | None = None
        self._errands = kept.errands if kept else 0
        self._looks: list[Turn] = []
        self._settings_kept = bool(kept and kept.settings)
        self._text = StateText()
        self._known = self._text.of(state)
        self._kept = self._known, self.seq
        self._store = store
        self._epoch = epoch

    async def recall(self) -> None:
        """Find out when the last turn was: time does not go back."""
        if self.seq:
            async for last in self._store.journal(self.seq - 1):
                self.last_at = last.at

    def not_before(self, at: datetime) -> datetime:
        """Return when something is noted that happened at `at`: time does not go back."""
        return at if self.last_at is None else max(at, self.last_at)

    async def keep_looks(self) -> None:
        """Keep what was looked at and led to nothing. Raises what the store raises; then it is kept another time."""
        if self._looks:
            market = self.state.market
            last = self._looks.pop()
            try:
                await self._commit(last)
            except BrokenInvariant:
                self._undo(market)
                raise
            except BaseException:
                self._looks.append(last)
                raise

    async def keep(self, event: Event, audit: Audit | None) -> KeptTurn:
        """Decide on `event` and keep the turn, with what `audit` makes of the effects, and the looks before it.

        Raises what the core raises when the event contradicts the books, and what the store raises when the turn could
        not be kept; then it has not happened.
        """
        if event.at < (at := self.not_before(event.at)):
            event = replace(event, at=at)
        market, execution = self.state.market, self._execution(event)
        asked = getattr(event, "market", market)
        try:
            effects = decide(self.state, event, self.settings.policy, traced=True)
            turn = turn_of(
                event,
                effects,
                self._text.of(self.state),
                asked.take_answers() if isinstance(asked, RecordingMarket) else None,
                seq=self.seq + 1,
                epoch=self._epoch,
                execution=execution,
                first_errand=self._errands + 1,
                audit=audit(effects) if audit else None,
                settings=self._settings_to_keep(event),
                checkpoint=self._known if isinstance(event, SessionOpened) else "",
                notifications=self._told(event, effects),
            )
            if _is_mere_look(event, turn):
                self._looks.append(turn)
            else:
                await self._commit(turn)
        except BaseException:
            self._undo(market)
            raise
        self.seq, self._known, self.last_at = turn.entry.seq, turn.state, event.at
        self._settings_kept = True
        self._errands += len(turn.errands)
        self.settings = settings_after(event, self.settings)
        return KeptTurn(turn=turn, event=event, effects=effects)

    async def _commit(self, turn: Turn) -> None:
        """Keep `turn` and the looks before it.

        When the store refuses them because they contradict what it has, the looks have not happened either: with them
        nothing could be kept any more.
        """
        try:
            await self._store.commit(replace(turn, looks=tuple(look.entry for look in self._looks)))
        except BrokenInvariant:
            self._known, self.seq = self._kept
            self._looks.clear()
            raise
        self._looks.clear()
        self._kept = turn.state, turn.entry.seq

    def _told(self, event: Event, effects: Sequence[Effect]) -> tuple[Notification, ...]:
        """Return what people are to be told of the turn. Having no words for it keeps nothing from happening."""
        settings = settings_after(event, self.settings)
        try:
            return notifications.of_turn(
                event, effects, self.state, settings.notifications, seq=self.seq + 1, account=settings.policy.account
            )
        except Exception:  # noqa: BLE001 - whatever it is: an exit does not wait for words
            _log.exception("turn %d: nobody can be told of it", self.seq + 1)
            return ()

    def _settings_to_keep(self, event: Event) -> str:
        settings = settings_after(event, self.settings)
        return "" if self._settings_kept and settings is self.settings else text_of(settings)

    def _execution(self, event: Event) -> ExecutedOrder | None:
        if not isinstance(event, OrderFilled):
            return None
        order = self.state.working[event.fill.client_order_id].order
        return ExecutedOrder(fill=event.fill, decision_id=order.decision_id, tag=order.tag)

    def _undo(self, market: Market | None) -> None:
        """Know again what was known before a turn that could not be kept."""
        before = self.state
        self.state = codec.state_from_plain(json.loads(self._known), sessions=before.sessions, costs=before.costs_model)
        self.state.market = market


def _is_mere_look(event: Event, turn: Turn) -> bool:
    """Has nothing come of it that anybody is to know?"""
    return (
        isinstance(event, PricesSeen | EntriesDue)
        and turn.entry.effects == "[]"
        and not (turn.audit or turn.settings or turn.checkpoint or turn.notifications)
    )
