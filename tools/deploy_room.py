"""Deploy room: runs a command in the files of an image as a strict cluster would: `python deploy_room.py NEW…`.

Called by `unshare` in namespaces of its own. The root is read-only, /data and /tmp are in memory, the user is that of
the image, and no right of root is left or can come back. Standard library alone.
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_NO_NEW_PRIVILEGES, _DROP_FROM_BOUNDS, _LAST_RIGHT = 38, 24, 40
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def lay(root: Path, secrets: Mapping[str, str], uid: int) -> None:
    """Mount what the command sees: `root` as it is for good, memory to write to, `secrets` by name, loopback."""
    _mount("--make-rprivate", "/")
    _mount("--bind", str(root), str(root))
    _mount("-t", "tmpfs", "-o", f"uid={uid},gid={uid},mode=700,size=512m", "tmpfs", str(root / "data"))
    _mount("-t", "tmpfs", "-o", "mode=1777,size=256m", "tmpfs", str(root / "tmp"))
    _mount("-t", "tmpfs", "-o", "mode=755,size=1m", "tmpfs", str(root / "run"))
    _mount("-t", "proc", "proc", str(root / "proc"))
    _mount("--rbind", "/dev", str(root / "dev"))
    (root / "run/secrets").mkdir()
    for name, text in secrets.items():
        (root / "run/secrets" / name).write_text(text)
    _mount("-o", "remount,bind,ro", str(root / "run"))
    _mount("-o", "remount,bind,ro", str(root))
    _raise_loopback()


def become(root: Path, uid: int, command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Be `command` in `root` as the user `uid`, without any right of root."""
    os.chroot(root)
    os.chdir("/data")
    libc = ctypes.CDLL(None, use_errno=True)
    for right in range(_LAST_RIGHT + 1):
        libc.prctl(_DROP_FROM_BOUNDS, right, 0, 0, 0)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    os.execvpe(command[0], list(command), dict(environment))


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        flags = struct.unpack("16sh14x", fcntl.ioctl(asked, _GET_FLAGS, struct.pack("16sh14x", b"lo", 0)))[1]
        fcntl.ioctl(asked, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    if wanted["lay"]:
        lay(Path(wanted["root"]), wanted["secrets"], wanted["uid"])
    become(Path(wanted["root"]), wanted["uid"], wanted["command"], wanted["environment"])
