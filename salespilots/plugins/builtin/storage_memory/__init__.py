"""Storage in dictionaries behind the same port: for unit tests and trials, gone when the process ends.

One lock is held from the start of a writing unit to its end, as SQLite does, and every row is copied on the way in
and out. ``memory://`` opens a new, empty store.
"""

from salespilots.plugins.builtin.storage_memory.hooks import salespilots_storage_providers
from salespilots.plugins.builtin.storage_memory.storage import MemoryStorage

__all__ = ["MemoryStorage", "salespilots_storage_providers"]
