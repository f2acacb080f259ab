"""Commands: what can be done with keys and words, and where? The one table behind bindings, footer, `?` and `:`."""

from collections.abc import Iterator

from stonks_tui.view_models.command import ALWAYS, DEMO, ENGINE, LISTS, Command, ScreenName
from stonks_tui.view_models.screen_commands import SCREEN_COMMANDS

SCREENS = (
    ScreenName(name="overview", title="Overview", short="Over"),
    ScreenName(name="positions", title="Positions", short="Pos"),
    ScreenName(name="decisions", title="Decisions", short="Decis"),
    ScreenName(name="performance", title="Performance", short="Perf"),
    ScreenName(name="backtest", title="Backtest", short="Backtest"),
    ScreenName(name="micro", title="Micro", short="Micro"),
    ScreenName(name="notifications", title="Notifications", short="Notify"),
    ScreenName(name="settings", title="Settings", short="Settings"),
)

_GO_TO = tuple(
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
    *_GO_TO,
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
        spare=1,
        help="the risk tier",
        place=ENGINE,
        words=("tier",),
    ),
    Command(
        name="breakers",
        keys=("b",),
        shown="b",
        label="b breakers",
        spare=1,
        help="every breaker: how far it is from tripping, trip, clear",
        place=ENGINE,
        words=("breakers", "breaker"),
    ),
    Command(
        name="reserve",
        keys=("r",),
        shown="r",
        label="r reserve",
        spare=1,
        help="the reserve: money into it, and out of it",
        place=ENGINE,
        words=("reserve",),
    ),
    Command(
        name="set",
        keys=(),
        shown="",
        help="change a setting; 8 shows them all",
        place=ENGINE,
        words=("set",),
        takes="max_open_positions 8",
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
    Command(
        name="one_look", keys=("l",), shown="l", label="l look", spare=2, help="one look on, then freeze", place=DEMO
    ),
    Command(
        name="speed",
        keys=(),
        shown="",
        help="seconds that a trading day takes",
        place=DEMO,
        words=("speed",),
        takes="20",
    ),
    *SCREEN_COMMANDS,
)

LIST_SCREENS = frozenset({"positions", "decisions", "notifications"})
"""Screens whose lists can be filtered and exported."""


def by_name(name: str) -> Command:
    """Return the command of that name."""
    return next(command for command in COMMANDS if command.name == name)


def keys_of(screen: str) -> frozenset[str]:
    """Return the keys that mean something of its own on `screen`."""
    return frozenset(key for c in COMMANDS if c.place == screen for key in c.keys)


def of_screen(screen: str, *places: str) -> Iterator[Command]:
    """Yield what can be done on `screen`, its own commands first; those of `places` too, but for keys that it takes."""
    taken = keys_of(screen)
    yield from (c for c in COMMANDS if c.place == screen)
    yield from (c for c in COMMANDS if c.place in places and taken.isdisjoint(c.keys))
    if screen in LIST_SCREENS:
        yield from (c for c in COMMANDS if c.place == LISTS and taken.isdisjoint(c.keys))
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
