"""Command: what is said of one thing that can be done with keys or words?"""

from dataclasses import dataclass

ALWAYS = "always"
LISTS = "in lists"
ENGINE = "with an engine"
DEMO = "in the demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing to do. `place` is `always`, `in lists`, `with an engine`, `in the demo` or a screen's name.

    `keys` are Textual's names, `shown` is what a person reads. `label` is the word in the footer; without one the key
    is only behind `?`, and where there is no room the most `spare` labels go first. `words` are what `:` understands;
    `takes` names what may follow them.
    """

    name: str
    keys: tuple[str, ...]
    shown: str
    help: str
    place: str = ALWAYS
    label: str = ""
    spare: int = 1
    words: tuple[str, ...] = ()
    takes: str = ""

    @property
    def key_letters(self) -> int:
        """How much of the label is the key; the rest is its word."""
        return len("[ ]") if self.label.startswith("[ ]") else self.label.find(" ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenName:
    """A screen: its number, its name, its title, and the short one for narrow terminals."""

    name: str
    title: str
    short: str
