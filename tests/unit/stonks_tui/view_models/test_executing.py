"""Who executes is said in a few words: where he is, and since when he has not answered."""

from datetime import timedelta

import pytest

from engine.model.notices import Notice, NoticeKind
from engine.model.views import Alive, RunStory
from stonks_tui.view_models import executing
from tests.support.live_turns import a_heartbeat
from tests.support.samples import AT, a_notice

STARTED = AT + timedelta(hours=1)
ELSEWHERE, SILENT, BACK = NoticeKind.BROKER_ELSEWHERE, NoticeKind.BROKER_SILENT, NoticeKind.BROKER_BACK


def said(*told: tuple[int, NoticeKind]) -> str:
    """Return what is said of an engine that has told these, each so many minutes after it started."""
    notices: list[Notice] = [a_notice(kind=kind, at=STARTED + timedelta(minutes=after)) for after, kind in told]
    alive = Alive(heartbeat=a_heartbeat(1, started_at=STARTED), seconds=1.0, turn=1)
    story = RunStory(run_id=0, state="running", notices=tuple(notices), alive=alive)
    return "".join(span.text for span in executing.said(story, alive))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([], "broker inside"),
        ([(0, ELSEWHERE)], "broker service"),
        ([(0, ELSEWHERE), (5, SILENT)], f"broker silent since {STARTED + timedelta(minutes=5):%H:%M}"),
        ([(0, ELSEWHERE), (5, SILENT), (6, BACK)], "broker service"),
        ([(5, SILENT)], f"broker silent since {STARTED + timedelta(minutes=5):%H:%M}"),
        ([(-9, ELSEWHERE), (-5, SILENT)], "broker inside"),
    ],
)
def test_it_is_what_the_engine_that_runs_has_told_and_none_before(
    told: list[tuple[int, NoticeKind]], words: str
) -> None:
    assert said(*told) == words
