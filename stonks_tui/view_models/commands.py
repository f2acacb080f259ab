"""Commands: what can be done with keys and words, and where? The one table behind bindings, footer, `?` and `:`."""

from collections.abc import Iterator
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


SCREENS = (
    ScreenName(name="overview", title="Overview", short="Over"),
    ScreenName(name="positions", title="Positions", short="Pos"),
    ScreenName(name="decisions", title="Decisions", short="Decis"),
    ScreenName(name="performance", title="Performance", short="Perf"),
    ScreenName(name="backtest", title="Backtest", short="Backtest"),
)

_SCREEN_COMMANDS = tuple(
    Command(
        name=f"screen_{screen.name}",
        keys=(str(number),),
        shown=str(number),
        help=f"the screen {screen.title}",
        words=(screen.name, screen.short.lower(), str(number)),
    )
    for number, screen in enumerate(SCREENS, start=1)
)

COMMANDS: tuple[Command, ...] = (
    *_SCREEN_COMMANDS,
    Command(name="last_screen", keys=("minus",), shown="-", help="the screen before this one", words=("last",)),
    Command(name="back", keys=("escape",), shown="Esc", help="one level back: out of a filter, a pane, a dialog"),
    Command(name="next_pane", keys=("tab",), shown="Tab", label="Tab pane", spare=0, help="the next pane"),
    Command(name="previous_pane", keys=("shift+tab",), shown="Shift-Tab", help="the pane before"),
    Command(name="zoom", keys=("z",), shown="z", help="this pane alone, and back", words=("zoom",)),
    Command(
        name="previous_day",
        keys=("left_square_bracket",),
        shown="[",
        label="[ ] day",
        help="the session before",
        words=("back",),
    ),
    Command(name="next_day", keys=("right_square_bracket",), shown="]", help="the session after", words=("forward",)),
    Command(name="previous_month", keys=("left_curly_bracket",), shown="{", help="21 sessions back"),
    Command(name="next_month", keys=("right_curly_bracket",), shown="}", help="21 sessions on"),
    Command(name="first_day", keys=("less_than_sign",), shown="<", help="the first session", words=("first",)),
    Command(name="last_day", keys=("greater_than_sign",), shown=">", help="the last session", words=("newest",)),
    Command(
        name="day",
        keys=(),
        shown="",
        help="the session on that day, or the last one before it",
        words=("day", "on"),
        takes="2024-03-29",
    ),
    Command(name="why", keys=(), shown="", help="the newest decision on a ticker", words=("why",), takes="TSLA"),
    Command(name="open_run", keys=(), shown="", help="look at another run", words=("bt", "run"), takes="7"),
    Command(name="theme", keys=(), shown="", help="other colours", words=("theme",), takes="light"),
    Command(name="needs_you", keys=("full_stop",), shown=".", help="what needs you", words=("needs",)),
    Command(name="command_line", keys=("colon",), shown=":", label=": command", spare=2, help="type a command"),
    Command(
        name="diagnostics",
        keys=("D",),
        shown="D",
        help="versions, paths, sizes: what belongs into a report of a fault",
        words=("about", "diagnostics"),
    ),
    Command(name="help", keys=("question_mark",), shown="?", label="? help", help="every key", words=("help",)),
    Command(name="quit", keys=("q",), shown="q", label="q quit", help="leave", words=("q", "quit", "exit")),
    Command(
        name="pause",
        keys=("p",),
        shown="p",
        label="p stop entries",
        spare=0,
        help="no entries from now on; exits are managed",
        place=ENGINE,
        words=("pause",),
    ),
    Command(name="resume", keys=("P",), shown="P", help="make entries again", place=ENGINE, words=("resume",)),
    Command(name="halt", keys=(), shown="", help="nothing leaves, not even a stop", place=ENGINE, words=("halt",)),
    Command(
        name="tier",
        keys=("t",),
        shown="t",
        label="t tier",
        spare=2,
        help="the risk tier",
        place=ENGINE,
        words=("tier",),
    ),
    Command(
        name="breakers",
        keys=("b",),
        shown="b",
        label="b breakers",
        spare=2,
        help="every breaker: how far it is from tripping, trip, clear",
        place=ENGINE,
        words=("breakers", "breaker"),
    ),
    Command(
        name="reserve",
        keys=("r",),
        shown="r",
        label="r reserve",
        spare=2,
        help="the reserve: money into it, and out of it",
        place=ENGINE,
        words=("reserve",),
    ),
    Command(
        name="close",
        keys=("x",),
        shown="x",
        help="sell the position under the cursor; :close TSLA, :close all",
        place=ENGINE,
        words=("close",),
    ),
    Command(name="take_back", keys=("u",), shown="u", help="take back what was just done here", place=ENGINE),
    Command(name="stop", keys=(), shown="", help="end the engine", place=ENGINE, words=("stop",)),
    Command(name="unlock", keys=("A",), shown="A", help="let this terminal steer for ten minutes", place=ENGINE),
    Command(
        name="freeze", keys=("f",), shown="f", label="f freeze", spare=0, help="stop the clock, and on", place=DEMO
    ),
    Command(name="one_look", keys=("l",), shown="l", label="l look", help="one look on, then freeze", place=DEMO),
    Command(
        name="speed",
        keys=(),
        shown="",
        help="seconds that a trading day takes",
        place=DEMO,
        words=("speed",),
        takes="20",
    ),
    Command(name="list_move", keys=(), shown="j k ↓ ↑", help="down and up", place=LISTS),
    Command(name="list_ends", keys=(), shown="g G Home End", help="first and last row", place=LISTS),
    Command(name="list_pages", keys=(), shown="PgUp PgDn", help="a screenful up and down", place=LISTS),
    Command(name="list_open", keys=(), shown="Enter", help="open the row", place=LISTS),
    Command(name="filter", keys=("slash",), shown="/", label="/ filter", help="show only what fits", place=LISTS),
    Command(name="sort", keys=("s",), shown="s", label="s sort", spare=3, help="sort by the next column", place=LISTS),
    Command(name="next_match", keys=("n",), shown="n", help="the next row that fits what was sought", place=LISTS),
    Command(name="previous_match", keys=("N",), shown="N", help="the one before that fits", place=LISTS),
    Command(name="keep_tab", keys=("v",), shown="v", help="keep this filter as a tab with a count", place=LISTS),
    Command(name="drop_tab", keys=("V",), shown="V", help="let the tab of this filter go", place=LISTS),
    Command(name="next_tab", keys=("right_parenthesis",), shown=")", help="the next kept filter", place=LISTS),
    Command(name="previous_tab", keys=("left_parenthesis",), shown="(", help="the kept filter before", place=LISTS),
    Command(name="columns", keys=("c",), shown="c", help="choose columns", place=LISTS),
    Command(name="copy", keys=("y",), shown="y", help="copy the row to the clipboard (OSC 52)", place=LISTS),
    Command(
        name="export",
        keys=("e",),
        shown="e",
        label="e export",
        spare=3,
        help="write the list to a CSV file",
        place=LISTS,
    ),
    Command(
        name="trades",
        keys=("h",),
        shown="h",
        label="h history",
        help="closed trades, and back to what is held",
        place="positions",
    ),
    Command(
        name="opening",
        keys=("o",),
        shown="o",
        label="o why bought",
        help="the decision that opened the position",
        place="positions",
    ),
    Command(
        name="acts_only",
        keys=("a",),
        shown="a",
        label="a acts",
        help="only what was taken, and back to everything",
        place="decisions",
    ),
    Command(
        name="flip",
        keys=("w",),
        shown="w",
        label="w what if",
        spare=2,
        help="what would flip a skip, and back to its trace",
        place="decisions",
    ),
    Command(
        name="beside",
        keys=("equals_sign",),
        shown="=",
        label="= beside",
        spare=3,
        help="hold this one; on another: both side by side; again: let it go",
        place="decisions",
    ),
    Command(
        name="window",
        keys=("w",),
        shown="w",
        label="w window",
        help="how far back: 30 days, 90, a year, all",
        place="performance",
    ),
    Command(
        name="equity_window",
        keys=("w",),
        shown="w",
        label="w window",
        spare=2,
        help="how far back the curve goes: 1 day, 7, 30, all",
        place="overview",
    ),
    Command(
        name="day_decisions",
        keys=("enter",),
        shown="Enter",
        label="Enter day",
        help="the decisions of the day under the cursor",
        place="performance",
    ),
    Command(name="new_run", keys=("n",), shown="n", label="n new", help="a new backtest", place="backtest"),
    Command(
        name="again",
        keys=("a",),
        shown="a",
        label="a again",
        help="the same once more, with something changed",
        place="backtest",
    ),
    Command(
        name="mark",
        keys=("m",),
        shown="m",
        label="m mark",
        spare=2,
        help="mark the run for a comparison",
        place="backtest",
    ),
    Command(
        name="compare",
        keys=("equals_sign",),
        shown="=",
        label="= compare",
        spare=2,
        help="compare the marked runs",
        place="backtest",
    ),
    Command(
        name="cancel_run",
        keys=("x",),
        shown="x",
        label="x cancel",
        spare=0,
        help="cancel what is running",
        place="backtest",
    ),
)

LIST_SCREENS = frozenset({"positions", "decisions"})
"""Screens whose lists can be filtered, sorted and exported."""


def by_name(name: str) -> Command:
    """Return the command of that name."""
    return next(command for command in COMMANDS if command.name == name)


def of_screen(screen: str, *places: str) -> Iterator[Command]:
    """Yield what can be done on `screen`, its own commands first; those of `places` too."""
    yield from (c for c in COMMANDS if c.place == screen)
    yield from (c for c in COMMANDS if c.place in places)
    if screen in LIST_SCREENS:
        yield from (c for c in COMMANDS if c.place == LISTS)
    yield from (c for c in COMMANDS if c.place == ALWAYS)


def meant(text: str) -> tuple[Command, str] | None:
    """Return the command that was typed after `:` and what followed it, or None. A start of a word will do."""
    word, _, rest = text.strip().partition(" ")
    word = word.casefold().removeprefix(":")
    if not word:
        return None
    with_words = [c for c in COMMANDS if c.words]
    exact = [c for c in with_words if word in c.words]
    near = exact or [c for c in with_words if any(w.startswith(word) for w in c.words)]
    return (near[0], rest.strip()) if near else None
