"""Full disk, and a backup that is to go there: what of it is left?

    unshare --map-root-user --mount python -m tests.support.full_disk_backup FOLDER

mounts a small disk on FOLDER that nobody else sees, and says as JSON what was seen of two backups on it: one for which
there is no room from the beginning, and one for which there is none any more when it is half made.
"""

import json
import subprocess
import sys
from pathlib import Path

from engine.errors import OutOfSpace
from storage import backups
from tests.support import copied_account
from tests.support.full_disk import DISK, MIB, fill


def _refused(folder: Path) -> list[str]:
    try:
        copied_account.backup(folder)
    except OutOfSpace as full:
        return [full.message, full.hint]
    return []


def main(folder: Path) -> None:
    """Mount the disk, and say what happens on it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)], check=True)
    account = copied_account.make(folder / "data", turns=200)
    backups.SPARE_BYTES = DISK
    at_first = _refused(account)
    backups.SPARE_BYTES = -DISK
    filler = fill(folder, leave=MIB // 8)
    half_made = _refused(account)
    left = [path.name for path in (account / "backups").iterdir()]
    filler.unlink()
    afterwards = copied_account.turns_in(copied_account.backup(account).folder)
    print(json.dumps({"at first": at_first, "half made": half_made, "left": left, "afterwards": afterwards}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
