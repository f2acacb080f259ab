"""The numbers at /metrics: what turns, figures, account and queue come to, and that nothing is waited for."""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.decision import effects as e
from engine.decision import events as v
from engine.errors import NotFound, Unavailable
from engine.leadership import Leadership
from engine.live_ports import LiveStore
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.decisions import TradingDecisionType
from engine.model.live import Heartbeat
from engine.model.notices import NoticeKind
from engine.model.notifications import DeliveryStatus, NotificationChannel
from engine.model.orders import Fill, OrderSide
from engine.model.portfolio import TradingState
from engine.trader import Trader
from stonks_tui import metric_values, metrics
from stonks_tui.broker_status import BrokerStatus
from stonks_tui.metric_names import METRICS, Kind
from stonks_tui.metrics import Metrics
from stonks_tui.trading import World
from tests.support import live_account
from tests.support.live_turns import an_order
from tests.support.samples import a_decision, a_notice, a_stop_change, a_trade

ROOT = Path(__file__).resolve().parents[3]
AT = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
Values = Mapping[tuple[str, frozenset[tuple[str, str]]], float]
_BREAKER = BreakerEvent(
    breaker_id="b1", at=AT, trigger=CircuitBreakerTriggerType.DAILY_LOSS, threshold=0.02, actual=0.021
)


