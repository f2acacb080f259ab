"""Acting: in which order is a key told what it lacks, and what is refused to nobody?"""

from dataclasses import replace

import pytest

from engine.model.portfolio import TradingState
from engine.model.views import Alive
from stonks_tui.view_models import acting
from stonks_tui.view_models.acting import Hand
from stonks_tui.view_models.command import ALWAYS, DEMO, ENGINE
from stonks_tui.view_models.commands import COMMANDS, by_name
from tests.support.live_turns import a_heartbeat

FREE = Hand(
    is_attached=True,
    is_locked=False,
    is_offline=False,
    is_fresh=True,
    alive=Alive(heartbeat=a_heartbeat(7), seconds=1.0, turn=7),
    has_position=True,
    nothing_back="",
    has_clock=True,
)
BOUND = replace(
    FREE, is_locked=True, is_offline=True, has_position=False, nothing_back="nothing was done", has_clock=False
)


def test_who_may_do_everything_is_refused_only_what_is_so_already() -> None:
    refused = {c.name: why for c in COMMANDS if (why := acting.refusal(c, "", FREE))}
    assert refused == {"resume": acting.RUNNING}


def test_who_may_do_nothing_may_look_and_stop_entries() -> None:
    places = (ENGINE, DEMO, ALWAYS)
    free = {c.name for c in COMMANDS if c.place in places and acting.refusal(c, "", BOUND) is None}
    assert free == {c.name for c in COMMANDS if c.place == ALWAYS} | {"pause", "breakers", "unlock"}


@pytest.mark.parametrize(
    ("name", "argument", "hand", "why"),
    [
        ("close", "", replace(FREE, has_position=False), acting.NO_POSITION),
        ("close", "TSLA", replace(FREE, has_position=False), None),
        ("close", "TSLA", replace(BOUND, has_position=True), acting.LOCKED),
        ("tier", "", replace(FREE, is_offline=True), acting.OFFLINE),
        ("stop", "", replace(FREE, is_offline=True), None),
        ("unlock", "", replace(FREE, is_attached=False), acting.NEVER_LOCKED),
        ("take_back", "", replace(FREE, nothing_back="nothing was done"), "nothing was done"),
        ("take_back", "", replace(FREE, is_locked=True), acting.LOCKED),
        ("one_look", "", replace(FREE, has_clock=False), acting.NO_CLOCK),
    ],
)
def test_a_key_is_told_what_it_lacks(name: str, argument: str, hand: Hand, why: str | None) -> None:
    assert acting.refusal(by_name(name), argument, hand) == why


@pytest.mark.parametrize(
    "hand",
    [
        replace(FREE, is_fresh=False),
        replace(FREE, alive=None),
        replace(FREE, alive=Alive(heartbeat=a_heartbeat(7), seconds=1.0, turn=8)),
        replace(FREE, alive=Alive(heartbeat=a_heartbeat(7), seconds=40.0, turn=7)),
        replace(FREE, alive=Alive(heartbeat=a_heartbeat(7, trading=TradingState.REDUCING), seconds=1.0, turn=7)),
    ],
)
def test_resuming_is_only_refused_when_entries_are_made_for_certain(hand: Hand) -> None:
    assert acting.refusal(by_name("resume"), "", hand) is None
