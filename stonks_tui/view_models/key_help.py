"""Help: which keys and words are there, here and now?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stonks_tui.view_models import told_filter, trade_filter
from stonks_tui.view_models.command import ALWAYS, LISTS, Command
from stonks_tui.view_models.commands import COMMANDS, LIST_SCREENS, SCREENS, keys_of
from stonks_tui.view_models.decision_filter import FILTER_WORDS
from stonks_tui.view_models.text import Line, Mood, line, wrapped

_KEYS, _COLUMNS = 17, 74
"""Columns of the keys, and of a dialog in a terminal of 80."""
_OPEN = "list_open"
_MOVES = ("list_move", "list_ends", "list_pages", _OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """The pane that has the keys: its title, and whether a list is in it."""

    title: str
    is_list: bool


def lines(screen: str, *places: str, focus: Focus | None = None) -> tuple[Line, ...]:
    """Return every key: those of the pane with the `focus`, of `screen`, of `places`, and those always there."""
    title = next(s.title for s in SCREENS if s.name == screen)
    has_lists = screen in LIST_SCREENS
    found: list[Line] = []
    if focus is not None:
        found += _of_pane(focus, screen)
    found += _section(title, screen)
    for place in places:
        found += _section(place[0].upper() + place[1:], place, taken=keys_of(screen))
    if has_lists and not (focus is not None and focus.is_list):
        found += _section("In lists", LISTS, taken=keys_of(screen))
    found += _section("Everywhere", ALWAYS)
    found += [line(), line(("After : a word, such as ", Mood.DIM), ":pos  :why TSLA  :day 2021-06-30  :bt 7")]
    found += _of_decisions()
    for what, words in (("closed trades", trade_filter.HELP), ("notifications", told_filter.HELP)):
        found += [line(), line((f"After / in {what}", Mood.STRONG))]
        found += [line(f"  {piece}") for piece in wrapped(words, _COLUMNS)]
    return tuple(found[1:])


def _of_pane(focus: Focus, screen: str) -> list[Line]:
    title = f"{focus.title} has the keys"
    if not focus.is_list:
        return [line(), line((title, Mood.STRONG)), _row("j k PgUp PgDn", "to what does not fit into the pane")]
    if screen in LIST_SCREENS:
        return _section(title, LISTS, taken=keys_of(screen))
    moves = [c for c in COMMANDS if c.name in _MOVES and not (c.name == _OPEN and "enter" in keys_of(screen))]
    return [line(), line((title, Mood.STRONG)), *map(_command, moves)]


def _of_decisions() -> Iterator[Line]:
    yield line()
    yield line(("After / in decisions", Mood.STRONG))
    for word in FILTER_WORDS:
        yield _row(word.shown, word.help)


def _section(title: str, place: str, taken: frozenset[str] = frozenset()) -> list[Line]:
    """Return the commands of `place`; one whose key is `taken` has its word alone, if any."""
    found = [c for c in COMMANDS if c.place == place and (c.words or taken.isdisjoint(c.keys))]
    commands = [c if taken.isdisjoint(c.keys) else replace(c, shown="") for c in found]
    if not commands:
        return []
    return [line(), line((title, Mood.STRONG)), *map(_command, commands)]


def _command(command: Command) -> Line:
    typed = f":{command.words[0]} {command.takes}".rstrip() if command.words else ""
    key, also = (command.shown, f"  {typed}" if typed else "") if command.shown else (typed, "")
    return _row(key, command.help, also)


def _row(key: str, words: str, also: str = "") -> Line:
    return line((f"  {key:<{_KEYS}}", Mood.KEY), words, (also, Mood.DIM))
