"""What every answer carries, errors included."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.support.browser import Visitor
from tests.support.shop import Shop, World

HTTPS = "https://shop.example.in"


@pytest.fixture
def secure(make_world: Callable[..., World], sqlite_url: str) -> Visitor:
    """A shop behind https, signed in."""
    world = make_world(sqlite_url, environ={"SALESPILOTS_BASE_URL": HTTPS})
    world.practice_shop()
    one = Visitor.of(world, HTTPS)
    one.sign_in("meera@example.in")
    return one


def check(answer: TestResponse, where: str) -> None:
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert "unsafe" not in answer.headers["Content-Security-Policy"], where
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'", where
    for name in ("object-src", "frame-ancestors", "base-uri"):
        assert policy[name] == "'none'", where
    assert policy["form-action"] == "'self'", where
    assert answer.headers["X-Content-Type-Options"] == "nosniff", where
    assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), where
    assert answer.headers["X-Frame-Options"] == "DENY", where
    assert "Cache-Control" in answer.headers, where
    assert "Server" not in answer.headers, where
    assert "Access-Control-Allow-Origin" not in answer.headers, where
    if answer.mimetype == "text/html":
        assert answer.content_type == "text/html; charset=utf-8", where


def test_every_page_and_error_carries_the_headers(owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(owner.app)
    for path in (
        "/",
        "/signin",
        "/signup",
        "/forgot",
        "/app",
        "/o/none",
        "/healthz",
        "/readyz",
        "/api/docs",
        "/api/v1/orders",
    ):
        check(visitor.get(path), path)
    for path in ("/app", "/app/orders", "/app/inbox", "/app/simulator", "/app/products/prd_none", "/nothing"):
        check(owner.get(path), path)
    errors = {
        400: visitor.post("/signin", token=False),
        404: owner.get("/nothing"),
        405: owner.get("/signout"),
        413: owner.client.post("/signin", data={"file": (io.BytesIO(b"x" * (11 * 1024 * 1024)), "big.png")}),
    }

    def boom(*_args: object, **_more: object) -> None:
        raise RuntimeError("secret detail")

    services = owner.app.extensions["salespilots"]
    monkeypatch.setattr(services.catalog, "page", boom)
    errors[500] = owner.get("/app/products")
    for status, answer in errors.items():
        assert answer.status_code == status
        check(answer, str(status))
        assert "secret detail" not in answer.text
        assert "Traceback" not in answer.text


def test_pages_hold_no_code_of_their_own(owner: Visitor) -> None:
    for path in (
        "/",
        "/signin",
        "/app",
        "/app/inbox",
        "/app/simulator",
        "/app/orders",
        "/app/products/new",
        "/app/more",
    ):
        text = owner.get(path).text
        assert "<style" not in text, path
        assert " style=" not in text, path
        assert " onclick=" not in text, path
        for part in text.split("<script")[1:]:
            assert " src=" in part.partition(">")[0], path


def test_secret_pages_are_not_kept(shop: Shop, owner: Visitor) -> None:
    order = shop.order_two_sarees()
    pages = {
        f"/o/{order.token}": ("private, no-store", "no-referrer"),
        f"/pay/{shop.payment(order).reference}": ("private, no-store", "no-referrer"),
        "/app": ("private, no-cache", "same-origin"),
        f"/app/orders/{order.id}": ("private, no-cache", "same-origin"),
    }
    for path, expected in pages.items():
        answer = owner.get(path)
        assert answer.status_code == 200
        assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == expected
        check(answer, path)
    assert "noindex" in owner.get(f"/o/{order.token}").headers["X-Robots-Tag"]
    made = owner.post("/app/settings/api-keys", name="Till", scope="orders:read")
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")


def test_static_files_and_pictures_may_be_kept_for_a_year(owner: Visitor) -> None:
    addresses = re.findall(r'href="(/static/[^"]+\.css)"', owner.get("/app/more").text)
    assert addresses
    sheet = owner.get(addresses[0])
    assert sheet.status_code == 200
    assert "immutable" in sheet.headers["Cache-Control"]
    picture = owner.get("/media/practice/blue-block-print-saree.png")
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert "immutable" in picture.headers["Cache-Control"]
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert picture.headers["X-Content-Type-Options"] == "nosniff"


def test_plain_http_has_a_plain_cookie(owner: Visitor) -> None:
    answer = owner.get("/app")
    assert "Strict-Transport-Security" not in answer.headers
    cookie = Visitor(owner.app).get("/signin").headers["Set-Cookie"]
    assert cookie.startswith("salespilots=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_https_locks_the_cookie_and_the_scheme(secure: Visitor) -> None:
    assert secure.signed_in
    for path in ("/app", "/signin", "/nothing", "/healthz"):
        assert secure.get(path).headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = Visitor(secure.app, HTTPS).get("/signin").headers["Set-Cookie"]
    assert cookie.startswith("__Host-salespilots=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
