"""The people who buy, and how each channel names them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class Customer:
    """A person as the shop knows them. ``address`` holds name, phone, line1, line2, city, state, pincode.

    ``orders_count``, ``refused_count`` and ``spent_paise`` are counted by the storage (`Collection.increase`).
    """

    id: str
    business_id: str
    created_at: datetime
    channel: str
    name: str = ""
    username: str = ""
    phone: str | None = None
    address: dict = field(default_factory=dict)
    note: str = ""
    fields: dict = field(default_factory=dict)  # the shop's own: name to text
    tags: list[str] = field(default_factory=list)
    consent: dict = field(default_factory=dict)
    opted_out: bool = False
    orders_count: int = 0
    refused_count: int = 0  # parcels that came back unaccepted
    spent_paise: int = 0
    last_seen_at: datetime | None = None
    picture: str = ""  # a name in the media folder
    profile_at: datetime | None = None  # when the channel was last asked who they are
    practice: bool = False
    version: int = 0

    @property
    def display_name(self) -> str:
        """What to call them on a screen."""
        return self.name or (f"@{self.username}" if self.username else "New customer")

    def tag(self, name: str) -> bool:
        """Add a tag; False when it was there."""
        name = name.strip()[:40]
        if not name or name in self.tags:
            return False
        self.tags = [*self.tags, name]
        return True

    def untag(self, name: str) -> bool:
        """Take a tag off; False when it was not there."""
        if name not in self.tags:
            return False
        self.tags = [one for one in self.tags if one != name]
        return True


@dataclass(slots=True, kw_only=True)
class ChannelIdentity:
    """A customer in the words of one connected account. Unique by (provider, account_ref, customer_ref)."""

    id: str
    business_id: str
    customer_id: str
    provider: str
    account_ref: str
    customer_ref: str
    version: int = 0


@dataclass(slots=True, kw_only=True)
class Tag:
    """A word by which customers are grouped. ``name`` is unique in the shop; who has it is in `Customer.tags`."""

    id: str
    business_id: str
    name: str
    created_at: datetime
    version: int = 0
