"""Need: what is one thing that a person should know or do?"""

from dataclasses import dataclass
from datetime import date, datetime

from stonks_tui.view_models.text import Line, Mood, line


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A sentence, when it began, what to do about it, and the screen where that can be done.

    `mood` says how urgent it is: LOSS calls for a person at once, WARN some time, DIM is only good to know.
    """

    words: str
    mood: Mood = Mood.WARN
    at: datetime | None = None
    todo: str = ""
    screen: str = "overview"
    ticker: str = ""

    @property
    def asks(self) -> bool:
        """Is anything asked of a person?"""
        return self.mood is not Mood.DIM

    def time(self, on: date | None) -> str:
        """Return when it began (UTC), with the day unless that is `on`."""
        if self.at is None:
            return ""
        return f"{self.at:%H:%M}" if self.at.date() == on else f"{self.at:%m-%d %H:%M}"

    def line(self, on: date | None) -> Line:
        """Return it as a line: sign, time, sentence, what to do."""
        time = self.time(on)
        return line(
            ("! " if self.asks else "· ", self.mood),
            (f"{time} " if time else "", Mood.DIM),
            self.words,
            (f" → {self.todo}" if self.todo else "", Mood.ACCENT),
        )
