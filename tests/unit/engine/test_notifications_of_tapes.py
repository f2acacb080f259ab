"""What people are told of small worlds: emergencies, breakers, lost prices, halts, a full reserve."""

from collections.abc import Sequence
from dataclasses import replace

from engine.decision.effects import (
    Effect,
    RecordBreaker,
    RecordNotice,
    RecordReserveEntry,
    RecordTierChange,
    RecordTrade,
)
from engine.decision.events import FaultNoticed
from engine.model.notices import NoticeKind
from engine.model.notifications import Message, Urgency
from engine.model.runs import RunBooks
from engine.telling.turn_messages import messages
from tests.support.samples import AT
from tests.support.tapes import FLAT, Bar, Path, Played, buy, minutes, play, rules, sell, tape


def said(*effects: Effect) -> list[Message]:
    """Return what is told of `effects`, whatever they came of."""
    return list(messages(FaultNoticed(at=AT, kind=NoticeKind.LOOP_LAGGED), effects))


def effects_of(books: RunBooks) -> list[Effect]:
    """Return what a turn that made all of `books` at once would have kept."""
    return [
        *(RecordBreaker(event=b) for b in books.breakers),
        *(RecordTierChange(change=c) for c in books.tier_changes),
        *(RecordReserveEntry(entry=e) for e in books.reserve_entries),
        *(RecordTrade(trade=t) for t in books.trades),
        *(RecordNotice(notice=n) for n in books.notices),
    ]


def told_of(played: Played) -> list[Message]:
    return said(*effects_of(played.result.books))


FALLEN: Bar = (97.0, 97.5, 96.5, 97.0)
HIGH: Bar = (103.0, 103.4, 102.6, 103.0)


def events_of(told: Sequence[Message]) -> list[tuple[str, str]]:
    return [(m.event.value, m.title) for m in told]


def test_a_deep_fall_on_a_tape_is_told_as_an_emergency() -> None:
    policy = rules(
        emergency_drawdown_threshold_pct=0.001,
        emergency_recovery_pct=0.0005,
        tier_down_drawdown_pct=1,
        risk_tier="moderate",
    )
    bars: dict[str, list[Bar | None]] = {"AAA": [FLAT, HIGH, HIGH], "BBB": [FLAT, FLAT, FALLEN]}
    told = told_of(play(tape(bars), buy("AAA"), sell("AAA", 1), buy("BBB", 1), policy=policy))
    assert events_of(told) == [("emergency_liquidation", "Emergency: the reserve goes back to work")]
    assert "$30.00" in told[0].done


def test_breakers_on_a_tape_are_told_when_they_trip_and_when_they_are_over() -> None:
    policy = rules(
        daily_loss_cooldown_minutes=30,
        base_allocation_pct=0.5,
        absolute_position_cap=1e12,
        moderate={"max_position_pct": 0.8, "max_portfolio_heat": 1.0, "max_sector_pct": 1.0},
    )
    market = minutes({"AAA": {0: {0: 100, 60: 95.5}}, "BBB": {0: {0: 100}}})
    played = play(market, buy("AAA"), policy=policy)
    tripped = played.result.books.breakers[0]
    told = said(RecordBreaker(event=replace(tripped, resolved_at=None)), RecordBreaker(event=tripped))
    assert events_of(told) == [
        ("circuit_breaker_triggered", "Daily loss breaker: no new entries"),
        ("circuit_breaker_resumed", "Daily loss breaker is over"),
    ]
    assert told[0].happened == "The account is down 2.25 % (limit 2.00 %) since the previous close."
    assert "until Mon 22 Jan 11:00 New York" in told[0].done
    assert told[1].happened == "It was on for 30 min."


def test_prices_that_stop_and_come_again_on_a_tape_are_told() -> None:
    lost: dict[int, Path] = {0: {0: 100, 40: None, 70: 100}}
    market = minutes({"AAA": lost, "BBB": lost, "CCC": lost, "ZZZ": {0: {0: 100}}})
    policy = rules(moderate={"max_sector_pct": 1.0})
    told = told_of(play(market, buy("AAA"), buy("BBB"), buy("CCC"), policy=policy))
    assert events_of(told) == [
        ("feed_failure", "Price feed failed"),
        ("feed_failure", "The price feed is back"),
    ]
    assert told[0].happened == "3 of 3 held tickers have no price any more."


def test_a_halt_on_a_tape_is_told_when_it_begins_and_ends() -> None:
    path: dict[int, Path] = {0: {0: 100, 60: None, 90: 100}}
    market = minutes({"AAA": path, "BBB": {0: {0: 100}}}, halts=[("AAA", 0, 60, 90)])
    told = told_of(play(market, buy("AAA")))
    assert events_of(told) == [
        ("ticker_halted", "AAA is halted by the exchange"),
        ("ticker_halted", "AAA trades again"),
    ]
    assert told[0].urgency.is_urgent
    assert told[1].urgency is Urgency.NEWS


def test_a_reserve_above_its_mark_and_a_large_win_on_a_tape_are_told() -> None:
    bars: dict[str, list[Bar | None]] = {"AAA": [FLAT, (130.0, 131.0, 129.0, 130.0)]}
    policy = rules(reserve_high_water_pct=0.0001, large_trade_pnl_usd=100)
    told = told_of(play(tape(bars), buy("AAA"), sell("AAA", 1), policy=policy))
    assert sorted(event for event, _ in events_of(told)) == ["large_trade_pnl", "reserve_high_water"]
