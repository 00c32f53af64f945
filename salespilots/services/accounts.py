"""People who sign in: sign-up, sign-in, sessions, passwords."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from salespilots.domain.business import Business, Membership, PasswordLink, Role, Session, User
from salespilots.domain.errors import AccessDenied, InvalidInput, NotFound, SalesPilotsError
from salespilots.domain.events import Event
from salespilots.ports.storage import SystemUnitOfWork, Where, eq
from salespilots.ports.texts import say
from salespilots.services.core import Core, retrying

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
MAX_SESSIONS = 10
LINK_LIFE = timedelta(minutes=60)
WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 100
MIN_PASSWORD = 12
MAX_PASSWORD = 128

COMMON = frozenset(
    [
        "password1234",
        "123456789012",
        "passwordpassword",
        "qwertyuiop12",
        "qwertyuiopas",
        "iloveyou1234",
        "welcome12345",
        "admin1234567",
        "letmein12345",
        "administrator",
        "111111111111",
        "000000000000",
        "abcdefghijkl",
        "abc123456789",
        "india1234567",
        "india@123456",
        "jaishreeram1",
        "password@123",
        "password@1234",
        "welcome@1234",
        "qwerty123456",
        "instagram123",
        "instagram1234",
        "salespilots1",
        "salespilots12",
        "shop12345678",
        "mypassword12",
        "changeme1234",
        "passw0rd1234",
        "p@ssw0rd1234",
    ]
)
"""Passwords that come first in every guessing list, among those long enough to be taken."""

_EMAIL = re.compile(r"^[^@\s\x00-\x1f<>\"']{1,64}@[^@\s\x00-\x1f<>\"']{1,190}\.[^@\s.]{2,}$")


class TooManyTries(SalesPilotsError):
    """Wait before trying again; ``details['retry_after']`` in seconds."""

    code = "too_many_tries"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who a session belongs to."""

    session: Session
    user: User
    membership: Membership
    shop: Business


def token_hash(token: str) -> str:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def clean_email(text: str) -> str:
    """A mail address as it is compared, or `InvalidInput`."""
    email = unicodedata.normalize("NFKC", text).strip().casefold()
    if not _EMAIL.match(email) or len(email) > 254:
        raise InvalidInput({"email": [say("Write an e-mail address, for example meera@shop.in.")]})
    return email


def name_from(email: str) -> str:
    """Meera Nair, of meera.nair@example.in: what an account is called until its owner says otherwise."""
    return " ".join(re.findall(r"[^\W\d_]+", email.partition("@")[0])).title() or email


def check_password(password: str, *, email: str = "", name: str = "") -> None:
    """Length and commonness only; any characters, unchanged."""
    problem = ""
    lowered = password.casefold()
    if len(password) < MIN_PASSWORD:
        problem = say("Use at least {n} characters. A few words are easy to remember.", n=MIN_PASSWORD)
    elif len(password) > MAX_PASSWORD:
        problem = say("Use at most {n} characters.", n=MAX_PASSWORD)
    elif lowered in COMMON or len(set(lowered)) < 4 or (email and lowered == email):
        problem = say("This password is easy to guess. Choose another.")
    if problem:
        raise InvalidInput({"password": [problem]})


