"""The JSON API: `/api/v1`, one key one shop, OpenAPI from the same schemas that check the input."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response
from flask_smorest import Api

from salespilots import __version__
from salespilots.web.api import (
    conversations,
    customers,
    events,
    imports,
    messages,
    orders,
    payments,
    products,
    rehearsals,
    runs,
    stats,
    tags,
    templates,
    waiting,
    workflows,
)
from salespilots.web.api.answers import Problem
from salespilots.web.api.description import finished
from salespilots.web.api.guard import guard
from salespilots.web.api.quick_orders import QuickOrders
from salespilots.web.api.real import RealAddresses
from salespilots.web.permissions import API, ATTRIBUTE, PUBLIC

RESOURCES = (
    products,
    imports,
    waiting,
    customers,
    conversations,
    messages,
    orders,
    payments,
    workflows,
    rehearsals,
    runs,
    templates,
    tags,
    stats,
    events,
)
for _module in RESOURCES:
    _module.blueprint.before_request(guard)  # once: an application may be made again in the same process

DOCS = """<!doctype html><html lang="en"><meta charset="utf-8"><title>SalesPilots API</title>
<meta name="viewport" content="width=device-width"><body><h1>SalesPilots API</h1>
<p>Bearer key, JSON, one shop a key. The machine-readable description is
<a href="/api/v1/openapi.json">openapi.json</a> (OpenAPI 3.1).</p><ul>{rows}</ul></body></html>"""


def register_api(app: Flask) -> None:
    """Add the resources, their description, and the addresses of the product's first description."""
    app.config.update(
        API_TITLE="SalesPilots",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
            "security": [{"key": []}],
            "info": {
                "description": "Money is integer paise. Times are RFC 3339 UTC. Errors are RFC 9457 problem+json."
            },
        },
    )
    handlers = {code: dict(table) for code, table in app.error_handler_spec[None].items()}
    api = Api(app)
    api.spec.components.schema("Problem", schema=Problem)
    app.error_handler_spec[None].clear()
    app.error_handler_spec[None].update(handlers)  # ours answer everywhere, in one format
    for module in RESOURCES:
        api.register_blueprint(module.blueprint, url_prefix=f"/api/v1/{module.PATH}")
    for endpoint, view in list(app.view_functions.items()):
        if endpoint.startswith("api_"):
            setattr(view, ATTRIBUTE, API)
        elif endpoint.startswith("api-docs."):
            app.view_functions[endpoint] = _as_public(view)

    def docs() -> Any:
        rows = "".join(
            f"<li><code>{'|'.join(sorted((rule.methods or set()) - {'HEAD', 'OPTIONS'}))} {rule.rule.replace('<', '{').replace('>', '}')}</code></li>"
            for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule)
            if rule.endpoint.startswith("api_")
        )
        return Response(DOCS.replace("{rows}", rows), content_type="text/html; charset=utf-8")

    setattr(docs, ATTRIBUTE, PUBLIC)
    app.add_url_rule("/api/docs", "api-docs.page", docs)
    app.wsgi_app = QuickOrders(app)  # type: ignore[method-assign]
    app.wsgi_app = RealAddresses(app.wsgi_app)  # type: ignore[method-assign]


def _as_public(view: Any) -> Any:
    """The library's own description views are bound methods, which carry no mark of ours; what they lack is added."""

    def described(**arguments: Any) -> Any:
        response: Response = view(**arguments)
        response.set_data(finished(response.get_data(as_text=True)))
        return response

    setattr(described, ATTRIBUTE, PUBLIC)
    return described
