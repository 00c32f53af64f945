"""Posts, reels and stories of connected accounts, and the products that each of them shows."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.comment import Comment, CommentState, Post
from salespilots.domain.conversation import Conversation
from salespilots.domain.errors import InvalidInput
from salespilots.domain.events import Event
from salespilots.ports.channel import ListedPost, Subject
from salespilots.ports.errors import NotConnected, PortError, Rejected
from salespilots.ports.storage import Page, UnitOfWork, Where, eq, one_of
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import GiveUp, Jobs, enqueue_in, renew_in
from salespilots.services.messaging.content import clean
from salespilots.services.pictures import MAX_BYTES, Pictures

MAX_PRODUCTS = 20
"""Products one post may show."""

KINDS = ("post", "reel", "story", "live", "ad")
ASK_AGAIN = timedelta(hours=1)
STILL_ANSWERED = timedelta(days=1)
"""A comment that waited for the details of its post is answered within so long."""

MANY_PAGES = 20
"""Pages of an account's posts that are read at most; with fifty on each a shop has its newest thousand."""


def seen_in(core: Core, uow: UnitOfWork, provider: str, account_ref: str, subject: Subject | None) -> Post | None:
    """The post that something is about, kept from the first time it is heard of; its details are asked for then."""
    if subject is None or not subject.ref:
        return None
    known = uow.posts.find(provider=provider, post_ref=subject.ref)
    if known is not None:
        if known.posted_at is None:
            _ask_again_in(core, uow, known)
        return known
    post = Post(
        id=core.ids.new("post"), business_id=uow.business_id, provider=provider, account_ref=account_ref,
        post_ref=subject.ref, created_at=core.clock.now(), kind=subject.kind if subject.kind in KINDS else "post",
        caption=clean(subject.title, 2200), picture_url=subject.url[:2000], practice=provider == "practice",
    )  # fmt: skip
    if not uow.posts.add_once(post):
        return uow.posts.find(provider=provider, post_ref=subject.ref)
    enqueue_in(core, uow, "post", f"{provider}:{subject.ref}", {"post_id": post.id})
    return post


def _ask_again_in(core: Core, uow: UnitOfWork, post: Post) -> None:
    """Details that could not be had the last time are asked for when the post is heard of again, at most once an hour."""
    key, now = f"{post.provider}:{post.post_ref}", core.clock.now()
    job = uow.jobs.find(key=f"post:{key}"[:500])
    asked = (
        datetime.fromisoformat(job.payload["asked"]) if job is not None and "asked" in job.payload else post.created_at
    )
    if (job is None or job.next_at is None) and now - asked >= ASK_AGAIN:
        renew_in(core, uow, "post", key, {"post_id": post.id, "asked": now.isoformat()})


def products_of_in(uow: UnitOfWork, provider: str, post_ref: str | None) -> list[str]:
    """Ids of the products that a post shows; none for a post nobody has told about."""
    post = uow.posts.find(provider=provider, post_ref=post_ref) if post_ref else None
    return list(post.product_ids) if post else []


Reconsider = Callable[[Core, UnitOfWork, Comment, Post], Conversation | None]
"""Decides anew about a comment whose post was not known when it came: the chat that it is answered in, if it is."""

NOT_THERE = frozenset({"bad_request", "no_consent"})
"""Reasons of a channel that knows no such post of this account."""


