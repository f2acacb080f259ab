"""Everything that the core writes down, to the last field: what people read must not change unseen.

The texts are kept beside this file; `--snapshot-update` writes them anew. Look at each change before you keep it.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from fractions import Fraction

import pytest
from syrupy.assertion import SnapshotAssertion

import engine.accounting
import engine.decision
import engine.risk
from engine.decision import events
from engine.decision.effects import Effect
from engine.decision.memory import Agenda, Seen, Watch
from engine.decision.state import Performance, State, Tally
from engine.model.macro import MacroEvent, Severity
from engine.model.market import Dividend, Split
from engine.model.portfolio import FlowKind, RiskTierName, TradingState
from engine.model.recommendation import Recommendation
from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow
from tests.support.desk import NOON, Desk, PlainMarket
from tests.support.tapes import buy, closing, day, rules, sell

CHANGING = {Agenda, Performance, Seen, State, Tally, Watch}
"""The state of the core; everything else is a value."""


def classes() -> Iterator[type[object]]:
    for package in (engine.accounting, engine.decision, engine.risk):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for kind in vars(importlib.import_module(module.name)).values():
                if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.name:
                    yield kind


@pytest.mark.parametrize("kind", sorted(set(classes()), key=repr))
def test_a_value_is_frozen_slotted_and_made_by_name(kind: type) -> None:
    assert "__slots__" in vars(kind)
    assert kind.__dataclass_params__.frozen is (kind not in CHANGING)  # type: ignore[attr-defined]
    if kind is not Seen:
        assert all(f.kw_only for f in fields(kind))


def written(value: object, depth: int = 0) -> Iterator[str]:
    """Yield `value` as lines, one a field."""
    pad = "  " * depth
    for f in fields(value):  # type: ignore[arg-type]
        item = getattr(value, f.name)
        if is_dataclass(item):
            yield f"{pad}{f.name}: {type(item).__name__}"
            yield from written(item, depth + 1)
        elif isinstance(item, tuple) and item and is_dataclass(item[0]):
            yield f"{pad}{f.name}:"
            for part in item:
                yield f"{pad}  {', '.join(f'{g.name} {plain(getattr(part, g.name))}' for g in fields(part))}"
        else:
            yield f"{pad}{f.name}: {plain(item)}"


def plain(item: object) -> str:
    match item:
        case Enum():
            return str(item.value)
        case datetime():
            return f"{item:%d %H:%M}"
        case tuple():
            return "; ".join(map(plain, item))
        case float():
            return f"{item:.9g}"
        case _:
            return str(item)


def text(effects: Iterable[Effect]) -> str:
    return "\n".join(line for e in effects for line in (type(e).__name__, *written(e, 1)))


def desk(**settings: object) -> Desk:
    """A desk that holds 100 OLD at a loss, and knows NEW, which reports in two sessions and moves much like OLD."""
    market = PlainMarket(
        prices={"NEW": 1_000_000, "OLD": 500_000},
        atrs={"NEW": 2.0, "OLD": 1.0},
        sectors={"NEW": "tech", "OLD": "energy"},
        earnings={"NEW": 2},
        correlation_with={"OLD": 0.6},
    )
    found = Desk(market, policy=rules(micro_trading_enabled=True, **settings))
    found.hold("OLD", 100, entry=520_000, sector="energy", now=500_000, confidence=0.8)
    return found


def signal(signal_id: str, direction: SignalDirection, confidence: float = 0.7) -> events.SignalReceived:
    seen = IntradaySignal(
        signal_id=signal_id,
        ticker="NEW",
        window=SignalWindow.INTRADAY,
        direction=direction,
        confidence=confidence,
        generated_at=NOON - timedelta(minutes=1),
    )
    return events.SignalReceived(at=NOON, signal=seen)


def recommended(d: Desk, *asked: Recommendation) -> list[Effect]:
    return [e for r in asked for e in d.happens(events.RecommendationReceived(at=NOON, recommendation=r))]


def test_an_entry_and_its_fills(snapshot: SnapshotAssertion) -> None:
    d = desk(gradual_entry_tranches=3)
    effects = recommended(d, buy("NEW", confidence=0.7, thesis="cheap"))
    assert text(effects) == snapshot
    assert text(d.happens(events.EntriesDue(at=NOON + timedelta(minutes=5)))) == snapshot
    assert "\n".join(line for p in d.state.positions.values() for line in written(p)) == snapshot


def test_skips(snapshot: SnapshotAssertion) -> None:
    d = desk()
    d.state.watch.doubted["NEW"] = (NOON, 1)
    unmoved = PlainMarket(prices={"STILL": 10_000}, atrs={"STILL": 0.0})
    effects = recommended(d, buy("OLD", confidence=0.7), buy("NEW", confidence=0.6), sell("ZZZ", 0))
    effects += recommended(d, buy("NEW", confidence=0.7), buy("NONE", confidence=0.7))
    d.happens(events.PricesSeen(at=NOON, market=unmoved))
    effects += recommended(d, buy("STILL", confidence=0.7))
    assert text(effects) == snapshot


def test_a_sale_and_its_trade(snapshot: SnapshotAssertion) -> None:
    d = desk(large_trade_pnl_usd=10.0)
    recommended(d, buy("NEW", confidence=0.7, thesis="cheap"))
    d.market.prices["NEW"] = 1_050_000
    d.sees(NOON + timedelta(minutes=6))
    effects = recommended(d, sell("NEW", 0, confidence=0.9))
    assert text(effects) == snapshot
    assert "\n".join(line for t in d.trades for line in written(t)) == snapshot
    assert "\n".join(line for e in (*d.reserve_entries, *d.notices) for line in written(e)) == snapshot


def test_signals(snapshot: SnapshotAssertion) -> None:
    d = desk()
    down, low = signal("s1", SignalDirection.DOWN), signal("s2", SignalDirection.UP, 0.6)
    effects = [*d.happens(down), *d.happens(low), *d.happens(signal("s3", SignalDirection.UP))]
    assert d.state.agenda.micro_entries == 1
    effects += d.happens(signal("s4", SignalDirection.DOWN))
    assert text(effects) == snapshot
    assert "\n".join(line for t in d.trades for line in written(t)) == snapshot


def test_levels_that_were_passed_and_words_of_a_person(snapshot: SnapshotAssertion) -> None:
    d = desk(rebalance=True, moderate={"max_position_pct": 0.04})
    d.state.agenda.is_rebalance_due = True
    effects = d.happens(events.EntriesDue(at=NOON))
    assert not d.state.agenda.is_rebalance_due
    d.market.ranges = {"OLD": (499_000, 501_000)}
    d.hold("LOW", 10, entry=1_000_000, stop=990_000, now=1_000_000)
    d.market.ranges["LOW"] = (980_000, 1_000_000)
    effects += d.happens(events.BarTraded(at=NOON, market=d.market))
    effects += d.happens(events.CloseAsked(at=NOON, ticker="OLD"))
    effects += d.happens(events.CloseAsked(at=NOON, ticker="OLD"))
    effects += d.happens(events.BreakerSet(at=NOON))
    effects += d.happens(events.BreakerCleared(at=NOON, breaker_id="b1"))
    effects += d.happens(events.BreakerCleared(at=NOON, breaker_id="b1"))
    effects += d.happens(events.TierSet(at=NOON, tier=RiskTierName.AGGRESSIVE))
    effects += d.happens(events.ReserveAdjusted(at=NOON, amount=70_000, note="by hand"))
    effects += d.happens(events.ReserveAdjusted(at=NOON, amount=-700_000))
    assert text(effects) == snapshot


def test_what_is_told_of_prices_and_events(snapshot: SnapshotAssertion) -> None:
    d = desk(heat_tighten_pct=0.0, silent_ticker_minutes=15)
    event = MacroEvent(
        event_id="m1",
        severity=Severity.HIGH,
        at=NOON,
        until=NOON + timedelta(minutes=5),
        sector="energy",
        name="a war",
    )
    effects = d.happens(events.MacroEventReceived(at=NOON, event=event))
    d.market.prices["OLD"] = 505_000
    effects += d.sees(NOON + timedelta(minutes=6))
    d.market.prices["OLD"] = 540_000
    effects += d.sees(NOON + timedelta(minutes=7))
    d.market.prices["OLD"] = 700_000
    effects += d.sees(NOON + timedelta(minutes=8))
    d.market.prices["OLD"], d.market.ages["OLD"], d.market.heartbeat = 540_000, 900.0, 0.0
    effects += d.sees(NOON + timedelta(minutes=30))
    effects += d.happens(events.TickerStatusTold(at=NOON + timedelta(minutes=30), ticker="OLD", is_halted=True))
    d.market.ages["OLD"] = 0.0
    effects += d.sees(NOON + timedelta(minutes=31))
    d.market.heartbeat = 900.0
    effects += d.sees(NOON + timedelta(minutes=32))
    d.market.heartbeat = 0.0
    effects += d.sees(NOON + timedelta(minutes=33))
    revised = MacroEvent(event_id="m2", severity=Severity.HIGH, at=NOON, until=closing(3), name="rates")
    effects += d.happens(events.MacroEventReceived(at=NOON + timedelta(minutes=34), event=revised))
    over = MacroEvent(event_id="m2", severity=Severity.LOW, at=NOON, until=closing(3), name="rates")
    effects += d.happens(events.MacroEventReceived(at=NOON + timedelta(minutes=35), event=over))
    assert text(effects) == snapshot


def test_corporate_actions(snapshot: SnapshotAssertion) -> None:
    d = desk(gradual_entry_tranches=3)
    d.hold("ODD", 3, entry=1_000_000, now=1_000_000)
    recommended(d, buy("NEW", confidence=0.7))
    assert d.state.agenda.entries
    effects = d.happens(events.SplitTookEffect(at=NOON, split=Split(ticker="NEW", on=day(0), ratio=Fraction(2))))
    effects += d.happens(events.SplitTookEffect(at=NOON, split=Split(ticker="ODD", on=day(0), ratio=Fraction(1, 2))))
    paid = Dividend(ticker="OLD", ex_on=day(0), amount=1_100)
    effects += d.happens(events.DividendWentEx(at=NOON, dividend=paid))
    effects += d.happens(events.FundsMoved(at=NOON, kind=FlowKind.DEPOSIT, amount=5_000, note="more"))
    effects += d.happens(events.ListingEnded(at=NOON, ticker="OLD", last_bar_on=day(-1)))
    assert text(effects) == snapshot
    assert "\n".join(line for p in d.state.positions.values() for line in written(p)) == snapshot


def test_what_was_planned_of_a_ticker_that_is_not_held_ends_with_a_split_or_its_listing(
    snapshot: SnapshotAssertion,
) -> None:
    told: list[Effect] = []
    for end in (
        events.SplitTookEffect(at=NOON, split=Split(ticker="NEW", on=day(0), ratio=Fraction(2))),
        events.ListingEnded(at=NOON, ticker="NEW", last_bar_on=day(-1)),
    ):
        d = desk(gradual_entry_tranches=3)
        d.broker = type(d.broker)(d.state.costs_model, max_age_seconds=-1.0)  # nothing is filled
        recommended(d, buy("NEW", confidence=0.7))
        told += d.happens(end)
        assert not d.state.agenda.entries
    assert text(told) == snapshot


def test_the_end_of_a_day(snapshot: SnapshotAssertion) -> None:
    d = desk(reserve_high_water_pct=0.0001, tier_min_trades=1)
    d.put_aside(1_000_000)
    d.happens(signal("s3", SignalDirection.UP))
    recommended(d, buy("OTHER", confidence=0.7))
    d.market.prices["NEW"] = 1_040_000
    effects = d.happens(events.BarClosed(at=closing(0), market=d.market))
    effects += d.happens(events.SessionEnded(at=closing(0), session=d.session))
    assert text(effects) == snapshot


def test_while_halted_a_sale_is_refused_in_full(snapshot: SnapshotAssertion) -> None:
    d = desk()
    d.set_state(TradingState.HALTED)
    assert text(recommended(d, sell("OLD", 0))) == snapshot
