"""The channel port: how customers write to a shop and how it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from salespilots.domain.windows import Windows
from salespilots.ports.channel_account import ChannelLogin, MenuLimits
from salespilots.ports.errors import Unavailable
from salespilots.ports.markers import PORT_VERSION, hookspec
from salespilots.ports.settings import PluginSettings, SettingsSchema
from salespilots.ports.webhook import WebhookRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A picture, video, voice note or shared post. ``kind`` is the provider's word; ``url`` may expire."""

    kind: str
    url: str = ""
    title: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The post something is about: what a comment stands below, what a story reply answers, what was shared.

    ``kind``: post | reel | story | live | ad. ``ref`` is the provider's id of it; ``url`` its picture, which may expire.
    """

    kind: str
    ref: str = ""
    url: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One thing that happened on the channel.

    ``kind``: message | quick_reply | postback | story_reply | story_mention | read | reaction | echo | deleted |
    edited | referral | comment | handover | other. Everything is stored; only the first five can start an
    automation. ``event_id`` is unique per fact and equal on every redelivery (the inbox dedupes on it).
    ``customer_ref`` is the customer whatever the direction; empty where the event names none.
    """

    event_id: str
    account_ref: str
    kind: str
    sent_at: datetime
    customer_ref: str = ""
    message_ref: str = ""  # the provider's id of the message this is, or is about
    text: str = ""
    payload: str = ""  # of a quick reply or postback
    attachments: tuple[Attachment, ...] = ()
    reply_to_ref: str = ""
    customer_name: str = ""
    automation: bool = True  # False: store it, never answer it (another app owns the thread, unsupported content)
    unsupported: bool = False
    subject: Subject | None = None
    emoji: str = ""  # of a reaction
    removed: bool = False  # a reaction that was taken back
    facts: dict[str, Any] = field(default_factory=dict)
    """What else is known: ``referral`` how they came ({"source", "ref", "ad_id", "title", "post_id", "product_id"}),
    ``owner`` the app that holds the chat (empty: ours), ``asked_by`` an app that wants it, ``by`` "shop" where the shop and
    not the customer did it, ``what`` the provider's word for an unknown kind, ``past`` True of what was read back."""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)  # the provider's JSON, kept for audit


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickReply:
    """A tappable answer. ``title`` at most 20 characters; ``payload`` comes back when tapped."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button on a card: either ``url`` or ``payload``."""

    title: str
    payload: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCard:
    """One product in a carousel."""

    title: str
    subtitle: str = ""
    image_url: str = ""
    buttons: tuple[Button, ...] = ()
    product_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words, with optional quick replies below."""

    text: str
    quick_replies: tuple[QuickReply, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture by public address."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCards:
    """Up to ten product cards side by side."""

    cards: tuple[ProductCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """An album: up to ten pictures by public addresses, one message."""

    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """Words with one to three buttons below that stay there."""

    text: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicReply:
    """Words below a comment, for everybody to read."""

    text: str


Content = Text | Image | ProductCards | Images | Buttons | PublicReply


class TooLate(Exception):
    """A message is not this process's to send any more; nothing was sent."""


