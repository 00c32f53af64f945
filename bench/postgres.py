"""A throwaway PostgreSQL that keeps what it commits: the tests' server, with its disk taken seriously."""

from __future__ import annotations

import psycopg

from tests.support.postgres import PostgresServer


class DurablePostgres(PostgresServer):
    """fsync and synchronous_commit are on, as an operator has them."""

    settings = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=200")

    def start(self) -> None:
        """Start it and see that it is so: figures without would be of something else."""
        super().start()
        with psycopg.connect(self.dsn("postgres")) as connection:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                row = connection.execute(f"SHOW {name}").fetchone()
                if row != ("on",):
                    raise SystemExit(f"PostgreSQL runs with {name} = {row}: its figures would not be comparable")

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid
