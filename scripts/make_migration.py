"""Write a migration for the difference between the models and the newest schema.

Usage: python scripts/make_migration.py 0002 "what it adds"
"""

import sys
import tempfile
from pathlib import Path

from salespilots.plugins.builtin.storage_sql.storage import MIGRATIONS, SqlStorage, migrations
from salespilots.plugins.builtin.storage_sql.tables import for_postgresql

revision, message = sys.argv[1], sys.argv[2]
with tempfile.TemporaryDirectory() as folder:
    storage = SqlStorage(f"sqlite:///{Path(folder) / 'empty.db'}")
    if (MIGRATIONS / "HEAD").exists():
        storage.migrate()
    for_postgresql()
    flask_migrate = migrations(storage.app)
    with storage.app.app_context():
        flask_migrate.migrate(directory=str(MIGRATIONS), message=message, rev_id=revision)
    storage.close()
(MIGRATIONS / "HEAD").write_text(revision + "\n")
for path in (MIGRATIONS / "versions").glob(f"{revision}_*.py"):
    plain = "sa.DateTime(timezone=True)"
    path.write_text(
        path.read_text().replace("salespilots.plugins.builtin.storage_sql.types.UTCDateTime(timezone=True)", plain)
    )
