"""Drive keys: which keys does somebody press who tries everything, and in which order?"""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from stonks_tui.view_models.command import DEMO, ENGINE, Command
from stonks_tui.view_models.commands import COMMANDS, SCREENS, of_screen

SIZES = ((80, 24), (60, 20), (120, 40), (50, 12), (200, 60), (20, 3), (60, 16), (79, 24))
ENDS = frozenset({"quit", "stop"})
"""Commands that end the program: they come last."""
_NAMED = {
    **{unicodedata.name(chr(code)).lower().replace(" ", "_").replace("-", "_"): chr(code) for code in range(33, 127)},
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "minus": "-",
    "slash": "/",
}
_MOVES = ("j", "k", "g", "G", "\x1b[A", "\x1b[B", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\r", "\t", "\x1b[Z")
_ANSWERS = ("y", "n", "", "TSLA", "halt", "no", "d", "x" * 300, "漢字 é", "0.5", "-1", "skip heat", "since:nonsense")
_ARGUMENTS = ("", "7", "-1", "0", "999999999999", "2023-05-24", "2023-13-77", "light", "nonsense", "conservative")
_ODD = ("aggressive", "TSLA", "e" * 200, "漢", "\\[bold]", "%s{}", "../..", "1e308", "nan", "20", "; rm", "'\"")


@dataclass(frozen=True, slots=True)
class Step:
    """What is done next: `keys` are pressed, or the terminal becomes another `size`. `name` is for the transcript."""

    name: str
    keys: str = ""
    size: tuple[int, int] | None = None


def written(key: str) -> str:
    """Return what a terminal sends for the key that Textual calls `key`."""
    return key if len(key) == 1 else _NAMED[key]


def steps(seed: int) -> Iterator[Step]:
    """Yield steps for ever: every key of every screen, every word, every pair of keys, then anything at all."""
    chance = random.Random(seed)
    yield from _each_key()
    yield from _each_word(chance)
    pairs = [(s.name, a, b) for s in SCREENS for a, b in product(_keys(s.name), repeat=2)]
    chance.shuffle(pairs)
    for place, (screen, first, second) in enumerate(pairs):
        yield _to(screen)
        yield first
        yield second
        if place % 10 == 0:
            yield _resized(chance)
    while True:
        yield from _walk(chance)


def _each_key() -> Iterator[Step]:
    for size in SIZES[:3]:
        yield Step(f"{size[0]}x{size[1]}", size=size)
        for screen in SCREENS:
            yield _to(screen.name)
            for step in _keys(screen.name):
                yield step
                yield _to(screen.name)


def _each_word(chance: random.Random) -> Iterator[Step]:
    for command in COMMANDS:
        if command.words and command.name not in ENDS:
            for argument in (command.takes, *chance.sample((*_ARGUMENTS, *_ODD), 3)):
                yield _word(command, chance.choice(command.words), argument)
                if chance.random() < 0.3:
                    yield Step("an answer", f"{chance.choice(_ANSWERS)}\r")


def _walk(chance: random.Random) -> Iterator[Step]:
    for _ in range(chance.randint(5, 40)):
        where = chance.choice(SCREENS).name
        match chance.randrange(12):
            case 0:
                yield _to(where)
            case 1:
                yield _resized(chance)
            case 2:
                command = chance.choice([c for c in COMMANDS if c.words and c.name not in ENDS])
                yield _word(command, chance.choice(command.words), chance.choice((*_ARGUMENTS, *_ODD)))
            case 3:
                yield Step("an answer", f"{chance.choice(_ANSWERS)}\r")
            case 4 | 5:
                yield Step("moves", "".join(chance.choices([m for m in _MOVES if m != "\r"], k=chance.randint(1, 12))))
            case 6:
                fast = chance.choices([s for s in _keys(where) if s.keys != "\x1b"], k=chance.randint(2, 15))
                yield Step(f"fast: {' '.join(s.name for s in fast)}", "".join(s.keys for s in fast))
            case _:
                yield chance.choice(_keys(where))


def _keys(screen: str) -> list[Step]:
    found: dict[str, str] = {}
    for command in of_screen(screen, ENGINE, DEMO):
        for key in command.keys if command.name not in ENDS else ():
            found.setdefault(written(key), command.name)
    return [Step(f"{name} {keys!r}", keys) for keys, name in found.items()] + [Step(repr(m), m) for m in _MOVES]


def _to(screen: str) -> Step:
    number = [s.name for s in SCREENS].index(screen) + 1
    return Step(f"to {screen}", f"\x1b{number}")


def _word(command: Command, word: str, argument: str) -> Step:
    typed = f":{word} {argument}".rstrip()
    return Step(f"{command.name}: {typed[:60]}", f"{typed}\r")


def _resized(chance: random.Random) -> Step:
    size = chance.choice(SIZES)
    return Step(f"{size[0]}x{size[1]}", size=size)
