"""The addresses of the product's first description: the same views under other names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

_ITEM = re.compile(r"^/api/(products|orders|customers|messages|workflows)/real(/.*)?$")
_FIXED = {
    "/api/dashboard/real/stats": "/api/v1/stats",
    "/api/v1/dashboard/stats": "/api/v1/stats",
    "/api/webhook/instagram/real": "/webhooks/channel/instagram",
}


class RealAddresses:
    """Rewrites the path before routing, so that methods, bodies, keys and answers are the same."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/api/"):
            found = _ITEM.match(path)
            if found:
                path = f"/api/v1/{found.group(1)}{found.group(2) or ''}"
            environ["PATH_INFO"] = _FIXED.get(path, path)
        return self._app(environ, start_response)
