"""Status: how does it stand, in words and figures, while it stands so?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.adapters.paper_behaviour import PaperBehaviour
from engine.errors import Unavailable
from engine.live_ports import Broker
from engine.model.audit import Word
from engine.model.live import Errand, OrderReport, Report
from tests.support.faulty_broker import Faults, FaultyBroker
from tests.support.tapes import at
from tests.support.trading_room import buy_and_hold


async def test_the_account_is_told_with_its_positions_and_stops() -> None:
    room = buy_and_hold(minutes=12)
    room.says(at(0, 10.5), Word.STATUS)
    trader = await room.trade()
    (answer,) = room.answers
    shares = trader.state.positions["AAA"].quantity
    told = answer.after
    assert answer.done
    assert list(told)[:4] == ["at", "trading", "cause", "tier"]
    assert (told["at"], told["trading"], told["cause"], told["tier"]) == (
        "2024-01-22T14:40:30+00:00",
        "active",
        "",
        "moderate",
    )
    assert (told["total value"], told["positions"], told["session"]) == ("100,000.00", "1", "2024-01-22")
    assert told["position AAA"] == f"{shares} at 100.00, stop 96.00"
    assert (told["protected"], told["lag seconds"], told["looks"]) == ("1.0000", "0.0", "12")
    assert not [name for name in told if name.startswith(("trouble", "order", "breaker"))]


async def test_breakers_are_told_with_their_end_and_what_stops_entries_with_its_cause() -> None:
    room = buy_and_hold(minutes=12)
    room.says(at(0, 10.2), Word.BREAKER, note="news")
    room.says(at(0, 10.3), Word.PAUSE, note="lunch")
    room.says(at(0, 10.5), Word.STATUS)
    await room.trade()
    told = room.answers[-1].after
    assert told["breaker b1"] == "manual, until somebody clears it"
    assert (told["trading"], told["cause"]) == ("reducing", "lunch")


async def test_an_order_that_waits_is_told_and_once_the_broker_is_silent_nobody_knows_of_it() -> None:
    class Gone(FaultyBroker):
        async def reports(self) -> Sequence[Report]:
            if self.brought:
                raise Unavailable("nobody answers")
            return await super().reports()

        async def reports_on(self, client_order_id: str) -> Sequence[OrderReport] | None:
            raise Unavailable(f"nobody answers about {client_order_id}")

        async def bring(self, errand: Errand, epoch: int) -> None:
            await super().bring(errand, epoch)
            self.brought = True

        brought = False

    def through(broker: Broker) -> Broker:
        return Gone(broker, Faults())

    room = buy_and_hold(minutes=12, through=through, behaviour=PaperBehaviour(fills=False))
    room.says(at(0, 5.5), Word.STATUS)
    room.says(at(0, 8.5), Word.STATUS)
    trader = await room.trade()
    (working,) = trader.state.working.values()
    early, late = (answer.after for answer in room.answers)
    name = f"order {working.order.client_order_id}"
    assert early[name] == f"buy {working.order.quantity} AAA, 0 filled"
    assert late[name] == f"{early[name]}; unknown: the broker has not been heard for 210 s"
    assert late["trouble 1"] == f"nobody answers about {working.order.client_order_id}"
    assert datetime.fromisoformat(late["at"]) - datetime.fromisoformat(early["at"]) == timedelta(minutes=3)
