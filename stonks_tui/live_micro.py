"""Live micro: by which rules does an account trade signals now, and until when does it hold each position?"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.model.runs import LIVE_RUN
from engine.policy import TradingPolicy
from stonks_tui.view_models.micro_rules import MicroRules

if TYPE_CHECKING:
    from storage.live_reader import SqlLiveReader


async def read(live: "SqlLiveReader") -> MicroRules:
    """Return the rules of the account of `live`, and when each micro position is closed at the latest."""
    async with live.at_once(LIVE_RUN):
        settings, state = await live.settings(), await live.state()
    policy = _policy(settings)
    return MicroRules(policy=policy, closings=_closings(json.loads(state), policy) if state else {})


def _policy(settings: str) -> TradingPolicy:
    from engine.settings import from_text

    return from_text(settings).policy if settings else TradingPolicy()


def _closings(state: dict[str, Any], policy: TradingPolicy) -> Mapping[str, datetime]:
    """Return the moments of a kept state: when each has been held long enough, or when the day is over."""
    from engine import codec
    from engine.model.costs import CostModel
    from engine.model.sessions import SessionTable
    from engine.risk import micro_trading

    state.pop("tax", None)  # it is long, and nothing is decided here
    found = codec.state_from_plain(state, sessions=SessionTable(sessions=()), costs=CostModel())
    ends = micro_trading.closing_time(found.session, policy) if found.session is not None else None
    closings = {p.ticker: p.closes_at for p in found.positions.values() if p.is_micro and p.closes_at is not None}
    return {ticker: min(at, ends) if ends is not None else at for ticker, at in closings.items()}
