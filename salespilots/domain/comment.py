"""What people write below a shop's posts, and the posts themselves with the products they show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class CommentState(StrEnum):
    """What became of a comment: `KEPT` nobody answers it, `ANSWERED` a workflow began, `SKIPPED` with the reason."""

    KEPT = "kept"
    ANSWERED = "answered"
    SKIPPED = "skipped"


@dataclass(slots=True, kw_only=True)
class Comment:
    """One comment. Unique by (provider, comment_ref): an advertisement may tell of it twice."""

    id: str
    business_id: str
    provider: str
    account_ref: str
    comment_ref: str
    customer_ref: str
    created_at: datetime
    sent_at: datetime
    username: str = ""
    text: str = ""
    post_ref: str = ""
    parent_ref: str = ""
    live: bool = False
    state: CommentState = CommentState.KEPT
    reason: str = ""
    conversation_id: str | None = None
    workflow_id: str | None = None
    practice: bool = False
    version: int = 0


@dataclass(slots=True, kw_only=True)
class Post:
    """A post, reel, story or live video of a connected account. ``picture`` is a name in the media folder."""

    id: str
    business_id: str
    provider: str
    account_ref: str
    post_ref: str
    created_at: datetime
    kind: str = "post"  # post | reel | story | live | ad
    caption: str = ""
    permalink: str = ""
    picture: str = ""
    picture_url: str = ""  # where the picture can be had from, while it can
    posted_at: datetime | None = None
    product_ids: list[str] = field(default_factory=list)
    practice: bool = False
    version: int = 0
