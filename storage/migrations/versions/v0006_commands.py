"""0006: an engine can be asked through its database."""

from storage.migrations.frozen import Frozen, FrozenIndex
from storage.migrations.parts import Part

revision = "0006"
down_revision = "0005"

_COMMANDS = Frozen(
    "engine_commands",
    "id counter serial, run_id int, asked_at moment, expires_at moment, who word, origin word, word word, "
    "arguments json, state word, answer json?, answered_at moment?",
    FrozenIndex("ix_engine_commands_asked", "run_id, id", where="state = 'asked'"),
)


def upgrade(part: Part) -> None:
    """Make the table."""
    if part is Part.ACCOUNT:
        _COMMANDS.make()


def downgrade(part: Part) -> None:
    """Drop it: who asked hears no answer."""
    if part is Part.ACCOUNT:
        _COMMANDS.drop()
