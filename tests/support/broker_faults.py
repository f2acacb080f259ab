"""Broker faults: what may a broker service do wrong, each on its own, and which guarantees does that break?"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from engine.errors import BrokenInvariant
from engine.live_ports import Broker
from engine.model.live import Errand, ErrandKind, OrderReport, Report
from tests.support.checked_broker import Fault, Jobs, Said


class _Wrapped:
    """A broker that does as another."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)


class _SecondOrders(_Wrapped):
    """What it executes a second time it does under another id, of which it does not speak."""

    async def again(self, errand: Errand, epoch: int) -> None:
        assert errand.order is not None
        order = replace(errand.order, client_order_id=f"{errand.subject}-hidden")
        await self._broker.bring(replace(errand, subject=order.client_order_id, order=order), epoch)

    async def filled(self, errand: Errand) -> bool:
        return any(report.filled for report in await self._broker.reports_on(errand.subject) or ())

    async def reports(self) -> Sequence[Report]:
        said = await self._broker.reports()
        return [one for one in said if not (isinstance(one, OrderReport) and one.client_order_id.endswith("hidden"))]


class _ExecutesTwice(_SecondOrders):
    async def bring(self, errand: Errand, epoch: int) -> None:
        await self._broker.bring(errand, epoch)
        if errand.kind is ErrandKind.ORDER and await self.filled(errand):
            await self.again(errand, epoch)


class _ExecutesAgain(_SecondOrders):
    async def bring(self, errand: Errand, epoch: int) -> None:
        is_known = errand.kind is ErrandKind.ORDER and await self.filled(errand)
        await self._broker.bring(errand, epoch)
        if is_known:
            await self.again(errand, epoch)


class _ExecutesCancelled(_SecondOrders):
    async def bring(self, errand: Errand, epoch: int) -> None:
        is_known = errand.kind is ErrandKind.ORDER and await self._broker.reports_on(errand.subject) is not None
        await self._broker.bring(errand, epoch)
        if is_known and not await self.filled(errand):
            await self.again(errand, epoch)


class _FollowsEveryEpoch(_Wrapped):
    async def serve(self, epoch: int) -> None:
        pass

    async def bring(self, errand: Errand, epoch: int) -> None:
        await self._broker.bring(errand, max(epoch, 1_000))


class _CancelsNothing(_Wrapped):
    async def bring(self, errand: Errand, epoch: int) -> None:
        is_known = await self._broker.reports_on(errand.subject) is not None
        if errand.kind is not ErrandKind.CANCEL or not is_known:
            await self._broker.bring(errand, epoch)


class _RefusesCancels(_Wrapped):
    async def bring(self, errand: Errand, epoch: int) -> None:
        said = await self._broker.reports_on(errand.subject) or ()
        if errand.kind is ErrandKind.CANCEL and said and said[-1].state == "cancelled":
            raise BrokenInvariant(f"{errand.subject} has ended")
        await self._broker.bring(errand, epoch)


class _TakesAnother(_Wrapped):
    async def bring(self, errand: Errand, epoch: int) -> None:
        with suppress(BrokenInvariant):
            await self._broker.bring(errand, epoch)


class _HoldsNothing(_Wrapped):
    async def positions(self) -> Mapping[str, int]:
        return {}


class _Backwards(Jobs):
    async def take(self, seconds: float) -> Sequence[str]:
        return tuple(reversed(await super().take(seconds)))


class _NeverDone(Jobs):
    async def done(self, *messages: str) -> None:
        pass


class _DropsPoison(Jobs):
    async def refuse(self, message: str, reason: str) -> None:
        await (super().refuse(message, reason) if message.endswith("}") else self.done(message))


class _DiesOfPoison(Jobs):
    async def take(self, seconds: float) -> Sequence[str]:
        taken = await super().take(seconds)
        ends = [at for at, message in enumerate(taken) if not message.endswith("}")]
        return taken[: ends[0]] if ends else taken


def _on(kind: str, **fields: Any) -> Any:
    def changed(said: Said) -> Sequence[Said]:
        return (said | fields,) if said["kind"] == kind else (said,)

    return changed


def _reports(change: Any) -> Any:
    """Return what changes every report, those of a history too."""

    def changed(said: Said) -> Sequence[Said]:
        if said["kind"] == "order":
            return (said | change(said),)
        if said["kind"] == "order_history" and said["reports"]:
            return (said | {"reports": [one | change(one) for one in said["reports"]]},)
        return (said,)

    return changed


def _second(**fields: Any) -> Any:
    return _reports(lambda said: fields if said["seq"] == 2 else {})


def _without_last(said: Said) -> Sequence[Said]:
    return (said | {"reports": said["reports"][:-1]} if said.get("reports") else said,)


