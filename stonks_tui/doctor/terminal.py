"""Terminal: can the screens be shown where the doctor was called?"""

import codecs

from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Answer, Section, note, ok, warning

ROOMY = (80, 24)
LEAST = (60, 20)
"""Columns and rows."""


def is_one(c: Circumstances) -> Answer:
    """Is there a terminal at all?"""
    if not c.terminal.is_terminal:
        return note("the output is no terminal: the rest is told of what is known", "stonks run --no-ui needs none")
    return ok("the output is a terminal")


def kind(c: Circumstances) -> Answer:
    """Does it say what it can do?"""
    term = c.environment.get("TERM", "")
    if not c.terminal.is_terminal:
        return ok(f"TERM is {term or 'not set'}")
    if term in ("", "dumb", "unknown"):
        return warning(f"TERM is {term or 'not set'}: no screens can be shown", "export TERM=xterm-256color")
    return ok(f"TERM is {term}")


def letters(c: Circumstances) -> Answer:
    """Can it show more letters than ASCII has?"""
    if not c.terminal.is_terminal or speaks_unicode(c.terminal.encoding):
        return ok(f"letters are {c.terminal.encoding or 'not known'}")
    return warning(
        f"letters are {c.terminal.encoding or 'not known'}, not UTF-8: lines and arrows turn into question marks",
        "export LANG=C.UTF-8, or show the screens with --ascii",
    )


def size(c: Circumstances) -> Answer:
    """Is it large enough?"""
    if c.terminal.size is None:
        return ok("no size is known") if not c.terminal.is_terminal else note("the terminal does not say its size")
    columns, rows = c.terminal.size
    found = f"{columns} columns and {rows} rows"
    if columns < LEAST[0] or rows < LEAST[1]:
        return warning(
            f"{found}: the screens need {LEAST[0]} by {LEAST[1]} at least",
            f"make the window larger, {ROOMY[0]} by {ROOMY[1]} or more",
        )
    if columns < ROOMY[0] or rows < ROOMY[1]:
        return note(f"{found}: some columns are left out", f"{ROOMY[0]} by {ROOMY[1]} show everything")
    return ok(found)


def colours(c: Circumstances) -> Answer:
    """Does it show colours?"""
    if c.environment.get("NO_COLOR"):
        return ok("no colours, as NO_COLOR asks")
    term, many = c.environment.get("TERM", ""), c.environment.get("COLORTERM", "")
    if many in ("truecolor", "24bit"):
        return ok(f"all colours (COLORTERM is {many})")
    if "256color" in term or not c.terminal.is_terminal:
        return ok("256 colours" if "256color" in term else "colours do not matter here")
    return note(f"few colours are promised (TERM is {term or 'not set'})", "export COLORTERM=truecolor if it has them")


def session(c: Circumstances) -> Answer:
    """What becomes of the screens when the connection breaks?"""
    through = [name for name, variable in (("SSH", "SSH_CONNECTION"), ("tmux", "TMUX"), ("screen", "STY"))
               if c.environment.get(variable)]  # fmt: skip
    if through == ["SSH"]:
        return note("over SSH: a connection that breaks ends no engine", "stonks attach brings its screens back")
    return ok(f"through {' and '.join(through)}" if through else "on this machine")


def speaks_unicode(encoding: str) -> bool:
    """Is it an encoding of all letters?"""
    try:
        return codecs.lookup(encoding).name.startswith("utf")
    except LookupError:
        return False


SECTION = Section(
    name="terminal",
    checks={
        "terminal": is_one,
        "terminal-kind": kind,
        "terminal-letters": letters,
        "terminal-size": size,
        "terminal-colours": colours,
        "terminal-session": session,
    },
)
