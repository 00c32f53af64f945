"""Write a migration for the difference between the models and the newest schema.

Usage: python scripts/make_migration.py 0002 "what it adds"
"""

import sys
import tempfile
from pathlib import Path

import flask_migrate

from salespilots.plugins.builtin.storage_sql.storage import MIGRATIONS, SqlStorage

revision, message = sys.argv[1], sys.argv[2]
with tempfile.TemporaryDirectory() as folder:
    storage = SqlStorage(f"sqlite:///{Path(folder) / 'empty.db'}")
    if (MIGRATIONS / "HEAD").exists():
        storage.migrate()
    with storage.app.app_context():
        flask_migrate.migrate(directory=str(MIGRATIONS), message=message, rev_id=revision)
    storage.close()
(MIGRATIONS / "HEAD").write_text(revision + "\n")
