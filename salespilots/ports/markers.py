"""The pluggy markers every plugin uses: ``from salespilots.ports.markers import hookimpl``."""

from __future__ import annotations

import pluggy

PROJECT = "salespilots"
PORT_VERSION = 1
"""Raised when a port changes in a way that an older plugin cannot follow; provider records declare it."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
