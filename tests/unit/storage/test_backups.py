"""Backups: what is in one, where it lies, what goes when there are many, and what never does."""

import hashlib
import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import BadInput, NotFound, OutOfSpace, Unavailable
from storage import backups, durable, manifests, restores
from tests.support import copied_account
from tests.support.copied_account import turns_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied_account.make(tmp_path / "data", turns=2)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.db")}


def test_it_is_called_after_its_moment_and_each_file_is_complete_in_itself_for_its_owner_alone(folder: Path) -> None:
    before = contents(folder)
    made = copied_account.backup(folder)
    assert made.folder == folder / "backups" / f"{made.manifest.made_at:%Y%m%dT%H%M%SZ}"
    assert sorted(path.name for path in made.folder.iterdir()) == ["manifest.json", "paper.db", "stonks.db"]
    assert turns_in(made.folder) == 2
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    for path in made.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for name in ("stonks.db", "paper.db"):
        with closing(sqlite3.connect(made.folder / name)) as copy:
            assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert contents(folder) == before, "nothing is written to what is copied"


def test_its_manifest_says_of_what_it_is_and_what_has_changed_in_it(folder: Path) -> None:
    made = copied_account.backup(folder)
    manifest = manifests.read(made.folder)
    assert manifest == made.manifest
    assert (manifest.account_id, manifest.last_turn, manifest.program_version) == ("one", 2, "test")
    assert list(manifests.differences(made.folder, manifest)) == []
    with (made.folder / "paper.db").open("r+b") as file:
        file.seek(5_000)
        file.write(b"\xff")
    (made.folder / "stonks.db").unlink()
    differs = list(manifests.differences(made.folder, manifest))
    assert differs == ["stonks.db is missing", "paper.db has changed since it was made"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 2}, "has format 2, but this program knows 1"),
        ({"files": []}, "is damaged: the files of the account are not in it"),
        ({"files": [{"name": "../../.bashrc", "size": 1, "sha256": ""}]}, "a backup does not hold ../../.bashrc"),
        ({"made_at": "2024-01-01T00:00:00"}, "has no time zone"),
        ({"last_turn": None}, "is damaged"),
    ],
)
def test_a_manifest_that_is_not_understood_is_refused(folder: Path, change: dict[str, object], says: str) -> None:
    made = copied_account.backup(folder)
    path = made.folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadInput, match=says):
        manifests.read(made.folder)


def test_it_goes_to_a_new_or_an_empty_folder_and_to_no_other(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "new" / "one", tmp_path / "empty"):
        assert copied_account.backup(folder, place).folder == place
        assert turns_in(place) == 2
    with pytest.raises(BadInput, match="is not empty"):
        copied_account.backup(folder, tmp_path / "empty")
    with pytest.raises(BadInput, match="is a file"):
        copied_account.backup(folder, folder / "stonks.db")
    with pytest.raises(NotFound, match="there is no account"):
        copied_account.backup(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_two_of_one_second_are_two(folder: Path) -> None:
    first, second = copied_account.backup(folder), copied_account.backup(folder)
    assert second.folder.name == f"{first.folder.name}-2"
    assert [backup.folder for backup in backups.kept(folder)] == [first.folder, second.folder]


def test_the_oldest_complete_ones_of_the_account_go_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    made = [copied_account.backup(folder, minutes=minutes).folder for minutes in range(4)]
    other = copied_account.make(tmp_path / "other", "two")
    foreign = copied_account.backup(other, folder / "backups" / "foreign").folder
    (aside := folder / "backups" / "replaced-20200101T000000Z").mkdir()
    (damaged := copied_account.backup(folder).folder / "manifest.json").write_text("{")
    assert backups.keep_only(folder, "one", 2) == made[:2]
    left = set((folder / "backups").iterdir())
    assert left == {*made[2:], foreign, aside, damaged.parent}
    assert backups.keep_only(folder, "one", 2) == []


def test_what_a_killed_backup_left_is_removed_by_the_next_and_what_another_is_at_work_on_is_not(folder: Path) -> None:
    home = folder / "backups"
    (left := home / "20200101T000000Z.part").mkdir(parents=True)
    (left / "stonks.db").write_text("half")
    with durable.new_folder(home / "20200102T000000Z.part") as at_work:
        copied_account.backup(folder)
        assert at_work.exists()
        assert not left.exists()
    assert len(backups.kept(folder)) == 1


def test_with_everything_market_data_and_backtests_come_along_and_settings_always(folder: Path) -> None:
    (folder / "stonks.toml").write_text("tier = 'moderate'\n")
    (folder / "runs").mkdir()
    for path in (folder / "market.db", folder / "runs" / "7.db"):
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE things (name TEXT)")
    (folder / "runs" / "8.db").touch()
    few = copied_account.backup(folder)
    assert [file.name for file in few.manifest.files] == ["stonks.db", "paper.db", "stonks.toml"]
    everything = copied_account.backup(folder, everything=True)
    names = [file.name for file in everything.manifest.files]
    assert names == ["stonks.db", "paper.db", "stonks.toml", "market.db", "runs/7.db"]
    assert all((everything.folder / name).exists() for name in names)


def test_where_there_is_no_room_nothing_is_begun(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "SPARE_BYTES", 2**60)
    with pytest.raises(OutOfSpace, match=r"a backup takes [\d.]+ MB, and [\d,.]+ MB are free"):
        copied_account.backup(folder)
    assert not (folder / "backups").exists()


def test_an_account_that_is_damaged_or_being_restored_is_not_copied(folder: Path) -> None:
    good = copied_account.backup(folder)
    restores.gather(folder, good.folder, good.manifest, "backups/replaced")
    with pytest.raises(Unavailable, match="not all of it is there yet"):
        copied_account.backup(folder)
    restores.finish(folder)
    damage(folder / "stonks.db")
    with pytest.raises(Unavailable, match=r"stonks\.db is damaged"):
        copied_account.backup(folder)
    assert len(backups.kept(folder)) == 1
    assert not list((folder / "backups").glob("*.part"))


def damage(path: Path) -> None:
    """Write over pages in the middle of `path`."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\x07" * 3 * 4096)
