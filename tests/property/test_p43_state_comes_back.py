"""Property 43, its ground: what the core knows and what happens to it is written down, and comes back as it was."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from engine import answers, backtester, codec
from engine.decision.decide import decide
from engine.decision.events import Event
from engine.errors import BrokenInvariant
from engine.simulation import Simulation
from tests.support.markets import IntradayWorld, World, intraday_worlds, worlds


class Forgetful(Simulation):
    """Between any two events it forgets everything, and knows again what it had written down."""

    def happens(self, event: Event) -> None:
        """See `Simulation`."""
        said = json.loads(codec.text(codec.event_to_plain(event)))
        super().happens(codec.event_from_plain(said, getattr(event, "market", None)))
        state = json.loads(codec.text(codec.state_to_plain(self.state)))
        market, sessions = self.state.market, self.state.sessions
        self.state = codec.state_from_plain(state, sessions=sessions, costs=self.state.costs_model)
        self.state.market = market


class Rehearsed(Simulation):
    """Decides everything twice: on the market, and on a copy of the state with what the market answered then."""

    def happens(self, event: Event) -> None:
        """See `Simulation`."""
        state = json.loads(codec.text(codec.state_to_plain(self.state)))
        recording = answers.RecordingMarket(getattr(event, "market", None) or self.state.market or self.market)
        happened = codec.event_to_plain(event)
        first = codec.state_from_plain(state, sessions=self.state.sessions, costs=self.state.costs_model)
        first.market = recording if self.state.market else None
        effects = decide(first, codec.event_from_plain(happened, recording), self.policy, traced=True)

        recalled = answers.RecalledMarket(answers.from_plain(_again(answers.to_plain(recording.take_answers()))))
        second = codec.state_from_plain(state, sessions=self.state.sessions, costs=self.state.costs_model)
        second.market = recalled if self.state.market else None
        same = decide(second, codec.event_from_plain(_again(happened), recalled), self.policy, traced=True)

        assert codec.text(codec.effects_to_plain(same)) == codec.text(codec.effects_to_plain(effects))
        assert codec.text(codec.state_to_plain(second)) == codec.text(codec.state_to_plain(first))
        super().happens(event)


def _again(plain: Any) -> Any:
    return json.loads(codec.text(plain))


def _played_by(kind: type[Simulation], world: World | IntradayWorld, monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patched:
        patched.setattr(backtester, "Simulation", kind)
        result = world.play()
    assert not result.error
    return result


@settings(max_examples=9)
@given(world=worlds())
def test_p43_whoever_forgets_everything_between_two_events_decides_the_same(world: World) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert _played_by(Forgetful, world, monkeypatch).books == world.play().books


@settings(max_examples=10)
@given(world=intraday_worlds(with_splits=True))
def test_p43_within_the_day_too(world: IntradayWorld) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert _played_by(Forgetful, world, monkeypatch).books == world.play().books


@settings(max_examples=6)
@given(world=worlds())
def test_p43_what_the_market_answered_is_enough_to_decide_the_same_byte_for_byte(world: World) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        _played_by(Rehearsed, world, monkeypatch)


@settings(max_examples=6)
@given(world=intraday_worlds())
def test_p43_within_the_day_byte_for_byte_too(world: IntradayWorld) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        _played_by(Rehearsed, world, monkeypatch)


def test_what_was_not_asked_then_is_not_answered_now() -> None:
    with pytest.raises(BrokenInvariant, match="the price of"):
        answers.RecalledMarket(()).price("AAPL")


def test_a_number_that_is_none_is_not_written_down() -> None:
    with pytest.raises(BrokenInvariant, match="cannot be written down"):
        codec.text({"atr": float("nan")})
