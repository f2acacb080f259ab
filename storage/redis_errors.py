"""Redis errors: what is wrong with a server, in our words, whatever client or server call it?"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions as theirs

from engine.errors import BadInput, StonksError, Unavailable
from storage.server_address import distrust

_Found = tuple[type[StonksError], str, str]
_GONE: _Found = (Unavailable, "does not answer", "is the server running, and can it be reached?")
_SLOW: _Found = (Unavailable, "has not answered in time", "is the server overloaded, or the network?")
_LOGIN: _Found = (BadInput, "refuses the user or the password", "check user, password and the ACL of the server")
_MAY_NOT: _Found = (BadInput, "does not allow it to this user", "grant what is missing: docs/redis.md has the list")
_FULL: _Found = (Unavailable, "is full", "raise its maxmemory, or take out what others have put there")
_READ_ONLY: _Found = (Unavailable, "is read-only", "is it a replica? name the server that may be written to")
_LOADING: _Found = (Unavailable, "is still loading its data", "it is tried again")
_BUSY: _Found = (Unavailable, "is held up by somebody's script", "it is tried again; SCRIPT KILL ends it")
_NO_DISK: _Found = (Unavailable, "takes nothing as it cannot save", "look into the server's log; is its disk full?")
_CROWDED: _Found = (Unavailable, "has no connection left", "raise its maxclients, or end other programs")
_CLUSTER: _Found = (BadInput, "is part of a cluster", "name a server that stands alone")
_PRIMARY: _Found = (Unavailable, "has lost its primary", "it is tried again")
_OTHER_KIND: _Found = (BadInput, "has something else under our names", "give the address a prefix or a database")
_TOO_OLD: _Found = (BadInput, "does not know a command", "it is to be 6.2 or newer")
_NO_DATABASE: _Found = (BadInput, "has no database of this number", "see `databases` in its settings")
_NO_TLS: _Found = (Unavailable, "cannot be spoken with over TLS", "does it speak TLS on this port?")
_CODES: dict[str, _Found] = {
    "OOM": _FULL,
    "NOAUTH": _LOGIN,
    "WRONGPASS": _LOGIN,
    "NOPERM": _MAY_NOT,
    "READONLY": _READ_ONLY,
    "LOADING": _LOADING,
    "BUSY": _BUSY,
    "MISCONF": _NO_DISK,
    "MASTERDOWN": _PRIMARY,
    "NOREPLICAS": (Unavailable, "has too few replicas to take anything", "it is tried again"),
    "WRONGTYPE": _OTHER_KIND,
    "MOVED": _CLUSTER,
    "ASK": _CLUSTER,
    "CLUSTERDOWN": _CLUSTER,
    "CROSSSLOT": _CLUSTER,
}
"""By the word with which the server begins what is wrong."""
_WORDS: dict[str, _Found] = {
    "max number of clients": _CROWDED,
    "unknown command": _TOO_OLD,
    "syntax error": _TOO_OLD,
    "DB index": _NO_DATABASE,
    "invalid DB": _NO_DATABASE,
    "AUTH": _LOGIN,
    "invalid password": _LOGIN,
}


@contextmanager
def translated(where: object) -> Iterator[None]:
    """Turn what client, server or system say about the server `where` into a StonksError. It quotes no command."""
    try:
        yield
    except StonksError:
        raise
    except (theirs.RedisError, OSError, TimeoutError) as error:
        raise said(where, error) from None


def said(where: object, error: BaseException) -> StonksError:
    """Return what `error` means for the server `where`."""
    text = str(error).rpartition("caused error: ")[2]
    code = getattr(error, "status_code", None) or text.partition(" ")[0].lstrip("-")
    found = _CODES.get(code) or next((it for word, it in _WORDS.items() if word in text), None)
    kind, words, hint = found or _without_code(error)
    return kind(f"{where} {words}", hint=hint)


def _without_code(error: BaseException) -> _Found:
    below = list(_causes(error))
    for one in below:
        if words := distrust(one):
            return Unavailable, *words
    if any(isinstance(one, ssl.SSLError) for one in below):
        return _NO_TLS
    if isinstance(error, theirs.AuthenticationError | theirs.AuthorizationError):
        return _LOGIN
    if isinstance(error, theirs.TimeoutError | TimeoutError):
        return _SLOW
    if isinstance(error, theirs.MaxConnectionsError):
        return Unavailable, "is asked too much at once", "it is tried again"
    if isinstance(error, theirs.ConnectionError | OSError):
        return _GONE
    return Unavailable, f"cannot be used: {str(error).partition(chr(10))[0][:200]}", ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
