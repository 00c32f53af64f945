"""A wake-up on the wire: JSON, so that whoever can write to the queue cannot run code."""

from __future__ import annotations

import json
from typing import Any

from huey.registry import Message
from huey.serializer import Serializer

TASK = "salespilots.wake"


class LaneSerializer(Serializer):
    """A wake-up on the wire: ``{"id": ..., "task": "salespilots.wake", "lane": ...}``."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps({"id": data.id, "task": data.name, "lane": data.args[0]}).encode()

    def _deserialize(self, data: bytes) -> Any:
        fields = json.loads(data)
        blank = dict.fromkeys(Message._fields)
        return Message(
            **{
                **blank, "id": str(fields["id"]), "name": TASK, "args": (str(fields["lane"]),), "kwargs": {},
                "retries": 0, "retry_delay": 0,
            }
        )  # fmt: skip
