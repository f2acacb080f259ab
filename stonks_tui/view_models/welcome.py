"""Welcome: which ways lead into the program, and what does each need?"""

from dataclasses import dataclass

from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Line, Mood, line, wrapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way in. `command` is what a person types to go it without being asked."""

    name: str
    title: str
    about: str
    command: str


WAYS = (
    Way(
        name="demo",
        title="Demo",
        about="The engine at work on a made-up market, a trading day in 20 seconds: a severe event, stops at once, a "
        "split in its first days. Needs nothing; all of it lies in a folder of its own.",
        command="stonks demo",
    ),
    Way(
        name="backtest",
        title="Own backtest",
        about="Your prices and recommendations, CSV or Parquet, through the same engine. Needs a file of daily bars "
        "and one of recommendations (ticker, time, buy or sell, confidence).",
        command="stonks backtest run --bars FILE --recommendations FILE",
    ),
    Way(
        name="paper",
        title="Paper trading",
        about="The engine trades prices as they come in, with play money. Needs daily bars (stonks import bars FILE) "
        "and prices and recommendations that somebody writes: files that grow, or tables. docs/live.md says which.",
        command="stonks run --quotes FILE --recommendations FILE",
    ),
)

_COLUMNS = (Column(key="title", heading="How do you want to begin?"), Column(key="command", heading="", grows=True))


def table() -> TableView:
    """Return the ways as a list."""
    rows = tuple(
        Row(key=way.name, cells=(line((way.title, Mood.STRONG)), line((way.command, Mood.DIM)))) for way in WAYS
    )
    return TableView(columns=_COLUMNS, rows=rows)


def about(name: str, columns: int) -> tuple[Line, ...]:
    """Return what a way leads to and what it needs."""
    way = next(way for way in WAYS if way.name == name)
    return tuple(line(text) for text in wrapped(way.about, columns))


def plain() -> tuple[str, ...]:
    """Return the ways for somebody without a terminal."""
    found: list[str] = ["Three ways to begin:", ""]
    for way in WAYS:
        found.append(f"  {way.title}: {way.command}")
        found += [f"    {text}" for text in wrapped(way.about, 76)]
    return (*found, "", "stonks --help lists the commands.")
