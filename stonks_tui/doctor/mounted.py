"""Mounted: on which kind of disk does a folder lie?"""

from pathlib import Path

REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "9p", "ncpfs", "davfs", "fuse.sshfs"}
)
"""Kinds of disks that other machines may write too, or that lie elsewhere; any other `fuse.` counts as well."""


def kind_of(folder: Path, mounts: Path) -> str | None:
    """Return the kind (`ext4`) of the disk on which `folder` lies, by the list `mounts`; None when it cannot be told.

    The list is that of proc_pid_mountinfo(5): the place is the fifth word of a line, the kind the first after ` - `.
    """
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return None
    place, best, kind = folder.absolute().resolve(), -1, None
    for line in lines:
        before, _, after = line.partition(" - ")
        words = before.split()
        if len(words) < 5 or not after:
            continue
        point = Path(words[4].encode().decode("unicode_escape"))  # a blank is written as \040
        if place.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind


def is_remote(kind: str) -> bool:
    """May another machine write on a disk of this `kind`, or is it reached over a network?"""
    return kind in REMOTE or kind.startswith("fuse.")
