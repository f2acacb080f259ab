"""PostgreSQL errors: what is wrong with a database, in our words, whatever driver or server call it?"""

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import InterfaceError, InternalClientError, PostgresError
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from engine.errors import BadInput, BrokenInvariant, NotFound, OutOfSpace, StonksError, Unavailable
from storage.server_address import distrust

_Found = tuple[type[StonksError], str, str]
_GONE: _Found = (Unavailable, "does not answer", "is the server running, and can it be reached?")
_SLOW: _Found = (Unavailable, "has not answered in time", "is the server overloaded, or the network?")
_BUSY: _Found = (Unavailable, "is held up by somebody else's transaction", "it is tried again")
_REFUSES: _Found = (Unavailable, "refuses the user or the password", "check user, password and pg_hba.conf")
_FULL: _Found = (OutOfSpace, "cannot grow: the disk is full", "make room; nothing was half written")
_STATES: dict[str, _Found] = {
    "08": _GONE,
    "28": _REFUSES,
    "3D000": (NotFound, "does not exist", "createdb makes it"),
    "3F000": (NotFound, "has no such schema", "stonks db upgrade makes it"),
    "25006": (Unavailable, "is read-only", "is it a standby? name the host that may be written to"),
    "40001": _BUSY,
    "40P01": _BUSY,
    "42P01": (BadInput, "lacks a table", "stonks db upgrade makes what is missing"),
    "42703": (BadInput, "lacks a column", "stonks db upgrade makes what is missing"),
    "42501": (Unavailable, "does not allow it to this user", "grant it, or name another user"),
    "53100": _FULL,
    "53300": (Unavailable, "has no connection left", "raise max_connections, or end other programs"),
    "53": (Unavailable, "lacks memory or disk", "look into the server's log"),
    "54": (BrokenInvariant, "cannot hold a value", ""),
    "55P03": _BUSY,
    "57014": _SLOW,
    "57": (Unavailable, "is being shut down or started", "it is tried again"),
    "58": (Unavailable, "cannot read or write its files", "look into the server's log"),
    "22": (BrokenInvariant, "cannot hold a value", ""),
    "23": (BrokenInvariant, "refused contradicting rows", ""),
    "XX": (Unavailable, "has a fault of its own", "look into the server's log"),
}
"""By SQLSTATE, or by its class: https://www.postgresql.org/docs/current/errcodes-appendix.html."""


@contextmanager
def translated(where: object) -> Iterator[None]:
    """Turn what the driver, the server or the system says about the database `where` into a StonksError."""
    try:
        yield
    except StonksError:
        raise
    except IntegrityError as error:
        raise BrokenInvariant(f"{where} refused contradicting rows: {_first_line(error.orig)}") from error
    except DBAPIError as error:
        raise said(where, error.orig or error) from error
    except (PostgresError, InterfaceError, InternalClientError, SQLAlchemyError, OSError, TimeoutError) as error:
        raise said(where, error) from error


def said(where: object, error: BaseException) -> StonksError:
    """Return what `error` means for the database `where`."""
    is_clear = getattr(error, "sqlstate", None) is not None or isinstance(error, OSError)
    cause = error if is_clear or not error.__cause__ else error.__cause__
    state = getattr(error, "sqlstate", None) or getattr(cause, "sqlstate", None) or ""
    kind, words, hint = _STATES.get(state) or _STATES.get(state[:2]) or _without_state(cause)
    detail = f": {_first_line(cause)}" if state and state[:2] not in ("08", "57") else ""
    return kind(f"{where} {words}{detail}", hint=hint)


def _without_state(error: BaseException) -> _Found:
    if words := distrust(error):
        return Unavailable, *words
    if isinstance(error, TimeoutError):
        return _SLOW
    if isinstance(error, OSError | InterfaceError | InternalClientError):  # the last is one that was cut off half-way
        return _GONE
    return Unavailable, f"cannot be used: {_first_line(error)}", ""


def _first_line(error: object) -> str:
    text = str(error).strip().splitlines()
    return text[0].rpartition(">: ")[2] if text else type(error).__name__
