"""Text answers squeezed for slow phones; streams and pictures are left alone."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

KINDS = ("text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml")
LEAST = 900
"""Bytes below which squeezing costs more than it saves."""


def register(app: Flask) -> None:
    """Squeeze what is worth it, for browsers that take gzip."""

    @app.after_request
    def _squeeze(response: Response) -> Response:
        if (
            response.mimetype not in KINDS
            or response.status_code not in (200, 201, 404, 422)
            or (response.is_streamed and not response.direct_passthrough)
            or "Content-Encoding" in response.headers
            or request.method == "HEAD"
        ):
            return response
        response.headers.add("Vary", "Accept-Encoding")
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) >= LEAST:
            response.set_data(gzip.compress(body, 5, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        return response
