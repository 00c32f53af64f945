"""Both storages pass the same suite; SQL on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from salespilots.plugins.builtin.storage_memory import MemoryStorage
from salespilots.plugins.builtin.storage_sql.storage import SqlStorage
from salespilots.testing.contracts.storage import StorageContract, StorageHarness


class TestMemoryStorage(StorageContract):
    @pytest.fixture
    def harness(self) -> StorageHarness:
        return StorageHarness(MemoryStorage())


class TestSqlStorage(StorageContract):
    @pytest.fixture
    def harness(self, database_url: str) -> Iterator[StorageHarness]:
        storage = SqlStorage(database_url)
        yield StorageHarness(storage)
        storage.close()