def _about_order(said: Said) -> Sequence[Said]:
    if said["kind"] != "order" or not said["job_id"] or said["state"] == "cancelled":
        return (said,)
    head = {name: said[name] for name in ("schema_version", "job_id", "epoch")}
    return (head | {"kind": "done"}, said | {"job_id": None})


def _with_garbage(said: Said) -> Sequence[Said | str]:
    return (said, "no JSON at all") if said["kind"] == "positions" else (said,)


@dataclass
class _SaysOnce:
    """Says "done" in place of what it has said before."""

    said: set[tuple[str, int]] = field(default_factory=set)

    def __call__(self, said: Said) -> Sequence[Said]:
        if said["kind"] != "order":
            return (said,)
        report = (said["client_order_id"], said["seq"])
        is_known = report in self.said
        self.said.add(report)
        head = {name: said[name] for name in ("schema_version", "job_id", "epoch")}
        return (head | {"kind": "done"},) if is_known else (said,)


def _breaks_on_strangers(said: Said) -> Said:
    return said | {"schema_version": 2} if "x_colour" in said else said


def _without_deadline(said: Said) -> Said:
    is_late = (said.get("good_until") or "9999") < said["created_at"]
    return said | {"good_until": None} if is_late else said


def _any_schema(said: Said) -> Said:
    return said | {"schema_version": 1}


FAULTS: Mapping[str, tuple[Fault, set[str]]] = {
    "shows no life": (Fault(shows_life=False), {"G1"}),
    "answers in no epoch": (Fault(answer=_on("positions", epoch=0)), {"G2"}),
    "answers an order with done": (Fault(answer=_about_order), {"G3", "G25"}),
    "seq has a hole": (Fault(answer=_reports(lambda said: {"seq": 2 * said["seq"] - 1})), {"G4"}),
    "a number says two things": (Fault(answer=_on("order", commission="1.0000")), {"G19"}),
    "filled falls": (Fault(answer=_second(filled=0, quantity=0, price=None)), {"G5", "G7"}),
    "a part is counted twice": (Fault(answer=_second(quantity=2)), {"G5"}),
    "goes back to created": (
        Fault(answer=_reports(lambda said: {"state": "created"} if said["state"] == "partially_filled" else {})),
        {"G6"},
    ),
    "holds nothing": (Fault(broker=_HoldsNothing), {"G7"}),
    "executes twice": (Fault(broker=_ExecutesTwice), {"G7"}),
    "executes again what comes again": (Fault(broker=_ExecutesAgain), {"G8"}),
    "says nothing again": (Fault(answer=_SaysOnce()), {"G8", "G12", "G24"}),
    "takes another order for the same": (Fault(broker=_TakesAnother), {"G9"}),
    "refuses to cancel what has ended": (Fault(broker=_RefusesCancels), {"G11"}),
    "executes what was cancelled first": (Fault(broker=_ExecutesCancelled), {"G12"}),
    "does not look at good_until": (Fault(job=_without_deadline), {"G13"}),
    "follows every epoch": (Fault(broker=_FollowsEveryEpoch), {"G14", "G26"}),
    "does not look at the mode": (Fault(job=lambda said: said | {"mode": "paper"}), {"G15"}),
    "does not look at the account": (Fault(job=lambda said: said | {"account_id": "acc-1"}), {"G16"}),
    "does not look at the schema": (Fault(job=_any_schema), {"G17"}),
    "drops what cannot be read": (Fault(jobs=_DropsPoison), {"G18"}),
    "dies of what cannot be read": (Fault(jobs=_DiesOfPoison), {"G18"}),
    "forgets what it said last": (Fault(answer=_without_last), {"G19", "G24"}),
    "tells of another ticker": (Fault(answer=_on("ticker", ticker="ZZZ")), {"G20"}),
    "answers under another job_id": (Fault(answer=_on("ticker", job_id="other")), {"G20"}),
    "stumbles over strange fields": (Fault(job=_breaks_on_strangers), {"G21"}),
    "does the last first": (Fault(jobs=_Backwards), {"G22"}),
    "is never done": (Fault(jobs=_NeverDone), {"G23"}),
    "leaves what was taken": (Fault(takes_up=False), {"G25"}),
    "forgets everything with its end": (Fault(forgets=True), {"G26"}),
    "writes what cannot be read": (Fault(answer=_with_garbage), {"G27"}),
}
CLOSED_FAULTS: Mapping[str, tuple[Fault, set[str]]] = {"cancels nothing": (Fault(broker=_CancelsNothing), {"G10"})}


def _unsupported(said: Said) -> Sequence[Said]:
    if said["kind"] not in ("positions", "order_history", "ticker"):
        return (said,)
    head = {name: said[name] for name in ("schema_version", "job_id", "epoch")}
    return (head | {"kind": "refused", "reason": "unsupported", "words": "no questions"},)


MUTE = Fault(answer=_unsupported)
"""No fault: there are brokers that can answer no questions."""
