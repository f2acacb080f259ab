"""Exporting: where does a list go that a person wants as a file?"""

from pathlib import Path

from engine.errors import Unavailable
from stonks_tui.requests import Export


def write(data_dir: Path, run_id: int, export: Export) -> Path:
    """Write a list of run `run_id` beside the databases. Returns where it is; raises Unavailable when it cannot be."""
    target = data_dir / "exports" / f"run-{run_id}-{export.name}.csv"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(export.text, encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"{target} cannot be written: {error.strerror}") from error
    return target