def _at_any_time() -> None:
    """A send that may begin whenever it likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """A message to send. ``idempotency_key`` is equal on every attempt; ``human`` is True for a person's own words.

    ``begin`` is called right before the first byte leaves, as late as can be. It raises `TooLate`, to be passed on, when
    this process stood still for so long that another may be sending the message by now: then nothing may leave.
    """

    recipient_ref: str
    content: Content
    idempotency_key: str
    human: bool = False
    tag: str = ""  # e.g. the channel's word for a person's late answer; empty inside the reply window
    comment_ref: str = ""  # answers this comment: in private, or below it when the content is a `PublicReply`
    begin: Callable[[], None] = field(default=_at_any_time, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The channel took the message. ``customer_ref``: whom it went to, where the channel says so; the answer to a comment
    tells it first."""

    provider_ref: str
    customer_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerProfile:
    """What the channel tells about a customer; any field may be empty. ``picture_url`` expires."""

    name: str = ""
    username: str = ""
    picture_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message as the channel's own history shows it, used to settle an unknown outcome."""

    provider_ref: str
    text: str
    sent_at: datetime
    from_shop: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPost:
    """One of the account's posts. ``kind``: post | reel | story | live; ``picture_url`` may expire."""

    ref: str
    kind: str
    caption: str = ""
    permalink: str = ""
    picture_url: str = ""
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPage:
    """A page of posts; ``cursor`` asks for the next one, empty at the end."""

    items: tuple[ListedPost, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentPage:
    """A part of what was said lately, as `Inbound` values; ``cursor`` asks for the next part, empty at the end.
    ``missing``: how many messages are there that the channel does not show any more."""

    items: tuple[Inbound, ...]
    cursor: str = ""
    missing: int = 0


class HistoryIncomplete(Unavailable):
    """A conversation can be read in part: what is in ``shown`` (oldest first) arrived, what is missing may have."""

    def __init__(self, *, provider: str, shown: Sequence[SentMessage] = (), reason: str = "history_incomplete") -> None:
        super().__init__(provider=provider, reason=reason)
        self.shown = tuple(shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The answer of a connection test: ``detail`` is a sentence for the owner."""

    ok: bool
    detail: str
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCapabilities:
    """What the core may rely on."""

    reply_window: timedelta | None  # None: may write any time
    max_text_bytes: int
    content: frozenset[
        str
    ]  # of {"text", "image", "quick_replies", "product_cards", "images", "buttons", "public_reply"}
    echoes_own_messages: bool
    reads_history: bool = False
    sends_per_second: float = 0.0  # of one account; 0: no limit
    looks_per_second: float = 0.0  # calls of `Channel.history` for one account; 0: no limit
    settling: timedelta = timedelta(0)  # how long an event waits for earlier ones that come later
    late_reply: timedelta | None = (
        None  # for so long after the customer's last word a person may answer, with `late_tag`
    )
    late_tag: str = ""
    comment_window: timedelta | None = None  # for so long a comment can be answered in private, once; None: never
    private_replies_per_second: float = 0.0  # of one account; 0: no limit
    private_replies_at_once: int = 1  # so many of them may leave one after the other after a pause
    acts: frozenset[str] = frozenset()  # of {"typing", "seen", "react"}: what `Channel.act` can do
    lists_posts: bool = False  # a `ListingChannel`
    reads_recent: bool = False  # a `ReadingChannel`
    account: frozenset[str] = frozenset()  # of {"diagnose", "subscribe", "renew"}, see `ports.channel_account`
    menu: MenuLimits | None = None  # has `MenuChannel.show_menu`

    @property
    def windows(self) -> Windows:
        """Who may write when."""
        return Windows(reply=self.reply_window, late=self.late_reply, comment=self.comment_window)


class Channel(Protocol):
    """One shop's account on the channel. Built from its settings; must be safe to use from several threads."""

    def send(self, message: Outbound) -> Receipt:
        """Send once, within 10 seconds. Raises a `PortError`; `OutcomeUnknown` when it may have been taken."""
        ...

    def profile(self, customer_ref: str) -> CustomerProfile:
        """Read who a customer is. Raises a `PortError`; the core treats any as "unknown"."""
        ...

    def history(self, customer_ref: str, *, since: datetime) -> Sequence[SentMessage]:
        """The messages of one conversation since a time (of the channel's clock), oldest first. `Unsupported` if it cannot.
        Returns or raises within 30 seconds: the chat waits for it.

        Asked when a send had no clear answer: a message of the shop that is missing here counts as never sent, and the
        core sends it again. So the list is complete or an error: raise `HistoryIncomplete` with what could be read when a
        page, a message, its time or its sender is missing, when the time is up, or when the conversation is not found. Each
        ``provider_ref`` equals that of the `Receipt`.
        """
        ...

    def check(self) -> Health:
        """Whether the settings work, without sending anything to anybody."""
        ...


class ActingChannel(Channel, Protocol):
    """A channel that can do more than write. Only what `ChannelCapabilities.acts` names is asked for."""

    def act(self, customer_ref: str, act: str, *, message_ref: str = "", emoji: str = "") -> None:
        """Show that the shop types or has seen the chat, or react to a message (an empty ``emoji`` takes it back). Raises a
        `PortError`; never repeated."""
        ...


class ListingChannel(Channel, Protocol):
    """A channel whose account has posts (`ChannelCapabilities.lists_posts`)."""

    def posts(self, cursor: str = "", kind: str = "post") -> PostPage:
        """A page of the account's own posts (``kind`` post) or running stories (``story``), newest first. Raises a `PortError`."""
        ...

    def post(self, post_ref: str) -> ListedPost:
        """One of them. Raises a `PortError`; `Rejected` when it is not there or another's."""
        ...

    def replies(self, comment_ref: str) -> Sequence[SentMessage]:
        """What stands below a comment, to settle a public answer of unknown outcome: complete or an error, as `history`."""
        ...


class ReadingChannel(Channel, Protocol):
    """A channel whose recent chats can be read back (`ChannelCapabilities.reads_recent`): what was said before the shop
    connected it, or while its webhooks did not come."""

    def recent(self, *, since: datetime, cursor: str = "") -> RecentPage:
        """A part of what customers and the shop said since then, at the channel's own pace, within 30 seconds. Each value
        has the ``event_id`` that its webhook has, and ``kind`` message or echo. Raises a `PortError`; asked again with the
        same cursor it begins again with the same part."""
        ...


class ChannelWebhooks(Protocol):
    """The incoming side. ``verify`` is called before ``parse``, always, by the core."""

    def handshake(self, request: WebhookRequest) -> str | None:
        """Answer a subscription GET with the text to echo, or None to refuse (403)."""
        ...

    def verify(self, request: WebhookRequest) -> None:
        """Raise `BadSignature` unless the raw bytes are from the provider. Constant time; no parsing."""
        ...

    def parse(self, request: WebhookRequest) -> Sequence[Inbound]:
        """Every event of the body; unknown kinds as ``other``. Raises `ValueError` if it is not the provider's JSON."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelProvider:
    """A channel as registered. ``account_field`` names the setting by which webhooks find the shop; ``login`` is built from
    the installation's settings alone; ``chat_link`` is the address where a customer writes to it, with names of settings in braces."""

    key: str
    label: str
    capabilities: ChannelCapabilities
    settings: type[SettingsSchema]
    build: Callable[[PluginSettings], Channel]
    webhooks: Callable[[PluginSettings], ChannelWebhooks] | None = None
    instance_settings: type[SettingsSchema] | None = None
    login: Callable[[PluginSettings], ChannelLogin] | None = None
    account_field: str | None = None
    summary: str = ""
    chat_link: str = ""
    port_version: int = PORT_VERSION


@hookspec
def salespilots_channel_providers() -> Sequence[ChannelProvider]:
    """Channels this plugin supplies. Called once, at start-up."""