def slugify(name: str) -> str:
    """A shop's name for addresses and commands."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "shop"


class Accounts:
    """Use cases on users and sessions."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # --- making accounts ---------------------------------------------------------------------------------

    def sign_up(self, *, shop_name: str, name: str, email: str, password: str) -> tuple[User, Business]:
        """A new shop with its owner. Raises `InvalidInput`, `AccessDenied` when sign-up is closed."""
        if self._core.signup != "open":
            raise AccessDenied("Sign-up is closed here. Ask the operator for an account.")
        email = clean_email(email)
        check_password(password, email=email)
        return self.add_owner(shop_name=shop_name, name=name, email=email, password=password)

    def add_owner(self, *, shop_name: str, name: str, email: str, password: str | None) -> tuple[User, Business]:
        """The same by the operator; without a password the account waits for its one-time link."""
        core, now = self._core, self._core.clock.now()
        email, shop_name = clean_email(email), shop_name.strip()
        if not 2 <= len(shop_name) <= 80:
            raise InvalidInput({"shop_name": [say("Between 2 and 80 characters.")]})
        if password is not None:
            check_password(password, email=email)
        hashed = core.hasher.hash(password) if password is not None else None
        with core.storage.system_unit_of_work() as system:
            user = system.users.find(email=email)
            if user is not None:
                raise InvalidInput({"email": [say("There is an account with this e-mail. Sign in instead.")]})
            user = User(
                id=core.ids.new("user"), email=email, name=name.strip()[:80] or name_from(email), created_at=now,
                password_hash=hashed,
            )  # fmt: skip
            shop = Business(
                id=core.ids.new("business"), name=shop_name, slug=self._free_slug(system, shop_name), created_at=now
            )
            system.users.add(user)
            system.businesses.add(shop)
            system.memberships.add(
                Membership(
                    id=core.ids.new("membership"), business_id=shop.id, user_id=user.id, role=Role.OWNER, created_at=now
                )
            )
            system.commit()
        with core.storage.unit_of_work(shop.id) as uow:
            uow.record(Event(type="shop.created", at=now))
            uow.commit()
        return user, shop

    def _free_slug(self, system: SystemUnitOfWork, name: str) -> str:
        slug = base = slugify(name)
        number = 2
        while system.businesses.find(slug=slug) is not None:
            slug, number = f"{base}-{number}", number + 1
        return slug

    # --- sessions ------------------------------------------------------------------------------------------

    def sign_in(self, *, email: str, password: str, address: str) -> str:
        """A new session's cookie value. Wrong e-mail and wrong password are the same answer and the same work.

        Raises `InvalidInput`, `TooManyTries`.
        """
        core = self._core
        email = unicodedata.normalize("NFKC", email).strip().casefold()[:254]
        self._throttle(f"signin:account:{token_hash(email)[:24]}", TRIES_PER_ACCOUNT)
        self._throttle(f"signin:address:{address}", TRIES_PER_ADDRESS)
        with core.storage.system_unit_of_work(read_only=True) as system:
            user = system.users.find(email=email)
        if not core.hasher.verify(user.password_hash if user else None, password[:1000]) or user is None:
            raise InvalidInput({"password": [say("E-mail and password do not fit together.")]})
        with core.storage.system_unit_of_work() as system:
            system.throttle.clear(f"signin:account:{token_hash(email)[:24]}")
            system.commit()
        return self.open_session(user.id)

    def _throttle(self, key: str, most: int) -> None:
        with self._core.storage.system_unit_of_work() as system:
            tries = system.throttle.hit(key, now=self._core.clock.now(), window=WINDOW)
            system.commit()
        if tries > most:
            raise TooManyTries(
                say("Too many tries. Wait a quarter of an hour."), retry_after=int(WINDOW.total_seconds())
            )

    def open_session(self, user_id: str) -> str:
        """Start a session; the oldest one of more than ten ends."""
        core, now = self._core, self._core.clock.now()
        token = core.ids.token()
        with core.storage.system_unit_of_work() as system:
            membership = next(
                iter(system.memberships.select(eq("user_id", user_id), order="created_at", limit=1)), None
            )
            if membership is None:
                raise AccessDenied("This account belongs to no shop any more.")
            sessions = system.sessions.select(eq("user_id", user_id), order="-last_seen_at")
            for old in sessions[MAX_SESSIONS - 1 :]:
                system.sessions.remove(old)
            system.sessions.add(
                Session(
                    id=core.ids.new("session"), token_hash=token_hash(token), user_id=user_id,
                    business_id=membership.business_id, created_at=now, last_seen_at=now,
                )
            )  # fmt: skip
            system.commit()
        return token

    def session(self, token: str) -> SignedIn | None:
        """Who a cookie belongs to; None when it ended."""
        core, now = self._core, self._core.clock.now()
        with core.storage.system_unit_of_work(read_only=True) as system:
            session = system.sessions.find(token_hash=token_hash(token))
            if session is None or now - session.last_seen_at > IDLE or now - session.created_at > ABSOLUTE:
                return None
            user = system.users.find(id=session.user_id)
            membership = system.memberships.find(business_id=session.business_id, user_id=session.user_id)
            shop = system.businesses.find(id=session.business_id)
        if user is None or membership is None or shop is None:
            return None
        if now - session.last_seen_at > timedelta(minutes=5):
            self._touch(session.id)
        return SignedIn(session=session, user=user, membership=membership, shop=shop)

    def _touch(self, session_id: str) -> None:
        def use_case() -> None:
            with self._core.storage.system_unit_of_work() as system:
                session = system.sessions.find(id=session_id)
                if session is not None:
                    session.last_seen_at = self._core.clock.now()
                    system.sessions.save(session)
                    system.commit()

        retrying(use_case)

    def sign_out(self, token: str) -> None:
        """End one session."""
        with self._core.storage.system_unit_of_work() as system:
            session = system.sessions.find(token_hash=token_hash(token))
            if session is not None:
                system.sessions.remove(session)
                system.commit()

    def preferences(self, user_id: str, *, language: str | None = None, theme: str | None = None) -> None:
        """A user's own language and theme."""

        def use_case() -> None:
            with self._core.storage.system_unit_of_work() as system:
                user = system.users.get(user_id)
                user.language = language if language in ("en", "hi") else user.language
                user.theme = theme if theme in ("auto", "light", "dark") else user.theme
                system.users.save(user)
                system.commit()

        retrying(use_case)

    # --- passwords -----------------------------------------------------------------------------------------

    def forgot(self, email: str, *, address: str) -> None:
        """Mail a one-time link, if there is such an account and mail is set up. The answer never tells."""
        self._throttle(f"forgot:address:{address}", 20)
        email = unicodedata.normalize("NFKC", email).strip().casefold()[:254]
        self._throttle(f"forgot:account:{token_hash(email)[:24]}", 5)
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            user = system.users.find(email=email)
        if user is None or not self._core.mailer.enabled:
            return
        link = self.password_link(user.id)
        self._core.mailer.send(
            user.email,
            say("Choose a new SalesPilots password"),
            say("Open this link within an hour to choose a new password:\n\n{link}\n\n"
                "If you did not ask for it, do nothing: your password stays.", link=link),
        )  # fmt: skip

    def password_link(self, user_id: str) -> str:
        """A one-time address to choose a password, good for an hour."""
        with self._core.storage.system_unit_of_work() as system:
            link = self._add_link(system, user_id)
            system.commit()
        return link

    def _add_link(self, system: SystemUnitOfWork, user_id: str) -> str:
        core, token = self._core, self._core.ids.token()
        system.password_links.add(
            PasswordLink(
                id=core.ids.new("password_link"), token_hash=token_hash(token), user_id=user_id,
                expires_at=core.clock.now() + LINK_LIFE,
            )
        )  # fmt: skip
        return f"{core.base_url}/reset/{token}"

    def link_user(self, token: str) -> User:
        """Whose password a link sets. Raises `NotFound` when it was used or is over."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            link = system.password_links.find(token_hash=token_hash(token))
            if link is None or link.used_at is not None or link.expires_at <= self._core.clock.now():
                raise NotFound("This link was used or is too old.")
            return system.users.get(link.user_id)

    def reset_by_link(self, token: str, password: str) -> User:
        """Set the password and end every session of the user. The link works once."""
        user = self.link_user(token)
        check_password(password, email=user.email)
        hashed = self._core.hasher.hash(password)

        def use_case() -> None:
            with self._core.storage.system_unit_of_work() as system:
                link = system.password_links.find(token_hash=token_hash(token))
                if link is None or link.used_at is not None:
                    raise NotFound("This link was used or is too old.")
                link.used_at = self._core.clock.now()
                system.password_links.save(link)
                self._set_password(system, user.id, hashed)
                system.commit()

        retrying(use_case)
        return user

    def reset_by_operator(self, email: str, password: str | None) -> str | None:
        """A new password, or a one-time link to choose one when none is given. Raises `NotFound`.

        Either way the old password opens nothing any more and the user's sessions end, at once.
        """
        email = clean_email(email)
        if password is not None:
            check_password(password, email=email)
        hashed = self._core.hasher.hash(password) if password is not None else None

        def use_case() -> str | None:
            with self._core.storage.system_unit_of_work() as system:
                user = system.users.find(email=email)
                if user is None:
                    raise NotFound(f"There is no account {email}.")
                self._set_password(system, user.id, hashed)
                link = self._add_link(system, user.id) if hashed is None else None
                system.commit()
            return link

        return retrying(use_case)

    def _set_password(self, system: SystemUnitOfWork, user_id: str, hashed: str | None) -> None:
        """None: no password fits until a link sets one."""
        user = system.users.get(user_id)
        user.password_hash = hashed
        system.users.save(user)
        for session in system.sessions.select(eq("user_id", user_id)):
            system.sessions.remove(session)

    def owners_of(self, business_id: str) -> list[User]:
        """The owners of a shop."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            members = system.memberships.select(eq("business_id", business_id), eq("role", Role.OWNER))
            return system.users.select(Where("id", "in", tuple(one.user_id for one in members)))

    def members(self, business_id: str) -> list[User]:
        """Everybody of a shop's team, by name."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            members = system.memberships.select(eq("business_id", business_id))
            people = system.users.select(Where("id", "in", tuple(one.user_id for one in members)))
        return sorted(people, key=lambda one: one.name.casefold())

    def names(self, user_ids: list[str]) -> dict[str, str]:
        """Display names by user id."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return {one.id: one.name for one in system.users.select(Where("id", "in", tuple(user_ids)))}
