"""Panel: a pane with a title, and something in it or words in its place."""

from collections.abc import Iterable
from enum import StrEnum

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static


class PanelState(StrEnum):
    """How a panel stands. All but `normal` and `stale` show words in place of the content."""

    NORMAL = "normal"
    LOADING = "loading"
    EMPTY = "empty"
    STALE = "stale"
    ERROR = "error"


class Panel(Vertical):
    """One pane. `content` is what is in it; its title tells what it is, and how old when it is stale.

    `age` says in words how old everything is that the pane shows; empty when it is of now.
    """

    def __init__(self, title: str, content: Widget, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.content = content
        self.content.add_class("panel--content")
        self.heading = title
        self.note = ""
        self.age = ""
        self.state = PanelState.LOADING
        self._words = Static("", classes="panel--words", markup=False)

    def compose(self) -> ComposeResult:
        """Put the content and the words into the pane."""
        yield self.content
        yield self._words

    def on_mount(self) -> None:
        """Begin as a pane that waits for its content."""
        self.loading_words()

    def entitle(self, title: str, note: str = "") -> None:
        """Change the title; `note` stands at its right."""
        if (title, note) != (self.heading, self.note):
            self.heading, self.note = title, note
            self._title()

    def normal(self) -> None:
        """Show the content."""
        self._become(PanelState.STALE if self.age else PanelState.NORMAL)

    def aged(self, age: str) -> None:
        """Say in the title how old the content is from now on, while there is any; nothing when it is of now."""
        if age == self.age:
            return
        self.age = age
        if self.state in (PanelState.NORMAL, PanelState.STALE):
            self.normal()

    def loading_words(self, words: str = "reading …") -> None:
        """Say that the content is on its way."""
        self._become(PanelState.LOADING, [words])

    def empty(self, words: Iterable[str]) -> None:
        """Say why there is nothing, and which key helps."""
        self._become(PanelState.EMPTY, words)

    def error(self, cause: str, hint: str = "") -> None:
        """Say what went wrong and what to do."""
        self._become(PanelState.ERROR, [f"✗ {cause}", *([hint] if hint else [])])

    def _become(self, state: PanelState, words: Iterable[str] = ()) -> None:
        self.state = state
        said, was_saying = list(words), self.has_class("-saying")
        self._words.update("\n".join(said))
        self.set_class(bool(said), "-saying")
        self.set_class(state is PanelState.ERROR, "-error")
        self._title()
        if was_saying and not said and self.has_class("-turned") and self.screen.focused is None:
            self.call_after_refresh(self.content.focus, False)  # it lost the keys when it was hidden

    def _title(self) -> None:
        age = f" · STALE {self.age}" if self.state is PanelState.STALE else ""
        note = f" · {self.note}" if self.note else ""
        title = f"{self.heading}{age}{note}".replace("[", r"\[")  # where there is no room, the note goes first
        if self.border_title != title:
            self.border_title = title
