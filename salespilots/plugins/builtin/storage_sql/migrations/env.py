"""Alembic's entry: runs with the metadata of the storage's own Flask application."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db


def process(context_, revision, directives):
    """Write no empty migration."""
    if directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run() -> None:
    """Upgrade on one connection. On PostgreSQL a lock keeps two starting machines from migrating at once."""
    arguments = dict(current_app.extensions["migrate"].configure_args)
    arguments.setdefault("process_revision_directives", process)
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET lock_timeout = 0"))
            connection.execute(sa.text("SELECT pg_advisory_lock(727355)"))
            connection.commit()
        context.configure(connection=connection, target_metadata=database.metadata, **arguments)
        with context.begin_transaction():
            context.run_migrations()
        if connection.in_transaction():
            connection.commit()


run()
