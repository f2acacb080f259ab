"""Diagnosis: which versions, places and sizes are these?"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import textual
from textual.geometry import Size

from stonks_tui import bootstrap, ui_state
from stonks_tui.version import __version__
from stonks_tui.view_models import diagnostics
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line


def lines(data_dir: Path, size: Size, scope: Scope | None, screens: Mapping[str, str]) -> tuple[Line, ...]:
    """Return what belongs into a report of a fault; `screens` is what was measured of them."""
    versions = {"stonks": __version__, "Python": sys.version.split()[0], "Textual": textual.__version__}
    terminal = {"terminal": os.environ.get("TERM", ""), "size": f"{size.width}x{size.height}"}
    places = {
        "account": str(bootstrap.live_path(data_dir)),
        "runs": str(bootstrap.runs_path(data_dir)),
        "log": str(bootstrap.log_path(data_dir)),
        "screens": str(ui_state.path(data_dir)),
    }
    return diagnostics.lines(versions | terminal, places, screens, scope)
