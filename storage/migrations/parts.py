"""Parts: of whose books are the tables that a migration is about? Each part lies in a file or schema of its own."""

from enum import StrEnum


class Part(StrEnum):
    """The account, or the broker on paper that remembers for itself. Both have the same versions."""

    ACCOUNT = "account"
    BROKER = "broker"
