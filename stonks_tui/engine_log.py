"""Engine log: how does a running engine write down what it does, so that nothing about writing holds it up?

The thread that trades puts a line into a queue and goes on; another one writes. When nobody reads the other end, the
queue fills and lines are left out, which the next line that is written says.
"""

import copy
import io
import logging
import logging.handlers
import os
import queue
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from engine.decision.effects import Effect
from engine.decision.events import Event
from engine.errors import Unavailable
from engine.model.audit import Answered, Asked, Word
from engine.settings import shown
from stonks_tui import turn_lines
from stonks_tui.log_secrets import hider

LogFormat = Literal["text", "json"]
LEVELS = ("debug", "info", "warning", "error")
FILE_BYTES, FILES = 5_000_000, 5
"""A month of a lively account; the oldest goes."""
QUEUED_LINES = 10_000
END_SECONDS = 2.0
"""So long the end waits until what was said is written."""
_SIMULATED_SECONDS = 60.0
"""A turn so far from the time of day is one of a simulated clock, and its own moment is written too."""

IDS = ("recommendation_id", "decision_id", "exit_decision_id", "client_order_id")
"""By these one recommendation can be followed through the JSON log."""

_log = logging.getLogger("stonks")
_STANDING: dict[str, str | int] = {}
Ask = Callable[[Asked], Awaitable[Answered]]


def turn_logger() -> Callable[[int, Event, Sequence[Effect]], None]:
    """Return what a trader's `on_turn` writes each turn down with."""

    def on_turn(seq: int, event: Event, effects: Sequence[Effect]) -> None:
        for line in turn_lines.lines(event, effects):
            if _log.isEnabledFor(line.level):
                fields = {"turn": seq, "turn_at": event.at, "kind": line.kind, "ticker": line.ticker}
                _log.log(line.level, "%s", line, extra={**fields, **{name: getattr(line, name) for name in IDS}})

    return on_turn


def stand(**fields: str | int) -> None:
    """Have every line of the JSON log say `fields` from now on, until the log ends: the account, the lease's epoch."""
    _STANDING.update(fields)


def heard(ask: Ask) -> Ask:
    """Return `ask` with a line for each word that it is asked: what, by whom, from where, and the answer."""

    async def asked_and_written(asked: Asked) -> Answered:
        answered = await ask(asked)
        if asked.word is not Word.STATUS:
            said = " ".join(
                [asked.word.value, *(f"{name}={shown(name, text)}" for name, text in asked.arguments.items())]
            )
            source = f"{asked.who or 'somebody'} ({asked.origin or 'unknown'})"
            done = "" if answered.done else "refused: "
            _log.warning("asked %s by %s: %s%s", said, source, done, answered.words, extra={"kind": "asked"})
        return answered

    return asked_and_written


@contextmanager
def configure(level: str, fmt: LogFormat, path: Path | None, *, out: int = 2) -> Iterator[None]:
    """Write the log to `path`, or to the file descriptor `out` (standard error) if None, as long as the context lasts.

    `level` is one of LEVELS, for the engine's own lines; of everything else warnings are written. Raises Unavailable
    when the file cannot be opened.
    """
    hide = hider(os.environ)
    formatter = _json_lines(hide) if fmt == "json" else _TextLines(hide)
    writer: logging.Handler | _Descriptor = _Descriptor(out, formatter) if path is None else _file(path, formatter)
    lines: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUED_LINES)
    entrance, listener = _Entrance(lines), _Listener(lines, writer)  # type: ignore[arg-type]
    root = logging.getLogger()
    before = _log.level
    _log.setLevel(level.upper())
    root.addHandler(entrance)
    listener.start()
    try:
        yield
    finally:
        root.removeHandler(entrance)
        _log.setLevel(before)
        _STANDING.clear()
        if listener.end() and isinstance(writer, logging.Handler):
            writer.close()


class _Entrance(logging.handlers.QueueHandler):
    """Takes a line and is done; of lines that find no room it only keeps the number."""

    left_out = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        taken = copy.copy(record)
        taken.msg, taken.args = record.getMessage(), None
        if record.exc_info:
            taken.exc_text, taken.exc_info = logging.Formatter().formatException(record.exc_info), None
        taken.standing = dict(_STANDING)
        return taken

    def enqueue(self, record: logging.LogRecord) -> None:
        if self.left_out:
            record.left_out = self.left_out
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.left_out += 1
        else:
            self.left_out = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is theirs
        """Say nothing: standard error may be what fails, or what the screens are painted on."""


class _Listener(logging.handlers.QueueListener):
    """Writes in a thread of its own."""

    def end(self) -> bool:
        """Write what was said, but do not wait for it for ever; return whether all of it is written."""
        thread = self._thread
        with suppress(queue.Full):
            self.enqueue_sentinel()
        if thread is not None:
            thread.join(END_SECONDS)
        return thread is None or not thread.is_alive()


class _Descriptor:
    """Writes to a file descriptor, without any lock that the end of the process would wait for."""

    level = logging.NOTSET

    def __init__(self, number: int, formatter: logging.Formatter) -> None:
        self._number = number
        self._formatter = formatter

    def handle(self, record: logging.LogRecord) -> None:
        left = self._formatter.format(record).encode(errors="replace") + b"\n"
        with suppress(OSError):  # the reader may be gone; the engine is not
            while left:
                try:
                    left = left[os.write(self._number, left) :]
                except BlockingIOError:
                    time.sleep(0.05)


class _File(logging.handlers.RotatingFileHandler):
    """A file for its owner alone, as are those that came before it."""

    def _open(self) -> io.TextIOWrapper:
        number = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        opened = os.fdopen(number, "a", encoding="utf-8", errors="replace")
        os.fchmod(opened.fileno(), 0o600)
        return opened

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is theirs
        """Say nothing: a full disk has an alarm of its own."""


def _file(path: Path, formatter: logging.Formatter) -> logging.Handler:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = _File(path, maxBytes=FILE_BYTES, backupCount=FILES - 1)
    except OSError as error:
        raise Unavailable(f"the log {path} cannot be written: {error.strerror}") from None
    made.setFormatter(formatter)
    return made


class _TextLines(logging.Formatter):
    """`2026-11-26T14:03:22Z INFO act AAPL buy 12 …`"""

    def __init__(self, hide: Callable[[str], str]) -> None:
        super().__init__()
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        named = "" if record.name == _log.name else f"{record.name}: "
        said = [_one_line(f"{named}{record.getMessage()}"), *(record.exc_text or "").splitlines()]
        turn_at = getattr(record, "turn_at", None)
        if turn_at is not None and abs(turn_at.timestamp() - record.created) > _SIMULATED_SECONDS:
            said[0] += f" [at {_moment(turn_at.timestamp())}]"
        if left_out := getattr(record, "left_out", 0):
            said[0] += f" [{left_out} lines before it were left out]"
        return f"{_moment(record.created)} {record.levelname} " + self._hide("\n    ".join(said))


def _json_lines(hide: Callable[[str], str]) -> logging.Formatter:
    from stonks_tui import json_log  # structlog is only needed for this

    return json_log.formatter(hide)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _one_line(text: str) -> str:
    """Return `text` with whatever commands a terminal, or begins a line that nobody wrote, as a sequence of letters."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
