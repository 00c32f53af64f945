"""What starts a workflow: what happened, as a trigger sees it, and kinds of triggers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from salespilots.ports.markers import PORT_VERSION
from salespilots.ports.settings import SettingsSchema
from salespilots.ports.understanding import Understanding


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFact:
    """The post a comment stands below. ``kind``: post | reel | story | live | ad; ``posted_at`` None: not known."""

    ref: str
    kind: str = "post"
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerFact:
    """What happened, as a trigger sees it. ``kind``: of a message, how it came (``text``, ``story_reply``,
    ``story_mention``, ``quick_reply``, ``postback`` …). ``data``: small facts of an event: ``tag``, ``ref``,
    ``workflow_id`` of the one whose time has come."""

    type: str
    kind: str = ""
    text: str = field(default="", repr=False)
    payload: str = ""
    understanding: Understanding | None = None
    started: bool = False
    post: PostFact | None = None
    live_since: datetime | None = None  # when the workflow that is asked went live
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerType:
    """A way to start a workflow: ``matches`` is pure and says why, or None. ``misses`` says why not, in a few words.

    ``timed``: nobody tells it, time does: how long something must have been so (`salespilots.services.workflows.timed`).
    ``general``: whether, with these settings, it takes messages whatever they are about; new workflows are put before it.
    ``sentence_hi`` and ``label_hi``: the same in Hindi. ``group``: where the builder lists it (message | sale | customer |
    time).
    """

    key: str
    label: str
    settings: type[SettingsSchema]
    event_types: tuple[str, ...]
    matches: Callable[[Mapping[str, Any], TriggerFact], str | None]
    sentence: Callable[[Mapping[str, Any]], str]
    misses: Callable[[Mapping[str, Any], TriggerFact], str] | None = None
    timed: bool = False
    general: Callable[[Mapping[str, Any]], bool] | None = None
    group: str = "message"
    label_hi: str = ""
    sentence_hi: Callable[[Mapping[str, Any]], str] | None = None
    port_version: int = PORT_VERSION
