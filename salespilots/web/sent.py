"""Forms that were answered: what was typed into them is kept by the browser until it hears so (see ``js/kept.js``)."""

from __future__ import annotations

import re

from flask import Flask, Response, request, url_for

from salespilots.web.permissions import API, MACHINE, access_of

HEARD_WITHIN = 600
"""Seconds in which the page that follows a form reads its cookie."""

_ID = re.compile(r"^[a-z0-9]{12,24}$")
_MENDED = (409, 422)
"""The form came back with what was typed in it."""


def register(app: Flask) -> None:
    """Answer a form that carries an id with a cookie of that name, unless the answer is that nothing was read."""

    @app.after_request
    def _heard(response: Response) -> Response:
        if request.method != "POST" or not request.endpoint or access_of(app, request.endpoint) in (MACHINE, API):
            return response
        if response.status_code >= 400 and response.status_code not in _MENDED:
            return response
        if (response.location or "").startswith(url_for("auth.signin")):
            return response
        sent = request.form.get("_sent", "")
        if _ID.match(sent):
            response.set_cookie(
                f"sp-sent-{sent}", "1", max_age=HEARD_WITHIN, secure=app.config["SESSION_COOKIE_SECURE"], samesite="Lax"
            )
        return response