class Books:
    """An account that was last heard of 4 seconds ago, and could not tell two people by e-mail."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault

    async def heartbeat(self) -> tuple[Heartbeat, datetime] | None:
        """See `LiveReader.heartbeat`."""
        beat = Heartbeat(
            at=AT, owner="host:1", epoch=9, pid=1, started_at=AT, seq=1, trading=TradingState.ACTIVE, cause="",
            doing="waits", next_at=None, lag_seconds=0.0, protected=1.0, prices_at=None, looks=1,
        )  # fmt: skip
        return beat, AT - timedelta(seconds=4)

    async def notification_counts(self, since: datetime) -> Mapping[tuple[NotificationChannel, DeliveryStatus], int]:
        """See `LiveReader.notification_counts`."""
        assert since == AT - timedelta(hours=24)
        if self.fault is not None:
            raise self.fault
        return {(NotificationChannel.EMAIL, DeliveryStatus.FAILED): 2}


def _values(page: bytes) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(page.decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


async def _page(shown: Metrics, books: Books | None = None) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return _values(await shown.text(AT, books or Books()))


def _of(values: Values, name: str, **labels: str) -> float | None:
    return values.get((f"stonks_{name}", frozenset(labels.items())))


async def test_what_turns_bring_is_counted_by_bounded_labels() -> None:
    shown = Metrics()
    fill = Fill(
        client_order_id="d1-1-1", ticker="A", side=OrderSide.BUY, quantity=12, price=15_000, commission=0, at=AT
    )
    act = a_decision(1, outcome=TradingDecisionType.ACT, skip_reason=None, shares=12)
    odd = a_decision(3, skip_reason="of another version")
    decided = [e.RecordDecision(decision=d) for d in (act, a_decision(2), odd)]
    shown.on_turn(1, v.EntriesDue(at=AT), [*decided, e.SubmitOrder(order=an_order(1))])
    shown.on_turn(2, v.OrderFilled(at=AT, fill=fill), [e.RecordStopChange(change=a_stop_change("d1"))])
    shown.on_turn(
        3, v.OrderEnded(at=AT, client_order_id="d1-1-1", reason="late"), [e.RecordTrade(trade=a_trade(pnl=5))]
    )
    shown.on_turn(4, v.EntriesDue(at=AT), [e.RecordBreaker(event=_BREAKER), e.CancelOrder(client_order_id="d1-1-1")])
    shown.on_turn(5, v.EntriesDue(at=AT), [e.RecordNotice(notice=a_notice(kind=NoticeKind.HEAT_ABOVE))])
    found = await _page(shown)
    assert _of(found, "decisions_total", outcome="act", kind="entry", reason="") == 1
    assert _of(found, "decisions_total", outcome="skip", kind="entry", reason="low_confidence") == 1
    assert _of(found, "decisions_total", outcome="skip", kind="entry", reason="other") == 1
    assert _of(found, "orders_submitted_total", side="buy", tag="entry") == 1
    assert (_of(found, "fills_total", side="buy"), _of(found, "fills_total", side="sell")) == (1, 0)
    assert _of(found, "filled_shares_total", side="buy") == 12
    assert _of(found, "filled_dollars_total", side="buy") == 18.0
    assert _of(found, "stop_changes_total", rule="initial") == 1
    assert _of(found, "trades_total", result="win") == 1
    assert _of(found, "breakers_tripped_total", trigger="daily_loss") == 1
    assert _of(found, "notices_total", kind="heat_above") == 1
    assert [_of(found, f"{name}_total") for name in ("turns", "orders_ended", "orders_cancel_asked")] == [5, 1, 1]


async def test_an_engine_that_stands_by_says_so_and_shows_no_account_of_its_own() -> None:
    found = await _page(Metrics())
    assert (_of(found, "leader"), _of(found, "lease_epoch"), _of(found, "heartbeat_age_seconds")) == (0, 9, 4)
    assert _of(found, "notifications", channel="email", status="failed") == 2
    assert _of(found, "notifications", channel="sms", status="pending") == 0
    assert _of(found, "total_value_dollars") is None
    assert _of(found, "loop_answers") is None


@pytest.mark.parametrize("fault", [NotFound("there is no account"), Unavailable("it does not answer")])
async def test_an_account_that_cannot_be_read_is_a_number_and_no_failure(fault: Exception) -> None:
    found = await _page(Metrics(), Books(fault))
    assert _of(found, "account_answers") == 0
    assert _of(found, "notifications", channel="email", status="failed") is None


async def test_a_queue_says_what_waits_and_whether_a_broker_is_there() -> None:
    async def queue() -> BrokerStatus:
        return BrokerStatus(where="redis://r", waiting=3, dead=1)

    found = await _page(Metrics(queue))
    names = ("queue_answers", "queue_jobs_waiting", "queue_messages_refused", "queue_broker_alive")
    assert [_of(found, name) for name in names] == [1, 3, 1, 0]
    assert _of(await _page(Metrics()), "queue_answers") is None


async def test_a_queue_is_asked_once_in_a_while_and_one_that_hangs_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "ANSWER_SECONDS", 0.01)
    asked: list[int] = []

    async def queue() -> BrokerStatus:
        asked.append(1)
        await asyncio.Event().wait()
        raise AssertionError

    shown = Metrics(queue)
    assert [_of(await _page(shown), "queue_answers") for _ in range(3)] == [0, 0, 0]
    assert len(asked) == 1


class Leading:
    """An engine that led on an account and stands still: its trader, and a loop in a thread of its own."""

    def __init__(self, trader: Trader, shown: Metrics) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        guard = SimpleNamespace(
            protection=SimpleNamespace(share=0.5), trouble_kinds=frozenset({NoticeKind.BROKER_SILENT}), looks=7,
            troubles=("the broker is silent", "other programs read nothing"),
            lag_seconds=1.5, prices_at=lambda: AT - timedelta(seconds=30),
        )  # fmt: skip
        sources = SimpleNamespace(newest_recommendation_at=lambda: AT - timedelta(hours=1))
        world = SimpleNamespace(sources=sources, clock=SimpleNamespace(now=lambda: AT))
        leadership = Leadership(store=cast(LiveStore, None), owner="host:1", epoch=12)
        self._watched = shown.watched(trader, cast(Any, guard), leadership, cast(World, world))
        asyncio.run_coroutine_threadsafe(self._watched.__aenter__(), self.loop).result(10)

    def stops_leading(self) -> None:
        """Lose the lease."""
        asyncio.run_coroutine_threadsafe(self._watched.__aexit__(None, None, None), self.loop).result(10)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Be at one step for as long as this lasts."""
        over, begun = threading.Event(), threading.Event()

        def step() -> None:
            begun.set()
            over.wait(30)

        self.loop.call_soon_threadsafe(step)
        assert begun.wait(10)
        try:
            yield
        finally:
            over.set()

    def end(self) -> None:
        """End the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@pytest.fixture(scope="module")
def trader(tmp_path_factory: pytest.TempPathFactory) -> Trader:
    """One that has traded for a day and a half."""
    return asyncio.run(live_account.make(tmp_path_factory.mktemp("account")))


@pytest.fixture
def leading(trader: Trader, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Metrics], Leading]]:
    monkeypatch.setattr(metrics, "ANSWER_SECONDS", 30.0)  # the machine may be busy
    made: list[Leading] = []

    def make(shown: Metrics) -> Leading:
        made.append(Leading(trader, shown))
        return made[0]

    yield make
    made[0].end()


async def test_an_engine_that_leads_shows_its_account_and_itself(
    trader: Trader, leading: Callable[[Metrics], Leading]
) -> None:
    shown = Metrics()
    leading(shown)
    found, book = await _page(shown), trader.state.book()
    assert (_of(found, "leader"), _of(found, "lease_epoch"), _of(found, "loop_answers")) == (1, 12, 1)
    assert _of(found, "last_turn") == trader.seq
    assert _of(found, "total_value_dollars") == pytest.approx(book.total_value / 10_000)
    assert _of(found, "active_pool_dollars") == pytest.approx(book.active_pool / 10_000)
    assert _of(found, "heat_ratio") == pytest.approx(book.heat)
    assert _of(found, "positions") == len(trader.state.positions)
    assert (_of(found, "protected_ratio"), _of(found, "looks_total"), _of(found, "look_lag_seconds")) == (0.5, 7, 1.5)
    assert (_of(found, "prices_age_seconds"), _of(found, "recommendations_age_seconds")) == (30, 3600)
    assert _of(found, "trouble", kind="broker_silent") == 1
    assert _of(found, "trouble", kind="other") == 1
    assert sum(_of(found, "trouble", kind=kind.value) or 0 for kind in metric_values.TROUBLES) == 1
    assert [_of(found, "trading_state", state=s.value) for s in TradingState].count(1.0) == 1


async def test_a_busy_engine_is_not_waited_for_and_its_last_figures_are_marked_as_old(
    trader: Trader, leading: Callable[[Metrics], Leading], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Metrics()
    engine = leading(shown)
    await _page(shown)
    monkeypatch.setattr(metrics, "ANSWER_SECONDS", 0.05)
    with engine.busy():
        since = time.monotonic()
        found = await _page(shown)
        assert time.monotonic() - since < 20  # it was busy for longer
    assert (_of(found, "loop_answers"), _of(found, "last_turn")) == (0, trader.seq)


async def test_an_engine_that_has_lost_the_lead_shows_no_figures_any_more(
    leading: Callable[[Metrics], Leading],
) -> None:
    shown = Metrics()
    engine = leading(shown)
    await _page(shown)
    engine.stops_leading()
    found = await _page(shown)
    assert (_of(found, "leader"), _of(found, "cash_dollars"), _of(found, "loop_answers")) == (0, None, None)


def test_each_kind_of_trouble_that_the_guard_knows_has_its_number() -> None:
    guard = (ROOT / "engine" / "guard.py").read_text()
    begun = re.findall(r"(?:_troubles\[|_begins\()NoticeKind\.(\w+)", guard)
    also = re.findall(r"kind = NoticeKind\.(STORE_FAILED)", guard)
    assert {kind.name for kind in metric_values.TROUBLES} == {*begun, *also}


async def test_names_keep_to_the_conventions_and_the_page_says_what_each_means(
    leading: Callable[[Metrics], Leading],
) -> None:
    async def queue() -> BrokerStatus:
        return BrokerStatus(where="redis://r")

    shown = Metrics(queue)
    leading(shown)
    shown.on_turn(1, v.EntriesDue(at=AT), [e.RecordDecision(decision=a_decision(1))])
    page = (await shown.text(AT, Books())).decode()
    told = dict(re.findall(r"^# HELP (\S+) (.+)$", page, re.MULTILINE))
    for name, metric in METRICS.items():
        assert re.fullmatch(r"stonks_[a-z]+(_[a-z]+)*", name)
        assert name.endswith("_total") == (metric.kind == "counter")
        assert metric.words.endswith(".")
        if metric.labels == () or metric.kind == "gauge":
            assert told[name] == metric.words
    assert {"process_cpu_seconds_total", "python_gc_collections_total"} <= set(told)
    assert get_args(Kind) == ("counter", "gauge")
