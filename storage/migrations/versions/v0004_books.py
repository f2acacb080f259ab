"""0004: the books of an account, and what the broker on paper remembers."""

from storage.migrations.account_0004 import ACCOUNT_TABLES
from storage.migrations.broker_0004 import BROKER_TABLES
from storage.migrations.parts import Part

revision = "0004"
down_revision = None

_TABLES = {Part.ACCOUNT: ACCOUNT_TABLES, Part.BROKER: BROKER_TABLES}


def upgrade(part: Part) -> None:
    """Make the tables."""
    for table in _TABLES[part]:
        table.make()


def downgrade(part: Part) -> None:
    """Drop them, and with them the account."""
    for table in reversed(_TABLES[part]):
        table.drop()
