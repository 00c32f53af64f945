"""The one way to open a stranger's address: nothing here ever connects to an address that is not public."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from salespilots.plugins.fetching import HttpFetcher, is_public
from salespilots.ports.errors import PortError, Rejected, Unavailable
from salespilots.testing.twin import Call, Handler, Reply, Twin, TwinServer

PUBLIC = "93.184.216.34"
HOSTILE = [
    # this machine, this network, in every way of writing it
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://0/", "https://0.0.0.0/", "https://2130706433/",
    "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./",
    "https://127.000.000.001/", "https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://[64:ff9b::127.0.0.1]/", "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/", "https://[2002:0a00:0001::]/", "https://[2001:0:53aa:64c:0:0:80ff:fffe]/", "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[fc00::1]/", "https://[fd12:3456::1]/", "https://[fec0::1]/",
    "https://[ff02::1]/", "https://[2001:db8::1]/", "https://10.0.0.1/", "https://10.255.255.255/", "https://172.16.0.1/",
    "https://172.31.255.255/", "https://192.168.0.1/", "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/",
    "https://198.18.0.1/", "https://192.0.0.1/", "https://192.0.2.1/", "https://203.0.113.7/", "https://224.0.0.1/",
    "https://240.0.0.1/", "https://255.255.255.255/", "https://localhost/", "https://LOCALHOST/", "https://localhost./",
    # names that lead there
    "https://inside.example/", "https://both.example/", "https://mapped.example/", "https://metadata.google.internal/",
    "https://nothing.example/",
    # other schemes, ports, and ways to confuse a reader of addresses
    "http://public.example/", "file:///etc/passwd", "ftp://public.example/", "gopher://127.0.0.1:25/", "data:text/plain,x",
    "javascript:alert(1)", "//public.example/x", "/etc/passwd", "", "https:///x", "https://", "https://public.example:22/",
    "https://public.example:8443/", "https://public.example:0/", "https://public.example:99999/", "https://public.example:x/",
    "https://user@public.example/", "https://user:pw@public.example/", "https://public.example@127.0.0.1/",
    "https://127.0.0.1#@public.example/", "https://127.0.0.1?@public.example/", "https://public.example\\@127.0.0.1/",
    "https://public.example\t/", "https://public.example\r\nHost: x/", "https://pub\x00lic.example/", " https://public.example/",
    "https://public.example/ x", "https://１２７.0.0.1/", "https://ⓛocalhost/", "https://public%2eexample/", "https://intranet/",
    "https://a_b/", "https://-x.example/", "https://" + "a" * 300 + ".example/", "https://public.example/" + "x" * 5000,
]  # fmt: skip

NAMES = {
    "public.example": [PUBLIC], "inside.example": ["10.0.0.7"], "both.example": [PUBLIC, "192.168.1.1"],
    "mapped.example": ["::ffff:169.254.169.254"], "metadata.google.internal": ["169.254.169.254"], "localhost": ["127.0.0.1"],
    "nothing.example": [],
}  # fmt: skip


class Line:
    """Records every connection that is asked for, and makes none."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def __call__(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.asked.append(address)
        raise ConnectionRefusedError


def resolver(names: dict[str, list[str]]) -> Callable[[str, int], Sequence[str]]:
    def resolve(host: str, port: int) -> Sequence[str]:
        if host not in names:
            raise OSError("no such name")
        return names[host]

    return resolve


@pytest.mark.parametrize("url", HOSTILE, ids=range(len(HOSTILE)))
def test_no_hostile_address_is_ever_connected_to(url: str) -> None:
    line = Line()
    with pytest.raises(PortError) as caught:
        HttpFetcher(resolver=resolver(NAMES), connector=line).fetch(url, limit=1000)
    assert line.asked == []
    assert "public.example" not in str(caught.value)  # an address may be a signed one


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 80


def test_a_public_address_is_connected_to_by_its_number_and_looked_up_once() -> None:
    line, asked = Line(), []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    with pytest.raises(Unavailable):
        HttpFetcher(resolver=rebinding, connector=line).fetch("https://public.example/a?b=c", limit=1000)
    assert (line.asked, asked) == ([(PUBLIC, 443)], ["public.example"])


@pytest.mark.parametrize(("text", "public"), [("8.8.8.8", True), ("2001:4860:4860::8888", True), ("nonsense", False), ("::ffff:8.8.8.8", True)])  # fmt: skip
def test_what_is_public(text: str, public: bool) -> None:
    assert is_public(text) is public


