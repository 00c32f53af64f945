"""What a provider asks of us because of an account: to stop using it, and to delete what came from it."""

from __future__ import annotations

import secrets
import string
from datetime import timedelta

import structlog

from salespilots.domain.business import DeletionRequest
from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.ports.channel_account import SignedNotice
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.connecting import told
from salespilots.services.connecting.forgetting import JOB
from salespilots.services.connecting.signing_in import SigningIn
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import enqueue_in, renew_in

log = structlog.get_logger(__name__)

TAKEN_BACK = (
    "Instagram says that this app was taken off the account. Answers wait; sign in again to go on, nothing is lost."
)
CODE_LENGTH = 24
LETTERS = string.ascii_letters + string.digits
CLOCKS_APART = timedelta(minutes=5)


class Duties:
    """Both are harmless to repeat. Raises `NotFound` for a provider without a sign-in."""

    def __init__(self, core: Core, signing_in: SigningIn) -> None:
        self._core, self._signing_in = core, signing_in

    def _notice(self, provider_key: str, signed: str) -> SignedNotice:
        login = self._signing_in.login(provider_key)
        if login is None:
            raise NotFound("There is no such address.")
        return login.read_notice(signed, self._core.clock.now())

    def deauthorise(self, provider_key: str, signed: str) -> int:
        """Forget the tokens of the account and send nothing any more. Returns how many connections that were.

        Raises `BadSignature` and `ValueError` as `ChannelLogin.read_notice` does. A notice from before the present sign-in
        is about an earlier one and changes nothing.
        """
        notice = self._notice(provider_key, signed)
        return sum(self._stop(shop, provider_key, notice) for shop in self._shops(provider_key, notice.login_ref))

    def _shops(self, provider_key: str, ref: str) -> dict[str, list[str]]:
        """Shop to the accounts that ``ref`` means there, those before the present one too."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            rows = system.connections.select(eq("provider", provider_key))
        found = {one.business_id: told.accounts_called(one, ref)[1] for one in rows}
        return {shop: accounts for shop, accounts in found.items() if accounts}

    def _stop(self, business_id: str, provider_key: str, notice: SignedNotice) -> bool:
        def use_case() -> bool:
            with self._core.storage.unit_of_work(business_id) as uow:
                stopped = self._stop_in(uow, provider_key, notice)
                uow.commit()
            return stopped

        return retrying(use_case)

    def _stop_in(self, uow: UnitOfWork, provider_key: str, notice: SignedNotice) -> bool:
        found = told.shown(uow.connections.find(provider=provider_key))
        if found is None or not told.accounts_called(found, notice.login_ref)[0]:
            return False
        since = told.when(told.part(found, "login").get("at"))
        if notice.issued_at is not None and since is not None and notice.issued_at < since - CLOCKS_APART:
            return False
        now = self._core.clock.now()
        found.secrets, found.secrets_set, found.enabled = None, [], False
        found.state, found.last_error, found.renew_at = "attention", TAKEN_BACK, None
        found.facts = {name: value for name, value in found.facts.items() if name not in ("token", "checks", "pending")}
        uow.connections.save(found)
        data = {"provider": provider_key, "reason": "taken_back"}
        uow.record(Event(type="connection.attention", at=now, data=data))
        log.info("account.deauthorised", provider=provider_key, business=uow.business_id)
        return True

    # --- deletion -------------------------------------------------------------------------------------------

    def ask_deletion(self, provider_key: str, signed: str) -> DeletionRequest:
        """Begin to delete what came from the account. The same request, or another while one is open, gives the same code.

        The jobs come before the request's own row, which they make where it is missing: nobody is told of a deletion that
        does not happen.
        """
        notice, now = self._notice(provider_key, signed), self._core.clock.now()
        issued = notice.issued_at.isoformat() if notice.issued_at else None
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            asked = system.deletions.select(
                eq("login_ref", notice.login_ref), eq("provider", provider_key), order="-requested_at"
            )
        same = (one for one in asked if issued is not None and one.counts.get("issued_at") == issued)
        known = next((one for one in asked if one.done_at is None), None) or next(same, None)
        if known is not None:
            if known.done_at is None:
                self._resume(known)
            return known
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        shops = self._shops(provider_key, notice.login_ref)
        request = DeletionRequest(
            id=self._core.ids.new("deletion"), code=code, provider=provider_key, login_ref=notice.login_ref,
            requested_at=now, shop_id=next(iter(shops), None), done_at=None if shops else now,
            counts={"open": len(shops), "issued_at": issued},
        )  # fmt: skip
        for business_id, accounts in shops.items():
            retrying(lambda shop=business_id, refs=accounts: self._plan(shop, refs, request, notice))  # type: ignore[misc]
        with self._core.storage.system_unit_of_work() as system:
            system.deletions.add_once(request)
            system.commit()
        log.info("account.deletion_asked", provider=provider_key, shops=len(shops))
        return request

    def _resume(self, request: DeletionRequest) -> None:
        """An open request whose work was given up goes on when it is asked for again."""
        for business_id in self._shops(request.provider, request.login_ref):

            def use_case(shop: str = business_id) -> None:
                with self._core.storage.unit_of_work(shop) as uow:
                    job = uow.jobs.find(key=f"{JOB}:{request.code}")
                    if job is not None and job.next_at is None and job.done_at is None:
                        renew_in(self._core, uow, JOB, request.code, job.payload)
                        uow.commit()

            retrying(use_case)

    def _plan(self, business_id: str, accounts: list[str], request: DeletionRequest, notice: SignedNotice) -> None:
        with self._core.storage.unit_of_work(business_id) as uow:
            self._stop_in(uow, request.provider, notice)
            payload = {
                "code": request.code, "provider": request.provider, "login_ref": request.login_ref, "accounts": accounts,
                "id": request.id, "requested_at": request.requested_at.isoformat(), "open": request.counts["open"],
                "issued_at": request.counts["issued_at"],
            }  # fmt: skip
            enqueue_in(self._core, uow, JOB, request.code, payload)
            uow.commit()

    def deletion(self, provider_key: str, code: str) -> DeletionRequest:
        """A request by its code. Raises `NotFound`."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            found = system.deletions.find(code=code) if code.isascii() and code.isalnum() and len(code) <= 64 else None
        if found is None or found.provider != provider_key:
            raise NotFound("There is no such request.")
        return found
