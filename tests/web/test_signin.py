"""Sign-up, sign-in, sessions and passwords, as a browser meets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from salespilots.domain.errors import InvalidInput, NotFound
from tests.support.browser import Visitor
from tests.support.shop import PASSWORD, World

MAIL = "meera@example.in"
GOOD = {"shop_name": "Meera Handlooms", "name": "Meera Iyer", "email": MAIL, "password": PASSWORD}
WRONG = "E-mail and password do not fit together."


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor.of(world)


@pytest.fixture
def owner(world: World) -> Visitor:
    """Somebody with an account, signed in."""
    world.sign_up()
    one = Visitor.of(world)
    one.sign_in(MAIL)
    return one


def test_sign_up_opens_a_shop_and_signs_in(visitor: Visitor) -> None:
    answer = visitor.post("/signup", **GOOD)
    assert (answer.status_code, answer.location) == (303, "/app/start")
    assert "Meera Handlooms" in visitor.get("/app").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "elevenchars"}, "Use at least 12 characters."),
        ({"password": "x y z 1" * 20}, "Use at most 128 characters."),
        ({"password": "password1234"}, "This password is easy to guess."),
        ({"password": "aaaaaaaaaaaaaa"}, "This password is easy to guess."),
        ({"password": MAIL}, "This password is easy to guess."),
        ({"password": ""}, "Use at least 12 characters."),
        ({"email": "meera"}, "Write an e-mail address"),
        ({"email": "meera@@example.in"}, "Write an e-mail address"),
        ({"email": ""}, "Write this."),
        ({"shop_name": ""}, "Write this."),
        ({"shop_name": "M"}, "Between 2 and 80 characters."),
        ({"shop_name": "M" * 81}, "At most 80 characters."),
        ({"name": " "}, "Write this."),
    ],
)
def test_sign_up_says_what_to_change(visitor: Visitor, world: World, change: dict[str, str], said: str) -> None:
    answer = visitor.post("/signup", **{**GOOD, **change})
    assert answer.status_code == 422
    assert said in answer.text
    if "shop_name" not in change:
        assert 'value="Meera Handlooms"' in answer.text
    assert PASSWORD not in answer.text
    with world.storage.system_unit_of_work(read_only=True) as system:
        assert system.users.find(email=MAIL) is None


@pytest.mark.parametrize(
    "password",
    ["twelve chars", "नमस्ते दुनिया १२३", "emoji 🪷 and spaces  kept", "tab\tand 'quotes' \"too\"", "x1y2z3" * 21],
)
def test_any_characters_make_a_password(visitor: Visitor, password: str) -> None:
    assert visitor.post("/signup", **{**GOOD, "password": password}).status_code == 303
    visitor.post("/signout")
    assert visitor.sign_in(MAIL, password[:-1]).status_code == 422
    assert visitor.sign_in(MAIL, password).status_code == 303


def test_second_account_with_one_address_is_refused(visitor: Visitor) -> None:
    visitor.post("/signup", **GOOD)
    visitor.post("/signout")
    answer = visitor.post("/signup", **{**GOOD, "email": " MEERA@Example.in "})
    assert answer.status_code == 422
    assert "Sign in instead" in answer.text


def test_sign_up_can_be_closed(make_world: Callable[..., World], sqlite_url: str) -> None:
    world = make_world(sqlite_url, environ={"SALESPILOTS_SIGNUP": "closed"})
    visitor = Visitor.of(world)
    assert "Sign-up is closed here" in visitor.get("/signup").text
    assert "/signup" not in visitor.get("/signin").text
    answer = visitor.post("/signup", **GOOD)
    assert answer.status_code == 422
    assert "Sign-up is closed here" in answer.text
    with world.storage.system_unit_of_work(read_only=True) as system:
        assert system.users.find(email=MAIL) is None


def test_wrong_mail_and_wrong_password_are_one_answer(world: World, visitor: Visitor) -> None:
    world.sign_up()
    wrong_password = visitor.sign_in(MAIL, "not the password")
    wrong_mail = visitor.sign_in("nobody@example.in", "not the password")
    assert (wrong_password.status_code, wrong_mail.status_code) == (422, 422)
    assert WRONG in wrong_password.text
    assert wrong_password.text.replace(MAIL, "x") == wrong_mail.text.replace("nobody@example.in", "x")


def test_sign_in_is_throttled_by_account(world: World, visitor: Visitor) -> None:
    world.sign_up()
    for _try in range(10):
        assert visitor.sign_in(MAIL, "not the password").status_code == 422
    answer = visitor.sign_in(MAIL)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == 15 * 60
    assert visitor.sign_in("other@example.in", "not the password").status_code == 422
    world.clock.advance(timedelta(minutes=15, seconds=1))
    assert visitor.sign_in(MAIL).status_code == 303


def test_accounts_that_do_not_exist_are_throttled_alike(visitor: Visitor) -> None:
    statuses = [visitor.sign_in("nobody@example.in", "not the password").status_code for _try in range(11)]
    assert statuses == [422] * 10 + [429]


def test_session_is_renewed_at_sign_in(world: World, owner: Visitor) -> None:
    first = owner.cookie
    owner.sign_in(MAIL)
    assert first
    assert owner.cookie not in ("", first)
    planted = Visitor.of(world)
    with planted.client.session_transaction(base_url=planted.address) as session:
        session["sid"] = "chosen-by-somebody-else"
    planted.sign_in(MAIL)
    assert planted.cookie != "chosen-by-somebody-else"
    assert planted.signed_in


def test_cookie_is_not_stored_as_it_is(world: World, owner: Visitor) -> None:
    with world.storage.system_unit_of_work(read_only=True) as system:
        assert system.sessions.find(token_hash=owner.cookie) is None
    assert world.services.accounts.session(owner.cookie) is not None


def test_sign_out_ends_the_session_and_clears_the_browser(world: World, owner: Visitor) -> None:
    token = owner.cookie
    answer = owner.post("/signout")
    assert (answer.status_code, answer.location) == (303, "/signin")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert owner.cookie == ""
    assert world.services.accounts.session(token) is None
    with owner.client.session_transaction(base_url=owner.address) as session:
        session["sid"] = token
    assert not owner.signed_in


def test_reading_never_signs_out(owner: Visitor) -> None:
    assert owner.get("/signout").status_code == 405
    assert owner.signed_in


def test_session_ends_after_twelve_idle_hours(world: World, owner: Visitor) -> None:
    world.clock.advance(timedelta(hours=11, minutes=59))
    assert owner.signed_in
    world.clock.advance(timedelta(hours=11, minutes=59))
    assert owner.signed_in
    world.clock.advance(timedelta(hours=12, minutes=1))
    assert not owner.signed_in


def test_session_ends_after_fourteen_days_however_busy(world: World, owner: Visitor) -> None:
    for _times in range(28):
        assert owner.signed_in
        world.clock.advance(timedelta(hours=11, minutes=59))
    world.clock.advance(timedelta(hours=1))
    assert not owner.signed_in


def test_eleventh_device_ends_the_oldest_session(world: World, owner: Visitor) -> None:
    for _device in range(10):
        world.clock.advance(60)
        Visitor(owner.app).sign_in(MAIL)
    assert not owner.signed_in


def test_reset_link_works_once_and_ends_other_sessions(world: World, owner: Visitor) -> None:
    visitor = Visitor.of(world)
    user = world.services.accounts.session(owner.cookie)
    assert user is not None
    path = world.services.accounts.password_link(user.user.id).partition("8000")[2]
    page = visitor.get(path)
    assert page.status_code == 200
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert visitor.post(path, password="short").status_code == 422
    assert owner.signed_in
    answer = visitor.post(path, password="a new lotus 77 river")
    assert (answer.status_code, answer.location) == (303, "/app")
    assert visitor.signed_in
    assert not owner.signed_in
    assert Visitor(visitor.app).get(path).status_code == 404
    assert Visitor(visitor.app).post(path, password="another lotus 78 river").status_code == 404
    assert Visitor(visitor.app).sign_in(MAIL).status_code == 422
    assert Visitor(visitor.app).sign_in(MAIL, "a new lotus 77 river").status_code == 303


def test_reset_by_the_operator_ends_sessions_and_password_at_once(world: World, owner: Visitor) -> None:
    accounts = world.services.accounts
    link = accounts.reset_by_operator(MAIL.upper(), None)
    assert link is not None
    assert not owner.signed_in
    assert owner.sign_in(MAIL).status_code == 422
    assert owner.post(link.partition("8000")[2], password="a new lotus 77 river").status_code == 303
    assert owner.signed_in
    assert accounts.reset_by_operator(MAIL, "another lotus 78 river") is None
    assert not owner.signed_in
    assert owner.sign_in(MAIL, "a new lotus 77 river").status_code == 422
    assert owner.sign_in(MAIL, "another lotus 78 river").status_code == 303
    with pytest.raises(InvalidInput):
        accounts.reset_by_operator(MAIL, "short")
    with pytest.raises(NotFound):
        accounts.reset_by_operator("nobody@example.in", None)
    assert owner.signed_in


def test_reset_link_ends_after_an_hour(world: World, visitor: Visitor) -> None:
    user, _shop = world.sign_up()
    path = world.services.accounts.password_link(user.id).partition("8000")[2]
    world.clock.advance(timedelta(minutes=60))
    assert visitor.get(path).status_code == 404
    assert visitor.post(path, password="a new lotus 77 river").status_code == 404


def test_forgotten_password_is_mailed_and_the_answer_never_tells(world: World, visitor: Visitor) -> None:
    world.sign_up()
    known = visitor.post("/forgot", email="Meera@Example.in")
    unknown = visitor.post("/forgot", email="nobody@example.in")
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert known.text == unknown.text
    assert [to for to, _subject, _text in world.mailer.letters] == [MAIL]
    path = world.mailer.letters[0][2].partition("127.0.0.1:8000")[2].split()[0]
    assert visitor.get(path).status_code == 200


def test_without_mail_the_page_names_the_command(world: World, visitor: Visitor) -> None:
    world.sign_up()
    world.mailer.enabled = False  # type: ignore[misc]
    assert "reset-password" in visitor.get("/forgot").text
    visitor.post("/forgot", email=MAIL)
    assert world.mailer.letters == []


def test_letters_are_throttled(world: World, visitor: Visitor) -> None:
    world.sign_up()
    statuses = [visitor.post("/forgot", email=MAIL).status_code for _try in range(6)]
    assert statuses == [200] * 5 + [429]
    assert len(world.mailer.letters) == 5


def test_who_is_signed_in_skips_the_forms(owner: Visitor) -> None:
    assert owner.get("/signin").location == "/app"
    assert owner.get("/signup").location == "/app"
    assert owner.get("/signin?next=/app/orders").location == "/app/orders"
