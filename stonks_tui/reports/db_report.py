"""Database report: what was found in an account's files, what was copied, and what has taken the place of what?"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stonks_tui.account_check import AccountCheck
from stonks_tui.reports.numbers import plural, table
from storage import manifests
from storage.backups import Backup
from storage.copied_rows import Copied
from storage.upgrades import Upgrade


def check_lines(checked: AccountCheck) -> Iterator[str]:
    """Yield a line a check, below it what to do when something is wrong; last what it comes to."""
    rows = [("ok" if f.is_ok else "WRONG", f.what, f.words) for f in checked.findings]
    for line, finding in zip(table(rows, indent=""), checked.findings, strict=True):
        yield line
        if finding.hint:
            yield f"       {finding.hint}"
    wrong = sum(not finding.is_ok for finding in checked.findings)
    kind = "backup" if checked.is_backup else "account"
    yield (
        f"the {kind} in {checked.folder} is sound"
        if not wrong
        else f"{plural(wrong, 'thing')} wrong in {checked.folder}"
    )


def check_as_plain(checked: AccountCheck) -> dict[str, Any]:
    """Return it for JSON."""
    return {
        "folder": str(checked.folder),
        "backup": checked.is_backup,
        "ok": checked.is_ok,
        "checks": [{"what": f.what, "ok": f.is_ok, "words": f.words, "hint": f.hint} for f in checked.findings],
    }


def backup_lines(backup: Backup, removed: Sequence[Path]) -> Iterator[str]:
    """Yield where the backup is and of what it is."""
    manifest = backup.manifest
    size = sum(file.size for file in manifest.files)
    yield str(backup.folder)
    yield f"{plural(len(manifest.files), 'file')}, {size / 1e6:,.1f} MB, the account after turn {manifest.last_turn:,}"
    for folder in removed:
        yield f"removed {folder}"


def backup_as_plain(backup: Backup, removed: Sequence[Path]) -> dict[str, Any]:
    """Return it for JSON."""
    return {
        "folder": str(backup.folder),
        **manifests.as_plain(backup.manifest),
        "removed": [str(folder) for folder in removed],
    }


def copied_lines(copied: Copied, target: str) -> Iterator[str]:
    """Yield a line a table that has rows, and last what was copied whereto."""
    yield from table([(name, f"{count:,}") for name, count in copied.rows.items() if count], indent="")
    rows = plural(copied.total, "row")
    yield f"{rows}: the account {copied.account_id} after turn {copied.last_turn:,} is in {target}"


def copied_as_plain(copied: Copied) -> dict[str, Any]:
    """Return it for JSON."""
    return asdict(copied)


def upgrade_line(done: Upgrade) -> str:
    """Return which version a file or schema has now, and which it had."""
    return f"{done.where}: {done.after}" + (f", from {done.before or 'nothing'}" if done.before != done.after else "")
