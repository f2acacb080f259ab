"""What can go wrong, and who has to act?

    StonksError
    ├── BadInput          a person gave something that cannot be used      (exit code 2)
    ├── NotFound          a run, decision or file that is not there        (exit code 1)
    ├── Unavailable       a database, broker or feed does not answer       (exit code 1)
    │   ├── NotReached    nobody is there: nothing was said to anybody     (exit code 4)
    │   │   └── NoEngine  no engine runs
    │   ├── OutOfSpace    the disk is full
    │   └── Unsupported   it answers, and cannot do this
    ├── LostLease         another engine leads now                         (nothing more is sent)
    └── BrokenInvariant   the engine's own books do not agree: trading stops

A refused trade is none of these: "no" is a value (`engine.model.verdict.Verdict`).
"""


class StonksError(Exception):
    """Something a person should read: what is wrong (`message`) and what to do about it (`hint`)."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadInput(StonksError):
    """What was given cannot be used: an option, a file, a row."""


class NotFound(StonksError):
    """What was asked for is not there."""


class Unavailable(StonksError):
    """A part that the engine depends on does not answer."""


class NotReached(Unavailable):
    """Whoever was to be asked is not there, and has heard nothing: an engine, an address, a database."""


class NoEngine(NotReached):
    """Nobody listens at the door: no engine runs there."""


class OutOfSpace(Unavailable):
    """The disk is full. Space that was kept aside has been given free, so that exits can be written down."""


OUT_OF_MEMORY = "it ran out of memory"
"""What is said of whatever wanted more memory than it could have."""


class Unsupported(Unavailable):
    """A part that the engine depends on answers, but not to this."""


class BrokenInvariant(StonksError):
    """The books contradict themselves. Nothing may be traded on such books."""


class LostLease(StonksError):
    """Another engine leads on this account by now. Nothing more may be sent by this one."""
