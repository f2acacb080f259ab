"""Scope: what is looked at? A run, and a day of it."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from engine.errors import StonksError
from engine.model.money import Money
from engine.model.portfolio import PortfolioSnapshot, TradingState
from engine.model.runs import RunRecord
from engine.model.views import RunStory
from engine.policy import RiskTierConfig, TradingPolicy
from engine.policy_mapping import from_mapping
from stonks_tui.view_models.command import DEMO, ENGINE


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A run as of one of its days. `place` counts the days from 0; `day` has positions once they are read.

    `mode` is the badge: DEMO, PAPER or BACKTEST. A run without days has no `snapshot`. `fault` is why the day could not
    be read, and what to do; empty when it could.
    """

    mode: str
    story: RunStory
    place: int = 0
    day: PortfolioSnapshot | None = None
    fault: tuple[str, str] | None = None

    @property
    def run_id(self) -> int:
        """The run's number."""
        return self.story.run_id

    @property
    def record(self) -> RunRecord | None:
        """The run's record, None when it cannot be read."""
        return self.story.record

    @property
    def days(self) -> tuple[PortfolioSnapshot, ...]:
        """Every day of the run, without positions."""
        return self.story.days

    @property
    def snapshot(self) -> PortfolioSnapshot | None:
        """The day that is looked at; with its positions once they are read."""
        if not self.days:
            return None
        return self.day if self.day is not None and self.day.on == self.days[self.place].on else self.days[self.place]

    @property
    def has_positions(self) -> bool:
        """Have the positions of the day been read?"""
        return self.day is not None and bool(self.days) and self.day.on == self.days[self.place].on

    @property
    def profit(self) -> Money | None:
        """What the day brought."""
        return self.story.profits[self.place] if self.days else None

    @property
    def is_last(self) -> bool:
        """Is it the run's last day?"""
        return self.place >= len(self.days) - 1

    @property
    def is_now(self) -> bool:
        """Is it an account that trades, as it stands now?"""
        return self.story.alive is not None and self.is_last

    @property
    def events(self) -> tuple[int, date | None, int]:
        """What has happened: scopes whose `events` are the same differ in prices, and what follows from them, alone."""
        on, alive = self.snapshot.on if self.snapshot else None, self.story.alive
        return self.run_id, on, alive.happened if alive is not None and self.is_last else 0

    @property
    def trading(self) -> TradingState:
        """What may be done: as the engine has said last, else as the day ended."""
        if self.story.alive is not None and self.is_last:
            return self.story.alive.heartbeat.trading
        return self.snapshot.trading_state if self.snapshot is not None else TradingState.ACTIVE

    @cached_property
    def policy(self) -> TradingPolicy | None:
        """The rules that the run obeyed, None when this version of the program does not know them."""
        if self.record is None:
            return None
        try:
            return from_mapping(self.record.policy)
        except StonksError:
            return None

    @property
    def places(self) -> tuple[str, ...]:
        """The places of commands that can be given because of what is looked at (`view_models/commands.py`)."""
        if self.story.alive is None:
            return ()
        return (ENGINE, DEMO) if self.mode == "DEMO" else (ENGINE,)

    def follow(self, story: RunStory, day: PortfolioSnapshot | None) -> "Scope":
        """Return the scope with what has become of the account since: the newest day follows, an older one stays."""
        place = len(story.days) - 1 if self.is_last else self.place
        return replace(self, story=story, place=max(0, place), day=day if self.is_last else self.day, fault=None)

    @property
    def limits(self) -> RiskTierConfig | None:
        """The limits of the tier that the day ended in."""
        if self.policy is None or self.snapshot is None:
            return None
        return self.policy.tiers[self.snapshot.risk_tier]

    def at(self, place: int) -> "Scope":
        """Return the scope `place` days from the first, or as near as the run has it."""
        return replace(self, place=max(0, min(place, len(self.days) - 1)), fault=None)

    def on(self, day: date) -> "Scope":
        """Return the scope at the last day on or before `day`; the first when it is earlier."""
        return self.at(bisect_right([d.on for d in self.days], day) - 1)
