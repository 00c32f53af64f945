"""The shop, the people who work in it, and what each role may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from salespilots.domain.automation import AutomationRules, read_rules
from salespilots.domain.cod import CodRules, read_cod
from salespilots.domain.delivery import Delivery, read_delivery


class Role(StrEnum):
    """Who somebody is in one shop."""

    OWNER = "owner"
    MANAGER = "manager"
    AGENT = "agent"
    PACKER = "packer"


class Permission(StrEnum):
    """What a page, an action or an API call needs. Every route declares one (or declares itself public)."""

    SHOP_ADMIN = "shop.admin"  # team, connections, API keys, payout and shop settings, export, erase, backup
    CATALOGUE = "catalogue"  # products, stock, prices, workflows, templates, discounts
    REFUND = "refund"
    STATISTICS = "statistics"
    INBOX = "inbox"  # conversations and customers
    ORDERS = "orders"  # create, confirm, cancel, payment link
    FULFIL = "fulfil"  # pack and ship: address and items
    MEMBER = "member"  # anybody of the shop: own profile, home


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MANAGER: frozenset(Permission) - {Permission.SHOP_ADMIN},
    Role.AGENT: frozenset({Permission.INBOX, Permission.ORDERS, Permission.FULFIL, Permission.MEMBER}),
    Role.PACKER: frozenset({Permission.FULFIL, Permission.MEMBER}),
}
"""The matrix. The documented table is generated from it."""


@dataclass(slots=True, kw_only=True)
class Business:
    """The tenant: every other row of a shop carries its id."""

    id: str
    name: str
    slug: str
    created_at: datetime
    timezone: str = "Asia/Kolkata"
    currency: str = "INR"
    order_prefix: str = "SP"
    shipping_paise: int = 0
    free_shipping_from_paise: int | None = None
    reserve_minutes: int = 30
    gstin: str | None = None
    legal_name: str | None = None
    state: str = ""  # of India, where the shop supplies from; with a GSTIN its first two digits say the same
    composition: bool = False  # a composition dealer issues bills of supply and charges no tax
    invoice_prefix: str = "INV"
    min_order_paise: int = 0
    delivery: dict = field(default_factory=dict)  # see `salespilots.domain.delivery`
    cod: dict = field(default_factory=dict)  # see `salespilots.domain.cod`
    automation: dict = field(default_factory=dict)  # see `salespilots.domain.automation`
    refund_rules: dict = field(default_factory=dict)  # what of shipping and COD fee is given back
    prepaid_benefit_paise: int = 0  # taken off a COD order that is paid online before it leaves
    remind_minutes: int = 10  # before an unpaid order expires; 0: never
    phone: str | None = None
    address: str | None = None
    return_policy: str | None = None
    default_ai: str = "rules"
    default_payments: str = "practice"
    real_since: datetime | None = None  # when the first real channel was connected: practice leaves the figures
    setup_done: list[str] = field(default_factory=list)  # onboarding steps ticked or skipped by hand
    version: int = 0

    @property
    def deliveries(self) -> Delivery:
        """What delivery costs and where to."""
        return read_delivery(self.shipping_paise, self.free_shipping_from_paise, self.delivery)

    @property
    def cash_rules(self) -> CodRules:
        """When cash on delivery is offered."""
        return read_cod(self.cod)

    @property
    def automation_rules(self) -> AutomationRules:
        """When workflows keep quiet, and when the shop is open."""
        return read_rules(self.automation)

    def shipping_for(self, subtotal_paise: int, pincode: str | None = None) -> int:
        """Delivery charge in paise for goods worth ``subtotal_paise``."""
        return self.deliveries.charge(subtotal_paise, pincode)


@dataclass(slots=True, kw_only=True)
class User:
    """A person who signs in. ``password_hash`` is argon2id, or None until the one-time link was used."""

    id: str
    email: str
    name: str
    created_at: datetime
    password_hash: str | None = None
    language: str = "en"
    theme: str = "auto"
    version: int = 0


@dataclass(slots=True, kw_only=True)
class Membership:
    """A user's role in one shop."""

    id: str
    business_id: str
    user_id: str
    role: Role
    created_at: datetime
    version: int = 0

    def may(self, permission: Permission) -> bool:
        """Whether the role has ``permission``."""
        return permission in PERMISSIONS[self.role]


@dataclass(slots=True, kw_only=True)
class Session:
    """A signed-in browser. Only the SHA-256 of the cookie's random value is stored."""

    id: str
    token_hash: str
    user_id: str
    business_id: str
    created_at: datetime
    last_seen_at: datetime
    version: int = 0


@dataclass(slots=True, kw_only=True)
class PasswordLink:
    """A one-time link to choose a password. Only the hash of its token is stored; 60 minutes, one use."""

    id: str
    token_hash: str
    user_id: str
    expires_at: datetime
    used_at: datetime | None = None
    version: int = 0


@dataclass(slots=True, kw_only=True)
class ApiKey:
    """A program's key for one shop. Only its SHA-256 is stored; no scopes listed means all of the shop."""

    id: str
    business_id: str
    name: str
    key_hash: str
    hint: str
    created_at: datetime
    scopes: list[str] = field(default_factory=list)
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    version: int = 0

    def allows(self, scope: str) -> bool:
        """Whether the key may do ``scope`` (``orders:write``). Write includes read of the same resource."""
        if not self.scopes:
            return True
        resource, _, _ = scope.partition(":")
        return scope in self.scopes or f"{resource}:write" in self.scopes


@dataclass(slots=True, kw_only=True)
class Connection:
    """A shop's settings of one provider. ``secrets`` is one ciphertext; ``account_ref`` routes webhooks."""

    id: str
    business_id: str
    kind: str  # channel | ai | payments | shipping
    provider: str
    created_at: datetime
    updated_at: datetime
    values: dict = field(default_factory=dict)
    secrets: str | None = None
    secrets_set: list[str] = field(default_factory=list)
    account_ref: str | None = None
    endpoint_token: str | None = None
    enabled: bool = True
    state: str = "unchecked"  # unchecked | working | attention
    last_error: str | None = None
    checked_at: datetime | None = None
    facts: dict = field(default_factory=dict)  # what the provider told: expiry, permissions, the last check's lines
    renew_at: datetime | None = None  # when its token is to be made new
    version: int = 0


@dataclass(slots=True, kw_only=True)
class LoginState:
    """Somebody went to a provider to sign in there and is expected back: once, within minutes, in the same sign-in."""

    id: str
    state_hash: str
    business_id: str
    user_id: str
    session_id: str
    provider: str
    expires_at: datetime
    used_at: datetime | None = None
    version: int = 0


@dataclass(slots=True, kw_only=True)
class DeletionRequest:
    """A provider's request to delete what came from one account. ``code`` is what the person looks it up by."""

    id: str
    code: str
    provider: str
    login_ref: str  # the account in the words of the provider's sign-in
    requested_at: datetime
    shop_id: str | None = None
    done_at: datetime | None = None
    counts: dict = field(default_factory=dict)
    version: int = 0
