"""Examination: every check is made, whatever becomes of the others."""

from collections.abc import Iterator, Sequence

from engine.errors import BadInput, StonksError
from stonks_tui.doctor import (
    account,
    broker,
    calendar,
    configuration,
    files,
    inputs,
    machine,
    market,
    notifications,
    terminal,
)
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import CHECK_FAILED, Check, Finding, Level, Section

SECTIONS: tuple[Section, ...] = (
    machine.SECTION,
    calendar.SECTION,
    files.SECTION,
    configuration.SECTION,
    account.SECTION,
    broker.SECTION,
    market.SECTION,
    inputs.SECTION,
    notifications.SECTION,
    terminal.SECTION,
)
"""All that is looked at, in the order in which it is shown."""


def chosen(names: Sequence[str]) -> tuple[Section, ...]:
    """Return the sections of these `names`, all of them without any. Raises BadInput for a name that is none."""
    known = {section.name: section for section in SECTIONS}
    for name in names:
        if name not in known:
            raise BadInput(f"there is no section '{name}'", hint=f"they are {', '.join(known)}")
    return tuple(section for section in SECTIONS if not names or section.name in names)


def examine(circumstances: Circumstances, sections: Sequence[Section] = SECTIONS) -> Iterator[Finding]:
    """Yield a finding for each check of `sections`.

    One that cannot be made, because what it looks at is not there or is found broken elsewhere, is a note that says so.
    One that breaks is a fault of the name CHECK_FAILED.
    """
    for section in sections:
        for name, check in section.checks.items():
            yield _finding(section.name, name, check, circumstances)


def _finding(section: str, name: str, check: Check, circumstances: Circumstances) -> Finding:
    try:
        answer = check(circumstances)
    except StonksError as error:
        return _not_made(section, name, error.message)
    except OSError as error:  # no right to look, most of all
        return _not_made(section, name, f"{error.filename or 'the system'}: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - the others are to be made all the same
        return Finding(
            section=section,
            name=CHECK_FAILED,
            level=Level.FAULT,
            words=f"the check {name} broke: {type(error).__name__}: {error}",
            cure="this is a bug in stonks-tui: report it with this line",
        )
    return Finding(section=section, name=name, level=answer.level, words=answer.words, cure=answer.cure)


def _not_made(section: str, name: str, why: str) -> Finding:
    return Finding(section=section, name=name, level=Level.NOTE, words=f"not looked at: {why}")