# --- a far side on this machine, which rehearsals may reach -----------------------------------------------------


class Far(Twin):
    """Whatever a far side can do."""

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        return (
            ("GET", "/picture", lambda call: Reply(200, b"picture", {"Content-Type": "image/png"})),
            ("GET", "/big", lambda call: Reply(200, b"x" * 2000)),
            ("GET", "/gone", lambda call: Reply(403, "expired")),
            ("GET", "/busy", lambda call: Reply(503, "later")),
            ("GET", "/slow", self._slow),
            ("GET", "/to", lambda call: Reply(302, "", {"Location": call.query["at"]})),
            ("GET", "/loop", lambda call: Reply(302, "", {"Location": "/loop"})),
            ("GET", "/nowhere", lambda call: Reply(302, "")),
        )

    def _slow(self, call: Call) -> Reply:
        self.stopping.wait(5)
        return Reply(200, b"late")


@pytest.fixture
def far() -> Iterator[TwinServer]:
    with TwinServer(Far()) as server:
        yield server


def fetch(url: str, *, limit: int = 1000, seconds: float = 5, allowed: bool = True) -> bytes:
    return HttpFetcher(allow_loopback=allowed).fetch(url, limit=limit, seconds=seconds).body


def test_what_comes_back(far: TwinServer) -> None:
    found = HttpFetcher(allow_loopback=True).fetch(f"{far.url}/picture", limit=1000)
    assert (found.body, found.kind) == (b"picture", "image/png")
    (asked,) = far.requests()
    assert set(asked["headers"]) <= {"host", "accept", "accept-encoding", "user-agent", "connection"}
    with pytest.raises(Rejected, match="private_address"):
        fetch(f"{far.url}/picture", allowed=False)
    assert len(far.requests()) == 1


@pytest.mark.parametrize(
    ("path", "kind", "reason"),
    [
        ("/big", Rejected, "too_large"), ("/gone", Rejected, "gone"), ("/busy", Unavailable, "no_answer"),
        ("/loop", Rejected, "redirects"), ("/nowhere", Rejected, "redirects"), ("/slow", Unavailable, "no_answer"),
        ("/to?at=https://10.0.0.1/", Rejected, "private_address"), ("/to?at=http://169.254.169.254/", Rejected, "private_address"),
        ("/to?at=file:///etc/passwd", Rejected, "bad_address"), ("/to?at=http://8.8.8.8/", Rejected, "bad_address"),
        ("/to?at=https://user@example.com/", Rejected, "bad_address"),
    ],
)  # fmt: skip
def test_what_goes_wrong(far: TwinServer, path: str, kind: type[PortError], reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        fetch(far.url + path, seconds=1)
    assert caught.value.reason == reason
    assert time.monotonic() - started < 4


def test_a_redirect_is_followed_a_little(far: TwinServer) -> None:
    assert fetch(f"{far.url}/to?at=/picture") == b"picture"
    assert fetch(f"{far.url}/to?at={far.url}/to%3Fat=/picture") == b"picture"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"nothing of the kind\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    ],
)  # fmt: skip
def test_a_far_side_that_talks_nonsense(said: bytes) -> None:
    with _Server(lambda line: line.sendall(said)) as url, pytest.raises(PortError):
        fetch(url, limit=100_000, seconds=2)


def test_a_far_side_that_drips_is_cut_off() -> None:
    def drip(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            line.sendall(b"x")
            time.sleep(0.1)

    started = time.monotonic()
    with _Server(drip) as url, pytest.raises(Unavailable):
        fetch(url, seconds=0.8)
    assert time.monotonic() - started < 4


def test_without_an_end_it_is_cut_at_the_limit() -> None:
    def endless(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
        for _ in range(2000):
            line.sendall(b"x" * 10_000)

    with _Server(endless) as url, pytest.raises(Rejected, match="too_large"):
        fetch(url, limit=50_000)


class _Server:
    """One connection, answered by hand."""

    def __init__(self, say: Callable[[socket.socket], None]) -> None:
        self._say, self._listening = say, socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        threading.Thread(target=self._serve, daemon=True).start()
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/"

    def _serve(self) -> None:
        try:
            line, _ = self._listening.accept()
            with line:
                line.recv(4096)
                self._say(line)
        except OSError:
            return

    def __exit__(self, *error: object) -> None:
        self._listening.close()
