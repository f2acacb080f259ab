"""Welcome app: how does a person begin who only typed `stonks`?"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from stonks_tui.output.framed_app import FramedApp
from stonks_tui.view_models import welcome
from stonks_tui.view_models.text import Mood, line
from stonks_tui.widgets import output_filters, themes
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable


class WelcomeApp(FramedApp[str]):
    """Lets a person choose a way in. Ends with its name, or with nothing."""

    CSS_PATH = "stonks.tcss"
    ENABLE_COMMAND_PALETTE = False
    TITLE = "stonks"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(place), f"choose('{way.name}')", show=False) for place, way in enumerate(welcome.WAYS, start=1)),
        Binding("q,escape", "quit", show=False),
    ]

    def __init__(self, *, theme: str, colour: bool, ascii_only: bool) -> None:
        super().__init__()
        self._theme = theme
        output_filters.install(self, colour=colour, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        """Lay out the list and what is said of the row under the cursor."""
        yield Canvas(id="status")
        yield Panel("Ways", RowTable(), id="ways")
        yield Panel("About", Canvas(), id="about")
        yield Canvas(id="footer")

    def on_mount(self) -> None:
        """Fill it in."""
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.textual_name(self._theme)
        title = line((" stonks ", Mood.STRONG), ("an autonomous stock trading engine for the terminal", Mood.DIM))
        keys = line(("Enter", Mood.KEY), " go  ", ("j k", Mood.KEY), " choose  ", ("q", Mood.KEY), " quit")
        self.query_one("#status", Canvas).paint(lambda *_: [title])
        self.query_one("#footer", Canvas).paint(lambda *_: [keys])
        for panel in self.query(Panel):
            panel.normal()
        table = self.query_one(RowTable)
        table.show(welcome.table())
        table.focus()

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        """Say what the row under the cursor leads to."""
        if event.key is not None:
            name = event.key
            self.query_one("#about Canvas", Canvas).paint(lambda columns, _: welcome.about(name, columns))

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Enter: go."""
        self.action_choose(event.key)

    def action_choose(self, name: str) -> None:
        """Go the way `name`."""
        self.exit(name)
