"""Sign-up, sign-in, passwords, preferences."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, session, url_for
from flask_babel import gettext as _

from salespilots.domain.errors import AccessDenied, InvalidInput
from salespilots.ports.errors import Unavailable
from salespilots.web.context import services, signed_in
from salespilots.web.fields import Line, Text
from salespilots.web.forms import Form, first_messages, read
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import public
from salespilots.web.security import address, open_session

blueprint = Blueprint("auth", __name__)


class SignUpForm(Form):
    """A new shop."""

    shop_name = Line(required=True, longest=80)
    name = Line(required=True, longest=80)
    email = Line(required=True, longest=254)


class MailForm(Form):
    """Only an address."""

    email = Line(required=True, longest=254)
    next = Text(load_default="", longest=400)


def inside(target: str) -> str | None:
    """A redirect target when it is a path of ours."""
    parts = urlsplit(target)
    plain = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if plain and not parts.scheme and not parts.netloc and target.isprintable() else None


def _password() -> str:
    """Any characters, unchanged; never echoed."""
    return request.form.get("password", "").replace("\x00", "")


@blueprint.get("/signup")
@public
def signup() -> Any:
    """The form."""
    if signed_in():
        return redirect(url_for("home.index"), code=303)
    if services().core.signup != "open":
        return page("auth/message.html", title=_("Sign-up is closed here"), icon="lock", tone="info",
                    text=_("Ask the person who runs this server for an account."),
                    action_label=_("Sign in"), action_href=url_for("auth.signin"))  # fmt: skip
    return page("auth/signup.html", values={}, errors={})


@blueprint.post("/signup")
@public
def signup_post() -> Any:
    """Open a shop and sign in."""
    values, errors = read(SignUpForm, request.form)
    if not errors:
        try:
            user, _shop = services().accounts.sign_up(password=_password(), **values)
        except InvalidInput as error:
            errors = first_messages(error.fields)
        except AccessDenied as error:
            errors = {"email": error.message}
        else:
            open_session(services().accounts.open_session(user.id))
            return back_to(url_for("start.index"))
    return page("auth/signup.html", 422, values={**request.form.to_dict(), "password": ""}, errors=errors)


@blueprint.get("/signin")
@public
def signin() -> Any:
    """The form."""
    if signed_in():
        return redirect(inside(request.args.get("next", "")) or url_for("home.index"), code=303)
    values = {"next": inside(request.args.get("next", "")) or ""}
    return page("auth/signin.html", values=values, errors={}, signup_open=services().core.signup == "open")


@blueprint.post("/signin")
@public
def signin_post() -> Any:
    """Sign in; wrong e-mail and wrong password are one answer."""
    values, errors = read(MailForm, request.form)
    if not errors:
        try:
            token = services().accounts.sign_in(email=values["email"], password=_password(), address=address())
        except InvalidInput as error:
            errors = first_messages(error.fields)
        else:
            open_session(token)
            return back_to(inside(values["next"]) or url_for("home.index"))
    return page(
        "auth/signin.html", 422, values={"email": request.form.get("email", "")[:254], "next": values.get("next", "")},
        errors=errors, signup_open=services().core.signup == "open",
    )  # fmt: skip


@blueprint.post("/signout")
@public
def signout() -> Any:
    """End this session and clear what the browser kept."""
    token = session.get("sid")
    if isinstance(token, str):
        services().accounts.sign_out(token)
    session.clear()
    response = back_to(url_for("auth.signin"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.get("/forgot")
@public
def forgot() -> Any:
    """The form, or the command where nothing is mailed."""
    return page("auth/forgot.html", values={}, errors={}, mail_on=services().core.mailer.enabled)


@blueprint.post("/forgot")
@public
def forgot_post() -> Any:
    """The answer is the same for every address."""
    values, errors = read(MailForm, request.form)
    if errors:
        return page("auth/forgot.html", 422, values={}, errors=errors, mail_on=services().core.mailer.enabled)
    try:
        services().accounts.forgot(values["email"], address=address())
    except Unavailable:
        text = _("The mail server does not answer. Try again in a few minutes.")
        errors = {"email": text}
        return page("auth/forgot.html", 503, values=values, errors=errors, mail_on=True)
    return page("auth/message.html", title=_("Check your mail"), icon="check", tone="ok",
                text=_("If there is an account with this e-mail, a link is on its way. It works for an hour."),
                action_label=_("Back to sign in"), action_href=url_for("auth.signin"))  # fmt: skip


@blueprint.get("/reset/<token>")
@public
def reset(token: str) -> Any:
    """The form behind a one-time link."""
    services().accounts.link_user(token)
    response = page("auth/reset.html", token=token, errors={})
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/reset/<token>")
@public
def reset_post(token: str) -> Any:
    """Set the password, end all sessions, sign in here."""
    try:
        user = services().accounts.reset_by_link(token, _password())
    except InvalidInput as error:
        return page("auth/reset.html", 422, token=token, errors=first_messages(error.fields))
    open_session(services().accounts.open_session(user.id))
    return back_to(url_for("home.index"))


@blueprint.post("/preferences")
@public
def preferences() -> Any:
    """Language and theme: kept with the user, or in the cookie before sign-in."""
    language, theme = request.form.get("lang"), request.form.get("theme")
    current = signed_in()
    if current:
        services().accounts.preferences(current.user.id, language=language, theme=theme)
    if language in ("en", "hi"):
        session["lang"] = language
    if theme in ("auto", "light", "dark"):
        session["theme"] = theme
    return back_to(inside(request.form.get("next", "")) or url_for("home.index" if current else "auth.signin"))
