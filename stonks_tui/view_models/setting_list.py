"""Setting list: which settings are there, what is each, and who said so?"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from engine.model.runs import LIVE_RUN
from stonks_tui.reports.numbers import plural, unit_words
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.setting_book import SettingBook, SettingEntry, fitting, written
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Line, Mood, clipped, line

SETTING_COLUMNS = (
    Column(key="changed", heading=""),
    Column(key="name", heading="Setting", grows=True, least=22),
    Column(key="value", heading="Value", right=True),
    Column(key="default", heading="Default", right=True, priority=2),
    Column(key="unit", heading="Unit", priority=3),
    Column(key="origin", heading="Said by", priority=4),
)
CHANGED = "*"
"""Stands before a setting that is not at its default."""
_SECTION = "§"
_VALUE, _DEFAULT, _ORIGIN = 14, 10, 12
"""Columns that the longest of them get; numbers need fewer."""
_SHORTER = {"the beginning of the account": "beginning"}


def section_key(section: str) -> str:
    """Return the key of the row of a heading."""
    return f"{_SECTION}{section}"


def section_of(key: str | None) -> str:
    """Return the section whose heading has that key, empty when it is a setting's."""
    return key.removeprefix(_SECTION) if key and key.startswith(_SECTION) else ""


def table(book: SettingBook, wanted: str = "", *, only_changed: bool = False, revealed: bool = False) -> TableView:
    """Return the settings that fit, a heading before each section; addresses only in part unless `revealed`."""
    found = fitting(book.entries, wanted, only_changed=only_changed)
    return TableView(
        columns=SETTING_COLUMNS,
        rows=tuple(_rows(found, revealed=revealed)),
        empty=_nothing(wanted, only_changed=only_changed),
    )


def heading(book: SettingBook, wanted: str, scope: Scope, *, only_changed: bool) -> str:
    """Return the title over them: how many, and of what."""
    count = len(fitting(book.entries, wanted, only_changed=only_changed))
    said = f"Settings · {count}{' changed' if only_changed else ''}"
    if scope.story.alive is None and scope.run_id != LIVE_RUN:
        return f"{said} of run {scope.run_id}"
    return said if scope.is_last or scope.snapshot is None else f"{said} as of {scope.snapshot.on:%Y-%m-%d}"


def why_fixed(scope: Scope | None) -> str:
    """Return why nothing can be changed of what is looked at, empty when something can."""
    if scope is None:
        return "nothing is open whose settings could be changed"
    if scope.story.alive is None and scope.run_id == LIVE_RUN:
        return "the engine of this account has not said anything yet"
    if scope.story.alive is None:
        return "a run keeps its rules: a on 5 makes it again with others"
    return "" if scope.is_now else "rules of a day that is over: > goes to those of now"


def section_lines(entries: Sequence[SettingEntry], *, revealed: bool, columns: int) -> tuple[Line, ...]:
    """Return what one section has, in a few words."""
    changed = sum(entry.is_changed for entry in entries)
    found = [line((f"{plural(len(entries), 'setting')}, {changed} not at the default", Mood.DIM)), line()]
    found += [line(f"{e.name.rpartition('.')[2]} ", (e.text(revealed=revealed) or "empty", _mood(e))) for e in entries]
    return tuple(clipped(text, columns) for text in found)


def _rows(found: Sequence[SettingEntry], *, revealed: bool) -> Iterator[Row]:
    for section, entries in groupby(found, key=lambda entry: entry.section):
        cells = ((), line((f"─ {section}", Mood.STRONG)), *[()] * (len(SETTING_COLUMNS) - 2))
        yield Row(key=section_key(section), cells=cells)
        yield from (_row(entry, revealed=revealed) for entry in entries)


def _row(e: SettingEntry, *, revealed: bool) -> Row:
    return Row(
        key=e.name,
        cells=(
            line((CHANGED if e.is_changed else " ", Mood.WARN)),
            line(e.name.rpartition(".")[2]),  # the heading says of which tier
            clipped(line((e.text(revealed=revealed), _mood(e))), _VALUE),
            clipped(line((written(e.default), Mood.DIM)), _DEFAULT),
            line((unit_words(e.value, e.unit), Mood.DIM)),
            clipped(line((_who(e.origin), Mood.DIM)), _ORIGIN),
        ),
    )


def _who(origin: str) -> str:
    """Return an origin in a word: of `alice (cli), 2026-11-26 14:03 UTC` the name."""
    return _SHORTER.get(origin, origin.partition(" (")[0].partition(" STONKS_")[0])


def _mood(entry: SettingEntry) -> Mood:
    return Mood.STRONG if entry.is_changed else Mood.PLAIN


def _nothing(wanted: str, *, only_changed: bool) -> tuple[str, ...]:
    if wanted:
        return (f"No setting fits '{wanted}'.", "Esc shows all of them.")
    if only_changed:
        return ("Every setting is at its default.", "a shows all of them.")
    return ("There are no settings to show.", "5 lists the backtests.")
