"""Rendering a page, or only the region of it that the browser asked for."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from flask import Response, get_flashed_messages, make_response, redirect, render_template, request
from jinja2 import TemplateNotFound
from werkzeug.wrappers import Response as BaseResponse

from salespilots.domain.errors import NotFound

_REGION = re.compile(r"^[a-z_]{1,30}$")
SHELL_REGIONS = ("nav", "tabs")


def page(template: str, status: int = 200, /, **context: Any) -> Response:
    """The whole page; with ``X-Partial: name`` only ``<area>/_region_<name>.html`` with the same context."""
    wanted = request.headers.get("X-Partial", "")
    if wanted:
        if not _REGION.match(wanted):
            raise NotFound("There is no such part of this page.")
        area = "shell" if wanted in SHELL_REGIONS else template.rpartition("/")[0]
        template = f"{area}/_region_{wanted}.html"
    try:
        response = make_response(render_template(template, **context), status)
    except TemplateNotFound as error:
        if not wanted or error.name != template:
            raise
        raise NotFound("There is no such part of this page.") from None
    response.headers.add("Vary", "X-Partial")
    if wanted:
        response.headers["X-Partial"] = wanted
        _say(response)
    return response


def _say(response: Response) -> None:
    """A flashed sentence travels in a header when only a region is sent."""
    said: Any = get_flashed_messages(with_categories=True)
    if said:
        category, text = said[-1]
        response.headers["X-Toast"] = quote(text)
        if category.startswith("undo:"):
            response.headers["X-Toast-Undo"] = category.removeprefix("undo:")


def back_to(address: str) -> BaseResponse:
    """After a form: see the page again (303, so that a reload repeats nothing)."""
    return redirect(address, code=303)
