"""Settings table: every setting, for docs/configuration.md. `python -m tools.settings_table` writes it there anew."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from stonks_tui.config_names import PAUSED, table_of
from stonks_tui.config_reading import Account, Setting, settings
from stonks_tui.configuration import Configuration
from stonks_tui.reports import config_report

PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
BEGIN, END = "<!-- settings: written by tools/settings_table.py -->\n", "<!-- end of settings -->\n"
_HEADING = "| name | default | unit | range | what it does |\n| --- | --- | --- | --- | --- |"


def lines() -> Iterator[str]:
    """Yield the table, with a heading for each section and the table of stonks.toml in which it stands."""
    everything = settings(Account(), Configuration(said={}), {})
    shown = [s for s in everything if s.name in table_of() and s.name != PAUSED]
    for section, these in groupby(shown, key=lambda setting: setting.section):
        found = list(these)
        tables = dict.fromkeys(f"`[{table_of()[setting.name]}]`" for setting in found)
        yield f"\n### {section}: {' and '.join(tables)}\n"
        yield _HEADING
        yield from map(_row, found)


def renewed(page: str) -> str:
    """Return `page` with the table as it is now. Raises ValueError when it has no place for one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks {BEGIN.strip()} or {END.strip()}")
    return before + begin + "\n".join(lines()) + "\n\n" + end + after


def _row(setting: Setting) -> str:
    default = config_report.written(setting)
    cells = (f"`{setting.name}`", default, setting.unit, setting.limits, setting.about)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
