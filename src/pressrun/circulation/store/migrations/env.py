"""What Alembic runs: the steps that are missing, on the connection and in the transaction of whoever asked."""

from alembic import context

from pressrun.circulation.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
