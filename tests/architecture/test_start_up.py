"""What is imported when: start-up is part of the design, and the terminal is never needed to trade."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

HEAVY = {"numpy", "pandas", "sqlalchemy", "exchange_calendars", "plotext", "pyarrow", "asyncio", "textual", "storage"}


def _loaded_after(code: str) -> set[str]:
    """Run `code` in a fresh interpreter and return the top-level names of what it has imported."""
    report = "; import json, sys; print(); print(json.dumps(sorted({n.partition('.')[0] for n in sys.modules})))"
    run = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}{report}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_help_imports_nothing_heavy() -> None:
    assert not _loaded_after("from stonks_tui.cli import main; main(['--help'])") & HEAVY


def test_version_and_a_wrong_word_import_nothing_heavy() -> None:
    assert not _loaded_after("from stonks_tui.cli import main; main(['--version']); main(['demp'])") & HEAVY


def test_what_a_run_says_of_itself_is_read_without_anything_heavy() -> None:
    assert not _loaded_after("import stonks_tui.run_events") & HEAVY


def test_the_first_frame_waits_for_no_matrices_and_no_database() -> None:
    loaded = _loaded_after("import stonks_tui.commands.demo, stonks_tui.live_app, stonks_tui.welcome_app")
    assert "textual" in loaded
    assert not loaded & (HEAVY - {"textual", "asyncio"} | {"cattrs"})


def test_runs_are_read_without_matrices() -> None:
    loaded = _loaded_after("import stonks_tui.run_feed, storage.run_repository")
    assert "sqlalchemy" in loaded
    assert not loaded & {"numpy", "pandas", "pyarrow", "exchange_calendars", "plotext"}


def test_tax_of_a_list_needs_neither_arrow_nor_a_database(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("date,ticker,side,quantity,amount\n2024-01-02,XYZ,buy,1,10\n")
    loaded = _loaded_after(
        f"from stonks_tui.cli import main; assert not main(['tax', '--transactions', {str(path)!r}])"
    )
    assert not loaded & {"sqlalchemy", "pyarrow", "pandas", "exchange_calendars", "textual"}


def test_an_account_is_opened_copied_and_checked_without_what_migrates_it() -> None:
    modules = "stonks_tui.trading, stonks_tui.account_check, storage.postgres_live, storage.postgres_schema"
    loaded = _loaded_after(f"import {modules}, storage.live_store, storage.paper_store, storage.backups")
    assert "asyncpg" in loaded
    assert not loaded & {"alembic", "mako"}


def test_what_is_looked_for_would_be_seen() -> None:
    assert _loaded_after("import asyncio") & HEAVY


def test_engine_storage_and_command_line_run_without_textual() -> None:
    without_textual = "sys.modules['textual'] = None; import importlib; "
    imports = f"[importlib.import_module(name) for name in {_headless_modules()!r}]; del sys.modules['textual']"
    assert "textual" not in _loaded_after(without_textual + imports)


def _headless_modules() -> list[str]:
    files = [
        *ROOT.glob("engine/**/*.py"),
        *(file for file in ROOT.glob("storage/**/*.py") if "migrations" not in file.parts),
        *ROOT.glob("stonks_tui/commands/*.py"),
        ROOT / "stonks_tui/cli.py",
    ]
    return sorted(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files)
