"""Registration of the memory storage."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.plugins.builtin.storage_memory.storage import MemoryStorage
from salespilots.ports.markers import hookimpl
from salespilots.ports.storage import Storage, StorageProvider


def build(url: str) -> Storage:
    """A new, empty store."""
    return MemoryStorage()


@hookimpl
def salespilots_storage_providers() -> Sequence[StorageProvider]:
    """The dictionaries."""
    return [StorageProvider(key="memory", label="Memory", schemes=("memory",), build=build)]
