"""Peers: which user is at the other end of a unix socket? The kernel says."""

import pwd
import socket
import struct
from typing import Protocol

_PEERCRED = struct.Struct("3i")  # pid, uid, gid: struct ucred of Linux
_XUCRED = struct.Struct("2Ih16I")  # version, uid, groups: struct xucred of macOS and the BSDs
_SOL_LOCAL, _LOCAL_PEERCRED = 0, 1


class _Asked(Protocol):
    def getsockopt(self, level: int, name: int, size: int, /) -> bytes: ...


def user_of(peer: _Asked) -> str:
    """Return the name of the user whose process connected, `uid 1234` of one without a name, else `somebody`."""
    try:
        uid = _uid(peer)
    except (OSError, struct.error):
        return "somebody"
    return name_of(uid)


def name_of(uid: int) -> str:
    """Return the name of a user, `uid 1234` of one without a name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _uid(peer: _Asked) -> int:
    if hasattr(socket, "SO_PEERCRED"):
        return int(_PEERCRED.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEERCRED.size))[1])
    return int(_XUCRED.unpack(peer.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED.size))[1])
