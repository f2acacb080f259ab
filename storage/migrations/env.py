"""How Alembic meets a database: on the connection, and in the transaction, of whoever migrates it."""

from alembic import context

_about = context.config.attributes
context.configure(connection=_about["connection"], transactional_ddl=True)
context.run_migrations(part=_about["part"])
