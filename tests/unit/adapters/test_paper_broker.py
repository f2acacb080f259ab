"""The paper broker: what comes of an order, what is said of it, and what it does for practice."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.adapters.paper_behaviour import PaperBehaviour
from engine.adapters.paper_broker import PaperBroker
from engine.errors import BadInput, BrokenInvariant, LostLease, Unavailable
from engine.live_ports import Broker
from engine.model.costs import CostModel
from engine.model.live import OrderReport
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support.desk import NOON, PlainMarket
from tests.support.faulty_broker import Faults, FaultyBroker
from tests.support.paper import a_buy, a_sale, asking, bringing, cancelling, everything, told
from tests.support.tapes import FREE

AT_100 = PlainMarket(prices={"AAA": 1_000_000})
NOTHING = PlainMarket()


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


async def a_broker(
    market: PlainMarket = AT_100,
    *,
    memory: InMemoryPaperMemory | None = None,
    costs: CostModel = FREE,
    **settings: Any,
) -> PaperBroker:
    """Return a broker that was told of `market` at noon."""
    behaviour = PaperBehaviour(**settings.pop("practice", {}))
    broker = PaperBroker(memory or InMemoryPaperMemory(), costs, behaviour=behaviour, **settings)
    await broker.prices_changed(market, NOON)
    return broker


# What comes of an order


async def test_an_order_with_a_price_is_filled_in_full_at_once() -> None:
    broker = await a_broker()
    await broker.bring(bringing(a_buy()), 1)
    assert await everything(broker) == ["d1-1-1 #1 filled 10 at 100.00"]
    assert await broker.positions() == {"AAA": 10}


async def test_a_fill_costs_what_it_costs_in_a_backtest() -> None:
    broker = await a_broker(costs=CostModel(slippage_bps=10, commission_per_order=1, commission_per_share=0.01))
    await broker.bring(bringing(a_buy()), 1)
    (report,) = await broker.reports()
    assert isinstance(report, OrderReport)
    assert (report.price, report.commission, report.at) == (1_001_000, 11_000, NOON)


async def test_a_level_that_was_hit_inside_a_bar_fills_there_whatever_is_quoted() -> None:
    broker = await a_broker()
    await broker.bring(bringing(a_sale(trigger_price=950_000)), 1)
    assert await everything(broker) == ["d1-1-1 #1 filled 10 at 95.00"]


async def test_an_entry_above_its_limit_is_cancelled() -> None:
    broker = await a_broker(PlainMarket(prices={"AAA": 1_006_000}))
    await broker.bring(bringing(a_buy()), 1)
    assert await everything(broker) == ["d1-1-1 #1 cancelled limit"]
    assert await broker.positions() == {}


async def test_an_order_without_a_price_is_accepted_and_filled_when_there_is_one() -> None:
    broker = await a_broker(NOTHING)
    await broker.bring(bringing(a_sale()), 1)
    assert await everything(broker) == ["d1-1-1 #1 accepted"]
    await broker.prices_changed(NOTHING, later(15))
    assert await everything(broker) == []
    await broker.prices_changed(AT_100, later(30))
    (report,) = await broker.reports()
    assert told([report]) == ["d1-1-1 #2 filled 10 at 100.00"]
    assert report.at == later(30)


async def test_a_price_that_is_too_old_is_none() -> None:
    broker = await a_broker(PlainMarket(prices={"AAA": 1_000_000}, age=121), max_age_seconds=120)
    await broker.bring(bringing(a_sale()), 1)
    assert await everything(broker) == ["d1-1-1 #1 accepted"]
    await broker.prices_changed(PlainMarket(prices={"AAA": 1_000_000}, age=120), later(15))
    assert await everything(broker) == ["d1-1-1 #2 filled 10 at 100.00"]


async def test_before_it_was_told_of_any_price_an_order_waits() -> None:
    broker = PaperBroker(InMemoryPaperMemory(), FREE)
    await broker.bring(bringing(a_sale()), 1)
    assert await everything(broker) == ["d1-1-1 #1 accepted"]


async def test_orders_that_waited_are_filled_in_the_order_in_which_they_came() -> None:
    broker = await a_broker(NOTHING)
    for order in ("d2-1-1", "d1-1-1", "d3-1-1"):
        await broker.bring(bringing(a_sale(order)), 1)
    await broker.reports()
    await broker.prices_changed(AT_100, later(15))
    assert [line.split()[0] for line in await everything(broker)] == ["d2-1-1", "d1-1-1", "d3-1-1"]


async def test_what_waits_at_the_close_waits_over_night_as_in_a_backtest() -> None:
    broker = await a_broker(NOTHING)
    await broker.bring(bringing(a_sale()), 1)
    await broker.prices_changed(AT_100, NOON + timedelta(days=3))
    assert await everything(broker) == ["d1-1-1 #1 accepted", "d1-1-1 #2 filled 10 at 100.00"]


async def test_a_market_that_is_shown_fills_what_comes_and_not_what_waits() -> None:
    broker = await a_broker(NOTHING)
    await broker.bring(bringing(a_sale("d1-1-1")), 1)
    await broker.market_shown(AT_100)
    await broker.bring(bringing(a_sale("d2-1-1")), 1)
    assert await everything(broker) == ["d1-1-1 #1 accepted", "d2-1-1 #1 filled 10 at 100.00"]


# Cancelling


async def test_a_cancel_ends_what_waits() -> None:
    broker = await a_broker(NOTHING)
    await broker.bring(bringing(a_sale()), 1)
    await broker.bring(cancelling("d1-1-1"), 1)
    await broker.prices_changed(AT_100, later(15))
    assert await everything(broker) == ["d1-1-1 #1 accepted", "d1-1-1 #2 cancelled cancelled"]


async def test_a_cancel_changes_nothing_of_an_order_that_has_ended() -> None:
    broker = await a_broker()
    await broker.bring(bringing(a_buy()), 1)
    await broker.bring(cancelling("d1-1-1"), 1)
    assert await everything(broker) == ["d1-1-1 #1 filled 10 at 100.00"]
    assert await broker.positions() == {"AAA": 10}


async def test_a_cancel_that_overtook_its_order_holds_when_the_order_comes() -> None:
    broker = await a_broker()
    await broker.bring(cancelling("d1-1-1"), 1)
    await broker.bring(bringing(a_buy()), 1)
    assert await everything(broker) == ["d1-1-1 #1 cancelled cancelled"]
    assert await broker.positions() == {}


async def test_an_entry_that_is_not_filled_within_a_minute_is_cancelled() -> None:
    broker = await a_broker(NOTHING)
    await broker.bring(bringing(a_buy()), 1)
    await broker.prices_changed(NOTHING, later(59))
    assert await everything(broker) == ["d1-1-1 #1 accepted"]
    await broker.prices_changed(NOTHING, later(60))
    assert await everything(broker) == ["d1-1-1 #2 cancelled unfilled"]


async def test_the_price_of_the_last_moment_of_that_minute_still_counts_and_none_after_it() -> None:
    for seconds, ending in ((60, "filled 10 at 100.00"), (61, "cancelled unfilled")):
        broker = await a_broker(NOTHING)
        await broker.bring(bringing(a_buy()), 1)
        await broker.prices_changed(AT_100, later(seconds))
        assert await everything(broker) == ["d1-1-1 #1 accepted", f"d1-1-1 #2 {ending}"]


async def test_how_long_an_entry_stands_is_a_setting_and_exits_stand_for_as_long_as_it_takes() -> None:
    broker = await a_broker(NOTHING, entry_seconds=5)
    await broker.bring(bringing(a_buy("d1-1-1")), 1)
    await broker.bring(bringing(a_sale("d2-1-1")), 1)
    await broker.reports()
    await broker.prices_changed(NOTHING, later(6))
    assert await everything(broker) == ["d1-1-1 #2 cancelled unfilled"]


# Once and for ever


async def test_an_order_that_comes_twice_is_executed_once() -> None:
    broker = await a_broker()
    for _ in range(2):
        await broker.bring(bringing(a_buy()), 1)
    assert await everything(broker) == ["d1-1-1 #1 filled 10 at 100.00"]
    assert await broker.positions() == {"AAA": 10}


async def test_an_order_that_is_another_one_under_a_known_id_is_a_broken_world() -> None:
    broker = await a_broker()
    await broker.bring(bringing(a_buy(quantity=10)), 1)
    with pytest.raises(BrokenInvariant, match="d1-1-1 came before, and was another one"):
        await broker.bring(bringing(a_buy(quantity=11)), 1)


async def test_an_errand_without_its_order_is_refused() -> None:
    broker = await a_broker()
    with pytest.raises(BrokenInvariant, match="errand 1 does not bring the order d1-1-1"):
        await broker.bring(replace(bringing(a_buy()), order=None), 1)


async def test_everything_ever_said_of_an_order_can_be_asked_for_again() -> None:
    broker = await a_broker(NOTHING)
    await broker.bring(bringing(a_sale()), 1)
    await broker.prices_changed(AT_100, later(15))
    await broker.reports()
    assert await everything(broker) == []
    assert told(await broker.reports_on("d1-1-1")) == ["d1-1-1 #1 accepted", "d1-1-1 #2 filled 10 at 100.00"]
    assert await broker.reports_on("d9-1-1") is None


async def test_an_order_that_was_long_on_its_way_is_filled_at_the_moment_of_the_price() -> None:
    broker = await a_broker()
    await broker.prices_changed(AT_100, later(3600))
    await broker.bring(bringing(a_buy(), NOON), 1)
    assert [report.at for report in await broker.reports()] == [later(3600)]


async def test_an_older_epoch_has_lost_its_lease_and_changes_nothing() -> None:
    broker = await a_broker()
    await broker.bring(asking("AAA"), 3)
    with pytest.raises(LostLease, match="epoch 2 comes, and the broker has seen 3"):
        await broker.bring(bringing(a_buy()), 2)
    assert await broker.reports_on("d1-1-1") is None
    await broker.bring(bringing(a_buy()), 3)
    assert await broker.positions() == {"AAA": 10}


async def test_prices_that_come_by_way_of_an_engine_that_was_taken_over_from_fill_nothing() -> None:
    memory = InMemoryPaperMemory()
    old, new = await a_broker(NOTHING, memory=memory), await a_broker(NOTHING, memory=memory)
    await old.bring(bringing(a_sale()), 1)
    await new.bring(asking("BBB"), 2)
    await old.prices_changed(AT_100, later(15))
    assert told(await new.reports_on("d1-1-1")) == ["d1-1-1 #1 accepted"]
    await new.prices_changed(AT_100, later(15))
    assert told(await new.reports_on("d1-1-1"))[1:] == ["d1-1-1 #2 filled 10 at 100.00"]


async def test_after_a_restart_orders_still_wait_and_only_what_may_not_have_been_heard_is_said_again() -> None:
    memory = InMemoryPaperMemory()
    broker = await a_broker(memory=memory)
    await broker.bring(bringing(a_buy("d1-1-1")), 1)
    assert await everything(broker) == ["d1-1-1 #1 filled 10 at 100.00"]
    await broker.bring(bringing(a_sale("d2-1-1", ticker="BBB")), 1)
    assert await everything(broker) == ["d2-1-1 #1 accepted"]

    again = await a_broker(NOTHING, memory=memory)
    assert await everything(again) == ["d2-1-1 #1 accepted"]
    assert await everything(again) == []
    await again.prices_changed(PlainMarket(prices={"BBB": 500_000}), later(15))
    assert await everything(again) == ["d2-1-1 #2 filled 10 at 50.00"]
    assert await again.positions() == {"AAA": 10, "BBB": -10}


# What is asked about a ticker


async def test_whether_trading_is_halted_is_said_by_who_knows() -> None:
    broker = await a_broker(is_halted=lambda ticker, at: ticker == "AAA" and at == NOON)
    for ticker in ("AAA", "BBB"):
        await broker.bring(asking(ticker), 1)
    assert await everything(broker) == ["AAA halted", "BBB trades"]


async def test_nothing_is_halted_unless_somebody_knows() -> None:
    broker = await a_broker()
    await broker.bring(asking("AAA"), 1)
    assert await everything(broker) == ["AAA trades"]


# Practice


async def test_parts_come_one_at_each_change_of_prices_and_add_up() -> None:
    broker = await a_broker(practice={"parts": 3})
    await broker.bring(bringing(a_buy()), 1)
    await broker.prices_changed(PlainMarket(prices={"AAA": 1_001_000}), later(15))
    await broker.prices_changed(PlainMarket(prices={"AAA": 1_002_000}), later(30))
    await broker.prices_changed(PlainMarket(prices={"AAA": 1_003_000}), later(45))
    reports = await broker.reports()
    assert told(reports) == [
        "d1-1-1 #1 partially filled 3 at 100.00",
        "d1-1-1 #2 partially filled 3 at 100.10",
        "d1-1-1 #3 filled 4 at 100.20",
    ]
    assert [r.filled for r in reports if isinstance(r, OrderReport)] == [3, 6, 10]
    assert await broker.positions() == {"AAA": 10}


async def test_an_order_for_fewer_shares_than_parts_is_filled_share_by_share() -> None:
    broker = await a_broker(practice={"parts": 5})
    await broker.bring(bringing(a_sale(quantity=2)), 1)
    await broker.prices_changed(AT_100, later(15))
    assert await everything(broker) == [
        "d1-1-1 #1 partially filled 1 at 100.00",
        "d1-1-1 #2 filled 1 at 100.00",
    ]


async def test_what_an_order_costs_whatever_its_size_is_charged_once() -> None:
    costs = CostModel(slippage_bps=0, commission_per_order=1, commission_per_share=0.01)
    broker = await a_broker(costs=costs, practice={"parts": 2})
    await broker.bring(bringing(a_sale()), 1)
    await broker.prices_changed(AT_100, later(15))
    assert [r.commission for r in await broker.reports() if isinstance(r, OrderReport)] == [10_500, 500]


async def test_a_partly_filled_entry_keeps_what_it_has_when_its_time_is_over() -> None:
    broker = await a_broker(practice={"parts": 2})
    await broker.bring(bringing(a_buy()), 1)
    await broker.prices_changed(NOTHING, later(61))
    assert await everything(broker) == [
        "d1-1-1 #1 partially filled 5 at 100.00",
        "d1-1-1 #2 cancelled unfilled",
    ]
    assert await broker.positions() == {"AAA": 5}


async def test_a_cancel_ends_a_partly_filled_order_where_it_stands() -> None:
    broker = await a_broker(practice={"parts": 2})
    await broker.bring(bringing(a_sale()), 1)
    await broker.bring(cancelling("d1-1-1"), 1)
    await broker.prices_changed(AT_100, later(15))
    assert (await everything(broker))[1:] == ["d1-1-1 #2 cancelled cancelled"]
    assert await broker.positions() == {"AAA": -5}


async def test_the_same_seed_rejects_the_same_orders_about_as_often_as_it_should() -> None:
    orders = [a_sale(f"d{number}-1-1") for number in range(1000)]
    practice = {"rejected_pct": 0.2, "seed": 7}
    said = []
    for some in (orders, orders[::-1]):
        broker = await a_broker(practice=practice)
        for order in some:
            await broker.bring(bringing(order), 1)
        said.append({line for line in await everything(broker) if "rejected" in line})
    assert said[0] == said[1]
    assert 150 < len(said[0]) < 250
    assert PaperBehaviour(rejected_pct=1).rejects("d1-1-1")
    assert not PaperBehaviour(rejected_pct=0).rejects("d1-1-1")


async def test_a_rejected_order_is_never_filled() -> None:
    broker = await a_broker(practice={"rejected_pct": 1})
    await broker.bring(bringing(a_buy()), 1)
    await broker.prices_changed(AT_100, later(15))
    assert await everything(broker) == ["d1-1-1 #1 rejected rejected"]
    assert await broker.positions() == {}


async def test_with_a_latency_things_are_said_later_in_the_same_order() -> None:
    broker = await a_broker(practice={"latency_seconds": 2})
    await broker.bring(bringing(a_buy()), 1)
    await broker.bring(asking("AAA", later(1)), 1)
    assert await everything(broker) == []
    assert await broker.reports_on("d1-1-1") == []
    await broker.prices_changed(AT_100, later(2))
    assert await everything(broker) == ["d1-1-1 #1 filled 10 at 100.00"]
    assert told(await broker.reports_on("d1-1-1")) == ["d1-1-1 #1 filled 10 at 100.00"]
    await broker.prices_changed(AT_100, later(3))
    assert await everything(broker) == ["AAA trades"]


async def test_a_broker_that_never_fills_accepts_and_cancels() -> None:
    broker = await a_broker(practice={"fills": False})
    await broker.bring(bringing(a_sale()), 1)
    await broker.prices_changed(AT_100, NOON + timedelta(days=9))
    assert await everything(broker) == ["d1-1-1 #1 accepted"]
    await broker.bring(cancelling("d1-1-1"), 1)
    assert await everything(broker) == ["d1-1-1 #2 cancelled cancelled"]


async def test_day_orders_that_expire_do_so_before_the_next_days_prices() -> None:
    broker = await a_broker(NOTHING, practice={"day_orders_expire": True})
    await broker.bring(bringing(a_sale()), 1)
    await broker.prices_changed(NOTHING, later(3600))
    await broker.prices_changed(AT_100, NOON + timedelta(days=1))
    assert await everything(broker) == ["d1-1-1 #1 accepted", "d1-1-1 #2 expired expired"]


@pytest.mark.parametrize(
    ("practice", "words"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"parts": 0}, "0 parts"),
        ({"rejected_pct": 1.5}, "rejected_pct is 1.5"),
        ({"latency_seconds": -1}, "latency_seconds is -1"),
    ],
)
def test_a_behaviour_that_makes_no_sense_is_refused(practice: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        PaperBehaviour(**practice)


# The faulty broker of the tests


async def test_a_lost_errand_has_no_effect_and_an_unsure_one_has() -> None:
    for faults, held in ((Faults(lost_pct=1), {}), (Faults(unsure_pct=1), {"AAA": 10})):
        broker: Broker = FaultyBroker(await a_broker(), faults)
        with pytest.raises(Unavailable):
            await broker.bring(bringing(a_buy()), 1)
        assert await broker.positions() == held


async def test_of_a_silent_order_nothing_is_heard_until_it_is_asked_about() -> None:
    broker = FaultyBroker(await a_broker(practice={"parts": 2}), Faults(silent_pct=1))
    await broker.bring(bringing(a_sale()), 1)
    assert await everything(broker) == []
    assert told(await broker.reports_on("d1-1-1")) == ["d1-1-1 #1 partially filled 5 at 100.00"]
    await broker.prices_changed(AT_100, later(15))
    assert await everything(broker) == ["d1-1-1 #2 filled 5 at 100.00"]


async def test_late_reports_come_with_one_of_the_next_calls_and_doubled_ones_twice() -> None:
    for faults, times in ((Faults(late_pct=1), 1), (Faults(twice_pct=1), 2), (Faults(shuffled_pct=1), 1)):
        broker = FaultyBroker(await a_broker(), faults, seed=3)
        orders = [f"d{number}-1-1" for number in range(20)]
        for order in orders:
            await broker.bring(bringing(a_sale(order)), 1)
        calls = [await everything(broker) for _ in range(5)]
        heard = [line.split()[0] for call in calls for line in call]
        assert sorted(heard) == sorted(orders * times)
        assert (calls[0] == []) == bool(faults.late_pct)
        assert heard != orders


async def test_an_engine_that_says_it_leads_is_known_before_it_brings_anything() -> None:
    broker = await a_broker()
    await broker.serve(3)
    with pytest.raises(LostLease, match="epoch 2 comes"):
        await broker.bring(asking("AAA"), 2)
    with pytest.raises(LostLease, match="epoch 2 comes"):
        await broker.serve(2)
    await broker.serve(3)
