"""SQL storage by Flask-SQLAlchemy: SQLite out of the box, PostgreSQL at scale, the same code on both."""

from salespilots.plugins.builtin.storage_sql.hooks import salespilots_storage_providers

__all__ = ["salespilots_storage_providers"]