class Posts:
    """The owner's use cases, and the jobs that read posts from the channel."""

    def __init__(
        self, core: Core, connections: Connections, pictures: Pictures, jobs: Jobs, reconsider: Reconsider
    ) -> None:
        self._core, self._connections, self._reconsider = core, connections, reconsider
        self._pictures = pictures
        jobs.handle("post", self._read_one)
        jobs.handle("posts", self._read_page)
        jobs.handle("post.picture", self._fetch_picture)

    # --- reading -------------------------------------------------------------------------------------------

    def page(
        self,
        business_id: str,
        *,
        kind: str = "",
        mapped: bool | None = None,
        cursor: str | None = None,
        limit: int = 30,
    ) -> Page[Post]:
        """Newest first. ``mapped``: with products, or without."""
        where = [eq("kind", kind)] if kind else []
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            if mapped is None:
                return uow.posts.page(*where, order="-created_at", cursor=cursor, limit=limit)
            found = uow.posts.select(*where, order="-created_at", limit=1000)
        return Page([one for one in found if bool(one.product_ids) is mapped][:limit], None)

    def get(self, business_id: str, post_id: str) -> Post:
        """One post. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.posts.get(post_id)

    def by_refs(self, business_id: str, refs: Sequence[str]) -> dict[str, Post]:
        """Posts by the channel's reference."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return {one.post_ref: one for one in uow.posts.select(one_of("post_ref", list({*refs} - {""})))}

    def listing(self, business_id: str) -> list[str]:
        """The shop's connected channels that have posts."""
        shelf = self._core.registry.channels
        return [
            key
            for key, one in self._connections.all(business_id).items()
            if one.enabled and (provider := shelf.find(key)) is not None and provider.capabilities.lists_posts
        ]

    # --- changing ------------------------------------------------------------------------------------------

    def show(self, business_id: str, post_id: str, product_ids: Sequence[str]) -> Post:
        """Say which products a post shows. Raises `InvalidInput` for one the shop does not have, `NotFound`."""
        wanted = list(dict.fromkeys(product_ids))
        if len(wanted) > MAX_PRODUCTS:
            raise InvalidInput({"products": [f"At most {MAX_PRODUCTS} products."]})

        def use_case() -> Post:
            with self._core.storage.unit_of_work(business_id) as uow:
                post = uow.posts.get(post_id)
                known = {one.id for one in uow.products.select(one_of("id", wanted))} if wanted else set()
                if known != set(wanted):
                    raise InvalidInput({"products": ["One of these products is not there."]})
                post.product_ids = wanted
                uow.posts.save(post)
                ids = {"post_id": post.id}
                uow.record(
                    Event(type="post.mapped", at=self._core.clock.now(), ids=ids, data={"products": len(wanted)})
                )
                uow.commit()
            return post

        return retrying(use_case)

    def fetch(self, business_id: str) -> int:
        """Have the newest posts and stories read from every connected channel that has some. Returns of how many."""
        keys = self.listing(business_id)

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                for key in keys:
                    fetch_in(self._core, uow, key)
                uow.commit()

        if keys:
            retrying(use_case)
        return len(keys)

    # --- jobs ----------------------------------------------------------------------------------------------

    def _channel(self, business_id: str, provider: str) -> Any:
        try:
            return self._connections.channel(business_id, provider)
        except NotConnected:
            raise GiveUp("not_connected") from None

    def _read_page(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        """A page of the list; the next one is a job of its own."""
        provider, kind, number = payload["provider"], payload["kind"], payload.get("number", 1)
        found = self._channel(business_id, provider).posts(payload.get("cursor", ""), kind)

        def use_case() -> set[str]:
            with self._core.storage.unit_of_work(business_id) as uow:
                connection = uow.connections.find(provider=provider)
                account = connection.account_ref if connection else None
                lanes: set[str] = set()
                new = [one for one in found.items if self._keep(uow, provider, account or "", one, lanes)]
                if found.cursor and number < MANY_PAGES and new:
                    more = {"provider": provider, "kind": kind, "cursor": found.cursor, "number": number + 1}
                    renew_in(self._core, uow, "posts", f"{provider}:{kind}:{number + 1}", more)
                uow.commit()
            return lanes

        self._core.doorbell.ring(*retrying(use_case))
        return None

    def _read_one(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        """The details of a post that was heard of, and what was kept until they are known."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            post = uow.posts.find(id=payload["post_id"])
        if post is None:
            return None
        listed: ListedPost | None = None
        foreign = False
        provider = self._core.registry.channels.find(post.provider)
        if provider is not None and provider.capabilities.lists_posts:
            try:
                listed = self._channel(business_id, post.provider).post(post.post_ref)
            except Rejected as error:  # a story that ended, or somebody else's post that was shared
                foreign = post.kind in ("post", "reel") and error.reason in NOT_THERE
            except PortError as error:
                if error.retryable:
                    raise
        retrying(lambda: self._learn(business_id, post.id, listed, foreign=foreign))
        return None

    def _learn(self, business_id: str, post_id: str, listed: ListedPost | None, *, foreign: bool) -> None:
        with self._core.storage.unit_of_work(business_id) as uow:
            post = uow.posts.get(post_id)
            if foreign and not post.product_ids and not uow.comments.count(eq("post_ref", post.post_ref)):
                uow.posts.remove(post)
                uow.commit()
                return
            lanes = self._told(uow, post, listed)
            uow.commit()
        self._core.doorbell.ring(*lanes)

    def _told(self, uow: UnitOfWork, post: Post, listed: ListedPost | None) -> set[str]:
        """Keep what the channel tells of a known post. Comments that waited for it are decided now; returns their lanes."""
        waited = post.posted_at is None
        if listed is not None:
            fill(post, listed)
        self._want_picture(uow, post)
        uow.posts.save(post)
        if not waited:
            return set()
        waiting = uow.comments.select(
            eq("provider", post.provider), eq("post_ref", post.post_ref), eq("state", CommentState.KEPT),
            Where("created_at", "ge", self._core.clock.now() - STILL_ANSWERED), order="created_at", limit=500,
        )  # fmt: skip
        chats = [self._reconsider(self._core, uow, one, post) for one in waiting]
        return {one.lane for one in chats if one is not None}

    def _keep(self, uow: UnitOfWork, provider: str, account_ref: str, listed: ListedPost, lanes: set[str]) -> bool:
        """Store a listed post; False when it was known, then the lanes of comments that waited for it are added."""
        known = uow.posts.find(provider=provider, post_ref=listed.ref)
        if known is not None:
            lanes |= self._told(uow, known, listed)
            return False
        post = Post(
            id=self._core.ids.new("post"), business_id=uow.business_id, provider=provider, account_ref=account_ref,
            post_ref=listed.ref, created_at=listed.posted_at or self._core.clock.now(), kind=listed.kind,
        )  # fmt: skip
        fill(post, listed)
        self._want_picture(uow, post)
        return uow.posts.add_once(post)

    # --- pictures ------------------------------------------------------------------------------------------

    def _want_picture(self, uow: UnitOfWork, post: Post) -> None:
        if post.picture_url.startswith(("https://", "http://")) and not post.picture:
            renew_in(self._core, uow, "post.picture", post.id, {"post_id": post.id})

    def _fetch_picture(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        """Keep a post's picture before its address dies; the pages do without while it cannot be had."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            post = uow.posts.find(id=payload["post_id"])
        if post is None or post.picture:
            return None
        found = self._core.fetcher.fetch(post.picture_url, limit=MAX_BYTES)
        try:
            name = self._pictures.save(business_id, io.BytesIO(found.body))
        except InvalidInput:
            raise GiveUp("wrong_type") from None

        def use_case() -> bool:
            with self._core.storage.unit_of_work(business_id) as uow:
                now = uow.posts.find(id=post.id)
                if now is None or now.picture:
                    return False
                now.picture = name
                uow.posts.save(now)
                uow.record(Event(type="post.changed", at=self._core.clock.now(), ids={"post_id": now.id}))
                uow.commit()
            return True

        if not retrying(use_case):
            self._pictures.discard(business_id, name)
        return None


def fetch_in(core: Core, uow: UnitOfWork, provider: str) -> None:
    """Plan reading an account's newest posts and its running stories."""
    for kind in ("post", "story"):
        renew_in(core, uow, "posts", f"{provider}:{kind}:1", {"provider": provider, "kind": kind})


def fill(post: Post, listed: ListedPost) -> None:
    """What the channel tells of a post, where it tells something."""
    post.kind = listed.kind if listed.kind in KINDS else post.kind
    post.caption = clean(listed.caption, 2200) or post.caption
    post.permalink = clean(listed.permalink, 500) or post.permalink
    post.picture_url = clean(listed.picture_url, 2000) or post.picture_url
    post.posted_at = listed.posted_at or post.posted_at
