"""Decision detail: its trace, what would flip it, or it beside another one?"""

from enum import StrEnum

from engine.model.views import DecisionStory
from stonks_tui.view_models import decision_pairs, decisions, flips
from stonks_tui.view_models.text import Line, Mood, line


class Shows(StrEnum):
    """What the pane beside the list shows."""

    TRACE = "Trace"
    FLIP = "What if"


def title(shows: Shows, story: DecisionStory, held: DecisionStory | None) -> tuple[str, str]:
    """Return the title of the pane and the note beside it."""
    d = story.decision
    if held is not None and held.decision.decision_id != d.decision_id:
        return "Side by side", f"{held.decision.decision_id} and {d.decision_id}"
    return shows.value, f"{d.ticker} {d.decision_id}{' · held, = on another one' if held is not None else ''}"


def lines(shows: Shows, story: DecisionStory, held: DecisionStory | None, columns: int) -> tuple[Line, ...]:
    """Return what the pane shows in so many columns; `held` is the decision to put beside the others."""
    if held is not None and held.decision.decision_id != story.decision.decision_id:
        found = decision_pairs.lines(held, story, columns)
        return (*found, line(), line(("= lets the held one go", Mood.DIM)))
    return flips.lines(story, columns) if shows is Shows.FLIP else decisions.trace(story, columns)
