"""An outage of Instagram under a warm connection pool."""

from __future__ import annotations

import pytest

from salespilots.ports.channel import Outbound, Text
from salespilots.ports.errors import Unavailable
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.adapter import InstagramChannel
from salespilots_channel_instagram.client import GraphClient
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin

MESSAGE = Outbound(recipient_ref="200000000000001", content=Text(text="hi"), idempotency_key="k")


def test_gone_and_back_on_the_same_port() -> None:
    first = TwinServer(InstagramTwin()).start()
    channel = InstagramChannel(GraphClient(first.url, "token"), ACCOUNT)
    channel.send(MESSAGE)
    first.stop()
    with pytest.raises(Unavailable):  # the pooled connection is seen to be closed: nothing left
        channel.send(MESSAGE)
    with TwinServer(InstagramTwin(), port=int(first.url.rpartition(":")[2])) as second:
        channel.send(MESSAGE)
        assert len(second.state()["sent"]) == 1
