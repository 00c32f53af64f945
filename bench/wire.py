"""Signed webhooks of customers' messages as bytes on the wire, made before they are due."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass

HEAD = (
    b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    b"X-Hub-Signature-256: sha256=%s\r\n\r\n"
)
ENTRY = b'{"id":"%s","time":%d,"messaging":[%s]}'
ITEM = (
    b'{"sender":{"id":"%s"},"recipient":{"id":"%s"},"timestamp":%d,'
    b'"message":{"mid":"aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA%s%08dZD","text":%s}}'
)


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Messages of ``cast`` customers who write in turn: message i is due ``start`` + i / ``rate`` seconds after the
    beginning, comes from customer i modulo ``cast``, who says the ``texts`` one after the other. ``run`` (digits) tells its
    customers from those of others; each always writes to the same of the ``accounts``. ``batch``: messages in one POST.
    ``numbers``: where the numbers in message ids begin, for a stream whose customers wrote before.
    """

    name: str
    run: str
    texts: list[str]
    count: int
    accounts: list[str]
    rate: float = 0.0
    cast: int = 400
    start: float = 0.0
    batch: int = 1
    numbers: int = 0
    path: str = "/webhooks/channel/instagram"

    def customer(self, index: int) -> str:
        """Who writes message ``index``."""
        return f"{self.run}{index % self.cast:06d}"

    def account(self, index: int) -> str:
        """To whom."""
        return self.accounts[index % self.cast % len(self.accounts)]

    def text(self, index: int) -> str:
        """What."""
        return self.texts[index // self.cast % len(self.texts)]

    def due(self, index: int) -> float:
        """When, in seconds after the beginning; without a rate all at once."""
        return self.start + (index / self.rate if self.rate else 0.0)


def requests(stream: Stream, secret: str, began: float) -> Iterator[tuple[int, bytes]]:
    """(index of its first message, the POST) in order. ``began``: seconds of the wall clock at the beginning."""
    key = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    path, texts = stream.path.encode(), [json.dumps(one).encode() for one in stream.texts]
    for first in range(0, stream.count, stream.batch):
        entries = []
        for index in range(first, min(stream.count, first + stream.batch)):
            account, at = stream.account(index).encode(), int((began + stream.due(index)) * 1000)
            text = texts[index // stream.cast % len(texts)]
            item = ITEM % (
                stream.customer(index).encode(),
                account,
                at,
                stream.run.encode(),
                stream.numbers + index,
                text,
            )
            entries.append(ENTRY % (account, at, item))
        body = b'{"object":"instagram","entry":[' + b",".join(entries) + b"]}"
        made = key.copy()
        made.update(body)
        yield first, HEAD % (path, len(body), made.hexdigest().encode()) + body
