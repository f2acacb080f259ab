"""Executing: who executes the orders of an account that trades, and does he answer?"""

from engine.model.notices import NoticeKind
from engine.model.views import Alive, RunStory
from stonks_tui.view_models.text import Line, Mood, line

_ANSWERS = frozenset({NoticeKind.BROKER_SILENT, NoticeKind.BROKER_BACK})


def said(story: RunStory, alive: Alive) -> Line:
    """Return it in a few words: `broker service`. It is what the engine that runs has told."""
    told = [n for n in story.notices if n.at >= alive.heartbeat.started_at]
    last = next((n for n in reversed(told) if n.kind in _ANSWERS), None)
    if last is not None and last.kind is NoticeKind.BROKER_SILENT:
        return line((f"broker silent since {last.at:%H:%M}", Mood.LOSS))
    return line("broker service" if any(n.kind is NoticeKind.BROKER_ELSEWHERE for n in told) else "broker inside")


def is_silent(words: Line) -> bool:
    """Do the words of `said` say that he does not answer?"""
    return any(span.mood is Mood.LOSS for span in words)
