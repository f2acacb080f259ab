"""Migrate: how is a database taken from one version to another, up or down, in the transaction of whoever asks?

Alembic knows the way (storage/migrations). Whoever only opens a database asks for its version and imports none of it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select
from sqlalchemy.schema import CreateTable

from engine.errors import BadInput
from storage.migrations.parts import Part
from storage.table_kinds import ALEMBIC_VERSION, BOOKS_SINCE

if TYPE_CHECKING:
    from alembic.config import Config


def version_of(connection: Connection) -> str:
    """Return the version of the database, '' for none yet. One SELECT."""
    return connection.execute(select(ALEMBIC_VERSION.c.version_num)).scalar() or ""


def versions() -> Sequence[str]:
    """Return the versions that there are ways between, the earliest first."""
    from alembic.script import ScriptDirectory

    found = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]
    return tuple(reversed(found))


def require_version(version: str) -> None:
    """Raise BadInput unless there is a way to `version`."""
    if version not in versions():
        raise BadInput(f"there is no version {version}", hint=f"there are {', '.join(versions())}")


def before(version: str) -> str:
    """Return the version before `version`. Raises BadInput when it is the first."""
    if version == BOOKS_SINCE:
        raise BadInput(f"{version} is the first version: there is none to go down to")
    require_version(version)
    known = versions()
    return known[known.index(version) - 1]


def migrate(connection: Connection, part: Part, to: str) -> None:
    """Take the tables of `part` from the version that they have to `to`, `base` for none of them at all.

    Nothing is committed. A database that has no version yet is empty.
    """
    from alembic import command

    connection.execute(CreateTable(ALEMBIC_VERSION, if_not_exists=True))
    config = _config()
    config.attributes.update(connection=connection, part=part)
    if to == "base" or to < version_of(connection):
        command.downgrade(config, to)
    else:
        command.upgrade(config, to)


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    return config
