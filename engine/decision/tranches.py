"""Tranches: when is the next part of an entry ordered, and what cancels the rest?

Each comes at the first price in the window at least five minutes after the last (on a daily tape: one a bar), under the
decision that planned it. Before each the checks run again; a check that fails, a sale, a breaker or a pause cancels the
rest (spec section 7).
"""

from dataclasses import replace
from datetime import datetime

from engine.decision import checks, drafts, entries, notices
from engine.decision.effects import Effect
from engine.decision.memory import PlannedEntry
from engine.decision.state import State
from engine.model.notices import NoticeKind
from engine.model.verdict import Check
from engine.policy import TradingPolicy
from engine.risk import gradual_entry

_WAITS_FOR = frozenset({Check.WINDOW, Check.PRICE})
"""Without these the time has not come yet: nothing is cancelled."""


def order_due(state: State, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the orders of the tranches that are due at `at`, and what is told of those that are cancelled."""
    effects: list[Effect] = []
    for ticker, planned in tuple(state.agenda.entries.items()):
        if gradual_entry.is_due(planned.last_at, at, policy) and not _is_working(state, planned):
            effects += _order_next(state, ticker, planned, at, policy)
    return effects


def cancel(
    state: State, ticker: str, at: datetime, why: str, *, value: float | None = None, limit: float | None = None
) -> list[Effect]:
    """Return what is told when the rest of the entry in `ticker` is cancelled; nothing when there is none."""
    planned = state.agenda.entries.pop(ticker, None)
    if planned is None:
        return []
    state.changed()
    left = f"{len(planned.shares)} of {planned.count} tranches, {planned.remaining} shares: {why}"
    told = notices.tell(
        NoticeKind.TRANCHES_CANCELLED,
        at,
        ticker=ticker,
        value=value,
        limit=limit,
        reference_id=planned.decision_id,
        note=left,
    )
    return [told]


def cancel_all(state: State, at: datetime, why: str) -> list[Effect]:
    """Return what is told when everything that is planned is cancelled."""
    return [told for ticker in tuple(state.agenda.entries) for told in cancel(state, ticker, at, why)]


def _is_working(state: State, planned: PlannedEntry) -> bool:
    """Is the tranche before still on its way? Then it is not known yet what it bought."""
    return any(w.order.decision_id == planned.decision_id for w in state.working.values())


def _order_next(state: State, ticker: str, planned: PlannedEntry, at: datetime, policy: TradingPolicy) -> list[Effect]:
    rest = replace(planned, shares=planned.shares[1:], done=planned.done + 1, last_at=at)
    _put(state, ticker, rest)  # the checks must not count what they are asked about
    draft = drafts.TrancheDraft(planned, at, state, policy)
    failed = checks.first_failure(draft, of=checks.TRANCHE_CHECKS)
    if failed is None:
        return entries.submit(state, draft, decision_id=planned.decision_id, tranche=rest.done, of=planned.count)
    _put(state, ticker, planned)
    if failed.check in _WAITS_FOR:
        return []
    return cancel(state, ticker, at, failed.skip_reason, value=failed.value, limit=failed.limit)


def _put(state: State, ticker: str, planned: PlannedEntry) -> None:
    if planned.shares:
        state.agenda.entries[ticker] = planned
    else:
        del state.agenda.entries[ticker]
    state.changed()
