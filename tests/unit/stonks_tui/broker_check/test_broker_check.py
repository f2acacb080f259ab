"""The broker check finds nothing wrong with our service, and with each fault planted in it what is about the fault."""

import json
from dataclasses import replace

import pytest

from engine.errors import BadInput
from stonks_tui.broker_check import kit
from stonks_tui.broker_check.findings import Finding, Outcome, exit_code
from tests.support.broker_faults import CLOSED_FAULTS, FAULTS, MUTE
from tests.support.checked_broker import NO_FAULT, TERMS, TICKER, CheckedBroker


async def _examined(room: CheckedBroker, *only: str) -> dict[str, Finding]:
    await room.start()
    play = room.play()
    return {finding.number: finding async for finding in kit.examine(play, kit.chosen(only, ()))}


async def _failing(room: CheckedBroker, *only: str) -> set[str]:
    found = await _examined(room, *only)
    return {number for number, finding in found.items() if finding.outcome is Outcome.FAIL}


async def test_our_service_keeps_every_guarantee_while_the_market_is_open() -> None:
    """But one: an entry at half the price does not stand at a broker on paper that has a price."""
    found = await _examined(CheckedBroker())
    skipped = {number for number, finding in found.items() if finding.outcome is Outcome.SKIPPED}
    assert list(found) == [check.number for check in kit.CHECKS]
    assert not [finding for finding in found.values() if finding.outcome is Outcome.FAIL]
    assert skipped == {"G10"}
    assert exit_code(list(found.values())) == 0


async def test_a_closed_market_fails_nothing_and_is_the_reason_of_what_is_skipped() -> None:
    """What needs an execution is left out, and says so."""
    found = await _examined(CheckedBroker(is_open=False))
    skipped = {number: finding.why for number, finding in found.items() if finding.outcome is Outcome.SKIPPED}
    assert not [finding for finding in found.values() if finding.outcome is Outcome.FAIL]
    assert skipped.keys() == {"G7", "G8"}
    assert all(why.endswith("is the market open?") for why in skipped.values())


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_fails_the_checks_that_are_about_it_and_no_others(name: str) -> None:
    """Everything else is as it is without the fault."""
    fault, about_it = FAULTS[name]
    assert await _failing(CheckedBroker(fault=fault)) == about_it


@pytest.mark.parametrize("name", CLOSED_FAULTS)
async def test_a_fault_with_orders_that_wait_is_found_while_the_market_is_closed(name: str) -> None:
    """An order waits then, and is called back."""
    fault, about_it = CLOSED_FAULTS[name]
    assert await _failing(CheckedBroker(fault=fault, is_open=False)) == about_it


def test_there_is_a_fault_for_every_check() -> None:
    """A check that no fault makes fail shows nothing."""
    found = set().union(*(about_it for _, about_it in (*FAULTS.values(), *CLOSED_FAULTS.values())))
    assert {check.number for check in kit.CHECKS} == found


async def test_a_broker_that_can_answer_no_question_fails_nothing() -> None:
    """What only an answer could show is skipped."""
    found = await _examined(CheckedBroker(fault=MUTE))
    skipped = {number: finding.why for number, finding in found.items() if finding.outcome is Outcome.SKIPPED}
    assert not [finding for finding in found.values() if finding.outcome is Outcome.FAIL]
    assert skipped.keys() == {"G7", "G9", "G10", "G11", "G19", "G24", "G26"}
    assert all("unsupported" in why for number, why in skipped.items() if number != "G10")


async def test_a_failed_check_tells_what_was_sent_and_what_came_back() -> None:
    """Both as they were on the wire."""
    found = await _examined(CheckedBroker(fault=FAULTS["tells of another ticker"][0]), "query-ticker")
    sent, came = found["G20"].exchange
    assert json.loads(sent.removeprefix("-> "))["ticker"] == TICKER
    assert json.loads(came.removeprefix("<- "))["ticker"] == "ZZZ"
    assert found["G20"].why == f"asked about {TICKER}, it tells of ZZZ"


async def test_of_a_broker_that_answers_nothing_only_that_is_found() -> None:
    """The other checks would each wait in vain."""
    room = CheckedBroker()
    await room.start()
    await room.kill()
    found = [finding async for finding in kit.examine(room.play(), kit.CHECKS)]
    assert [finding.number for finding in found if finding.outcome is Outcome.FAIL] == ["G2"]
    assert {finding.outcome for finding in found} == {Outcome.FAIL, Outcome.SKIPPED}
    assert room.seconds == TERMS.wait


async def test_without_the_commands_to_kill_and_restart_the_crash_checks_say_which_is_missing() -> None:
    """They cannot be played by hand."""
    room = CheckedBroker()
    await room.start()
    play = replace(room.play(), kill=None, restart=None)
    found = [finding async for finding in kit.examine(play, kit.chosen(["taken", "memory"], ()))]
    assert [(finding.outcome, finding.why) for finding in found] == [
        (Outcome.SKIPPED, "--kill-command was not given"),
        (Outcome.SKIPPED, "--restart-command was not given"),
    ]
    assert exit_code(found) == 1  # nothing was shown


@pytest.mark.parametrize("is_open", [True, False])
async def test_in_the_end_everything_is_put_back(is_open: bool) -> None:
    """What was bought is sold, what waits is called back."""
    room = CheckedBroker(is_open=is_open)
    await room.start()
    play = room.play()
    async for _ in kit.examine(play, kit.CHECKS):
        pass
    held_before = await room.shares()
    assert await play.orders.put_back() == ""
    assert bool(held_before) is is_open
    assert not await room.shares()


async def test_shares_that_cannot_be_sold_again_are_told() -> None:
    """The market may close in between."""
    room = CheckedBroker(fault=NO_FAULT)
    await room.start()
    play = room.play()
    await play.orders.purchase()
    room.is_open = False
    await room.start()
    assert await play.orders.put_back() == f"2 shares of {TICKER} that were bought are not sold again"


async def test_an_epoch_is_found_that_the_broker_follows() -> None:
    """Another engine was here before."""
    room = CheckedBroker()
    await room.start()
    first = room.play()
    first.engine.epoch = 40
    await first.engine.meet()
    await room.start()
    second = room.play()
    await second.engine.meet()
    assert 40 <= second.engine.epoch <= 80


def test_checks_are_chosen_by_number_or_name() -> None:
    """A name that none has is refused."""
    assert [check.number for check in kit.chosen(["g4", "cancel"], ())] == ["G4", "G10"]
    assert len(kit.chosen((), ["G4", "cancel"])) == len(kit.CHECKS) - 2
    with pytest.raises(BadInput, match="there is no check 'G99'"):
        kit.chosen(["G99"], ())
