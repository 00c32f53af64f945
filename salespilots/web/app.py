"""The web application: blueprints, and the rules that hold on every request."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from salespilots.bootstrap import Application
from salespilots.domain.errors import SalesPilotsError
from salespilots.web import compression, errors, filters, health, logs, media, security, sent, webhooks
from salespilots.web.api import register_api
from salespilots.web.permissions import MACHINE, access_of, refuse_undeclared
from salespilots.web.shell import shell_context
from salespilots.web.views import (
    about,
    auth,
    automation,
    chat_files,
    comments,
    connecting,
    customers,
    discounts,
    duties,
    gallery,
    home,
    home_events,
    inbox,
    money,
    more,
    notes,
    order_board,
    order_bulk,
    order_money,
    order_returns,
    order_undo,
    orders,
    orders_new,
    papers,
    posts,
    product_bulk,
    product_import,
    product_pictures,
    product_preview,
    products,
    replays,
    selling,
    settings,
    simulator,
    start,
    stock,
    templates,
    upi,
    workflow_builder,
    workflow_care,
    workflow_runs,
    workflow_tryout,
    workflow_versions,
    workflows,
)
from salespilots.web.views import public as public_views

MAX_FORM = 10 * 1024 * 1024
"""Bytes of a form with a picture; JSON bodies are held to 1 MiB, webhooks to 8."""

VIEWS = (
    auth, start, home, inbox, papers, order_board, order_bulk, orders, orders_new, order_money, order_returns, order_undo, money, upi, products, product_bulk, product_import, product_pictures, product_preview, stock, customers, comments, posts, gallery, replays, workflows, templates, workflow_builder, workflow_care, workflow_versions, workflow_runs, workflow_tryout, simulator, settings, connecting, duties, selling, automation, discounts, about, more, chat_files, notes,
    public_views,
)  # fmt: skip


class Site(Flask):
    """Views and hooks are plain functions here; Flask would look into each of them at every request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


def create_app(application: Application) -> Flask:
    """A Flask application around assembled services."""
    config = application.config
    app = Site(
        "salespilots.web",
        root_path=str(Path(__file__).parent),
        static_folder="static",
        static_url_path=media.static_path(),
    )
    app.extensions["salespilots"] = application.services
    app.extensions["salespilots.application"] = application
    app.session_interface = security.Cookies()
    app.secret_key = security.cookie_key(config.secret_keys[0])
    app.config.update(
        SECRET_KEY_FALLBACKS=[security.cookie_key(key) for key in config.secret_keys[1:]],
        MAX_CONTENT_LENGTH=MAX_FORM,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=500,
        SESSION_COOKIE_NAME="__Host-salespilots" if config.secure else "salespilots",
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        BABEL_TRANSLATION_DIRECTORIES="translations",
        BABEL_DEFAULT_TIMEZONE="Asia/Kolkata",
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=security.locale)
    csrf = CSRFProtect()
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    compression.register(app)
    logs.register(app)
    security.register(app, csrf)
    sent.register(app)
    errors.register(app)
    filters.register(app)
    app.context_processor(shell_context)
    for module in VIEWS:
        app.register_blueprint(module.blueprint)
    home_events.register(app)
    health.register(app)
    media.register(app)
    webhooks.register(app)
    register_api(app)
    app.wsgi_app = security.Always(app)  # type: ignore[method-assign]
    refuse_undeclared(app)
    app.extensions["salespilots.machine"] = frozenset(
        endpoint for endpoint in app.view_functions if access_of(app, endpoint) == MACHINE
    )
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_prefix=0)  # type: ignore[method-assign]
    return app


def wsgi() -> Flask:
    """For any WSGI server: ``salespilots.web.app:wsgi()``. Migrates first where ``SALESPILOTS_MIGRATE`` is set.

    What stops the start is one line on stderr and exit code 4, which gunicorn takes as "do not try again".
    """
    from salespilots.bootstrap import assemble, check_keys, migrate
    from salespilots.config import load_config
    from salespilots.logs import configure
    from salespilots.queueing import make_doorbell
    from salespilots.web.metrics import PrometheusMetrics

    try:
        config = load_config()
        configure(config)
        application = assemble(config, doorbell=make_doorbell(config), metrics=PrometheusMetrics())
        if os.environ.get("SALESPILOTS_MIGRATE") == "1":
            migrate(application)
        check_keys(application)
    except SalesPilotsError as error:
        print(f"salespilots: {error.message}", file=sys.stderr, flush=True)  # noqa: T201 - what a person waits for
        sys.exit(4)
    return create_app(application)
