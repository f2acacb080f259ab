"""Help: which keys and words are there, here and now?"""

from stonks_tui.view_models.command import ALWAYS, LISTS, Command
from stonks_tui.view_models.commands import COMMANDS, LIST_SCREENS, SCREENS
from stonks_tui.view_models.text import Line, Mood, line


def lines(screen: str, *places: str) -> tuple[Line, ...]:
    """Return every key of `screen`, its own first, those of `places`, of lists, and those that are always there."""
    title = next(s.title for s in SCREENS if s.name == screen)
    found = [*_section(title, screen)]
    for place in places:
        found += _section(place[0].upper() + place[1:], place)
    if screen in LIST_SCREENS:
        found += _section("In lists", LISTS)
    found += _section("Everywhere", ALWAYS)
    found += [
        line(),
        line(("After : a word, such as ", Mood.DIM), ":pos  :why TSLA  :day 2021-06-30  :bt 7  :theme light"),
        line(("In / of decisions ", Mood.DIM), "act  skip  TSLA  heat  since:2021-06-30  on:2021-06-30  conf>0.8"),
    ]
    return tuple(found)


def _section(title: str, place: str) -> list[Line]:
    commands = [c for c in COMMANDS if c.place == place]
    if not commands:
        return []
    return [line(), line((title, Mood.STRONG)), *map(_command, commands)]


def _command(command: Command) -> Line:
    typed = f":{command.words[0]} {command.takes}".rstrip() if command.words else ""
    key, also = (command.shown, f"  {typed}" if typed else "") if command.shown else (typed, "")
    return line((f"  {key:<17}", Mood.KEY), command.help, (also, Mood.DIM))
