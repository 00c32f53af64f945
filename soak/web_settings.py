"""The product's own web server settings; the code is read before the fork, so that a death costs little."""

from __future__ import annotations

import os
from typing import Any

from salespilots.web.gunicorn_settings import *  # noqa: F403 - gunicorn reads every name of its settings
from soak import sabotage


def on_starting(server: Any) -> None:
    """Before the first process is forked."""
    from salespilots.bootstrap import assemble
    from salespilots.config import load_config
    from salespilots.web.app import create_app

    sabotage.apply(os.environ.get(sabotage.VARIABLE, ""))
    application = assemble(load_config())
    create_app(application)
    application.storage.close()
