"""An app around one widget, and what is on its screen."""

from textual.app import App, ComposeResult
from textual.widget import Widget

from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Mood, line

COLUMNS = (
    Column(key="ticker", heading="Ticker"),
    Column(key="pnl", heading="P&L", right=True),
    Column(key="note", heading="Note", priority=1),
)


class SmallApp(App[None]):
    """Shows one widget in the whole screen."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


def screen(app: App[None]) -> list[str]:
    """Return the lines on the screen, blanks at the end removed."""
    return [found.text.rstrip() for found in app.screen._compositor.render_strips()]


def row(number: int, pnl: str | None = None) -> Row:
    """Return a made-up row; its key is `T` and the number."""
    cells = (line(f"T{number}"), line((pnl or f"▲+{number}", Mood.GAIN)), line(f"note {number}"))
    return Row(key=f"T{number}", cells=cells)


def table(*numbers: int, has_more: bool = False, empty: tuple[str, ...] = ()) -> TableView:
    """Return a table of made-up rows."""
    return TableView(columns=COLUMNS, rows=tuple(map(row, numbers)), has_more=has_more, empty=empty)
