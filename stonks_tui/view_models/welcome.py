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
        about="A made-up market of two years: the engine trades it in a few seconds, and every screen shows what it "
        "did and why. Needs nothing; all of it lies in a folder of its own.",
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
        about="The engine trades live prices with play money. Not in this version: it needs the live engine, which "
        "is being built, and then a source of prices and one of recommendations.",
        command="",
    ),
)

_COLUMNS = (Column(key="title", heading="How do you want to begin?"), Column(key="command", heading="", grows=True))


def table() -> TableView:
    """Return the ways as a list."""
    rows = tuple(
        Row(key=way.name, cells=(line((way.title, Mood.STRONG)), line((way.command or "not yet", Mood.DIM))))
        for way in WAYS
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
        found.append(f"  {way.title}{': ' + way.command if way.command else ''}")
        found += [f"    {text}" for text in wrapped(way.about, 76)]
    return (*found, "", "stonks --help lists the commands.")
