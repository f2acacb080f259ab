"""The engine's word on the first line: one for each way in which an account may stand."""

import pytest

from engine.model.notices import NoticeKind
from engine.model.portfolio import TradingState
from engine.model.views import Alive, RunStory
from stonks_tui.view_models import frame
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import plain
from tests.support.live_turns import a_heartbeat
from tests.support.samples import a_notice, a_record, a_snapshot


def _said(alive: Alive | None) -> str:
    story = RunStory(run_id=0, state="running", record=a_record(run_id=0), alive=alive)
    return plain(frame.status(Scope(mode="PAPER", story=story), 100))


def test_an_account_of_which_no_engine_has_said_anything_yet_is_starting() -> None:
    assert _said(None).startswith(" PAPER ◐ STARTING")


@pytest.mark.parametrize(
    ("fields", "seconds", "words"),
    [
        ({"trading": TradingState.ACTIVE, "cause": ""}, 0, "● RUNNING"),
        ({"trading": TradingState.REDUCING, "cause": "paused"}, 0, "▼ ENTRIES PAUSED (exits managed)"),
        ({"trading": TradingState.REDUCING, "cause": "daily_loss"}, 0, "▼ REDUCING: daily loss"),
        ({"trading": TradingState.HALTED, "cause": "halted"}, 0, "■ HALTED"),
        ({"trading": TradingState.ACTIVE, "cause": ""}, 31, "✗ OFFLINE since"),
        ({"trading": TradingState.ACTIVE, "cause": "", "doing": "stopped"}, 0, "✗ OFFLINE since"),
    ],
)
def test_each_way_has_its_word(fields: dict[str, object], seconds: float, words: str) -> None:
    alive = Alive(heartbeat=a_heartbeat(1, **fields), seconds=seconds, turn=1)
    assert words in _said(alive)


def _of_broker(columns: int, *kinds: NoticeKind, seconds: float = 0.0) -> str:
    beat = a_heartbeat(1, trading=TradingState.ACTIVE, cause="", protected=1.0)
    story = RunStory(
        run_id=0,
        state="running",
        record=a_record(run_id=0),
        days=(a_snapshot(),),
        profits=(0,),
        notices=tuple(a_notice(kind=kind, at=beat.started_at) for kind in kinds),
        alive=Alive(heartbeat=beat, seconds=seconds, turn=1),
    )
    return plain(frame.status(Scope(mode="PAPER", story=story), columns))


def test_who_executes_stands_last_and_goes_first_but_stands_first_when_he_is_silent() -> None:
    elsewhere, silent = NoticeKind.BROKER_ELSEWHERE, NoticeKind.BROKER_SILENT
    whole = _of_broker(160)
    assert whole.split("│")[-1].startswith(" broker inside ")
    assert " broker service " in _of_broker(160, elsewhere)
    room = len(" ".join(whole.split()))
    texts = [_of_broker(columns) for columns in range(room, 60, -1)]
    total = whole.split("│")[-2].strip()
    assert total in next(text for text in texts if "broker" not in text)
    assert all("UTC" in text for text in texts if total in text)
    assert _of_broker(80, elsewhere, silent).split("│")[1].startswith(" broker silent since ")
    assert "broker" not in _of_broker(160, seconds=60.0)
