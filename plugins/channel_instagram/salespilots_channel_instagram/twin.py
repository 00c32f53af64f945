"""Instagram on loopback: ``python -m salespilots_channel_instagram.twin --port P [--app-secret S] [--webhook-url URL]``.

Plays sending, profiles and conversations of the Graph API, and posts signed webhooks; accounts, signing in and menus are in
`twin_account`, `twin_login` and `twin_menu`, with controls of their own. Control,
besides that of every stand-in (`salespilots.testing.twin`): ``POST /__deliver {"events", "account_id", "batch",
"times", "shuffle", "secret", "unsigned", "envelope", "seconds"}``, ``POST /__echo {"enabled", "drop", "delay_ms"}`` and
``POST /__account {"token", "account_id", "username"}``. Kinds of events and envelopes are those of `twin_events`;
``/__media`` is told of in `twin_media`, ``/__profile`` and ``/__reading`` in `twin_reading`. ``--history FILE`` notes every message taken, before it is answered, for a judge.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from salespilots.testing.courier import RETRIES, Courier
from salespilots.testing.delivery import History
from salespilots.testing.twin import Call, Fault, Handler, Reply, Twin, run_twin
from salespilots_channel_instagram import twin_events, twin_reading
from salespilots_channel_instagram.twin_login import LoginTwin
from salespilots_channel_instagram.twin_media import Shelf
from salespilots_channel_instagram.twin_menu import MenuTwin
from salespilots_channel_instagram.twin_messages import wrong_with
from salespilots_channel_instagram.twin_payloads import entry, item, new_mid, signature, signed_body
from salespilots_channel_instagram.twin_posts import Posts
from salespilots_channel_instagram.twin_windows import Windows, action_of

__all__ = ["InstagramTwin", "entry", "item", "new_mid", "signature", "signed_body"]

ACCOUNT = "17841400000000001"
_NOT_SAID = frozenset({"echo", "echo_image", "echo_deleted", "deleted", "self"})
CARDS = "[cards]"
"""What the history says of a message without words."""
OFF = {
    # kind: (http status, code, subcode, message)
    "429": (400, 4, None, "Application request limit reached"),
    "rate_limited": (400, 613, 2534040, "Calls to this api have exceeded the rate limit"),
    "500": (500, 2, None, "An unexpected error has occurred. Please retry your request later."),
    "token_expired": (401, 190, 463, "Error validating access token: Session has expired"),
    "outside_window": (403, 10, 2534022, "This message is sent outside of allowed window."),
    "400": (400, 100, None, "Invalid parameter"),
    "blocked": (400, 551, 1545041, "This person isn't available right now."),
    "restricted": (400, 10, 1893063, "Your account is restricted"),
    "other_app": (400, 10, 2018300, "Another app is controlling this thread now."),
    "access_off": (400, 200, 2534041, "The account owner has disabled access to instagram direct messages."),
    "sent_with_error": (400, 1, 1357046, "Sent, although something went wrong"),
    "200_error": (200, 2, 1545133, "Service temporarily unavailable"),
}
"""How Meta words its errors."""


def graph_error(status: int, code: int, subcode: int | None, message: str) -> Reply:
    """An error as Meta sends it."""
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbCdEf123"}
    return Reply(status, {"error": error | ({"error_subcode": subcode} if subcode else {})})


class InstagramTwin(LoginTwin, MenuTwin, Twin):
    """The accounts, their conversations, and the webhooks about them."""

    def __init__(
        self, *, app_secret: str = "app-secret", verify_token: str = "verify-token", webhook_url: str = "",  # noqa: S107
        account_id: str = ACCOUNT, username: str = "the_shop", echoes: bool = False, again_within: float = 0,
        drop_echoes: float = 0, retries: int = RETRIES, history: str = "", app_id: str = "",
    ) -> None:  # fmt: skip
        """``drop_echoes``: the share that never comes. ``retries``: of a webhook that is not taken."""
        self.app_secret, self.verify_token, self.webhook_url = app_secret, verify_token, webhook_url
        self.account_id, self.username, self.app_id = account_id, username, app_id
        self.courier = Courier(again_within=again_within, retries=retries)
        self._echo_first, self._drop_echoes = echoes, drop_echoes
        self._chance = random.Random(11)  # noqa: S311 - a day that can be played again
        self._history = History(Path(history)) if history else None
        self._accounts: dict[str, dict[str, str]] = {}
        self.media, self.memory = (
            Shelf(lambda: self.url, lambda seconds: self.stopping.wait(seconds), self.wall),
            twin_reading.Memory(),
        )
        self.reset()
        super().__init__()

    def reset(self) -> None:
        """No messages, default accounts."""
        self.reset_accounts()
        self.reset_login()
        self.reset_menus()
        self.sent: list[dict[str, Any]] = []
        self.threads: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self.details: dict[str, dict[str, Any]] = {}
        self.echo: dict[str, Any] = {"enabled": self._echo_first, "drop": 0, "delay_ms": 0}
        self.acts: list[dict[str, Any]] = []
        self._shades = 0
        self.posts = Posts(graph_error, self.wall, self._draw)
        self.windows = Windows(graph_error, self.wall)

    def _draw(self) -> str:
        """The address of a picture, another one each time."""
        self._shades += 1
        return self.media.put({"kind": "shade", "shade": self._shades})["url"]

    @property
    def ahead(self) -> float:
        """Seconds that Meta's clock is ahead of the machine's."""
        return self.book.ahead

    @ahead.setter
    def ahead(self, seconds: float) -> None:
        self.book.ahead = seconds

    def state(self) -> dict[str, Any]:
        """``sent``: every message taken, in order; ``webhooks``: how background deliveries went."""
        return {
            "sent": self.sent,
            "acts": self.acts,
            "public": self.posts.public,
            "private": self.posts.private,
            "echo": self.echo,
            "webhooks": list(self.courier.outcomes),
            "owed": self.courier.owed,
            **self.account_state(),
        }

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """The part of the Graph API in use; any version."""
        version = r"/v[0-9]+\.[0-9]+"
        return (
            ("POST", rf"{version}/([^/]+)/messages", self._send),
            *self.login_routes(),
            *self.account_routes(),
            *self.menu_routes(),
            ("GET", rf"{version}/([^/]+)/conversations", self._conversations),
            ("GET", rf"{version}/([^/]+)/media", self._with_token(lambda call: self.posts.media(call))),
            ("GET", rf"{version}/([^/]+)/stories", self._with_token(lambda call: self.posts.stories(call))),
            ("POST", rf"{version}/([^/]+)/replies", self._with_token(self._reply)),
            ("GET", rf"{version}/([^/]+)/replies", self._with_token(self._replies)),
            ("GET", r"/ig_messaging_cdn/([0-9a-f]+)", self.media.get),
            ("GET", rf"{version}/(t_[^/]+)", self._thread),
            ("GET", rf"{version}/([^/]+)", self._node),
        )

    def controls(self) -> dict[str, Any]:
        """Customers write, echoes are set, accounts are added."""
        more = {**self.account_controls(), **self.login_controls()}
        return {
            "/__deliver": self._deliver, "/__echo": self._set_echo, "/__account": self._add_account,
            "/__post": lambda body: self.posts.add(body), "/__comment": self._comment, "/__windows": self._set_windows,
            "/__limits": lambda body: self.windows.limits.update(body) or self.windows.limits,
            "/__media": self.media.put, "/__profile": self.memory.introduce, "/__reading": self.memory.set, **more,
        }  # fmt: skip

    def fault_reply(self, kind: str, fault: Fault) -> Reply:
        """In Meta's words where Meta has some."""
        if kind not in OFF:
            return super().fault_reply(kind, fault)
        reply = graph_error(*OFF[kind])
        if fault.retry_after is not None:
            reply.headers["Retry-After"] = f"{fault.retry_after:g}"
        return reply

    def unknown(self, call: Call) -> Reply:
        """A path Meta does not have."""
        return graph_error(400, 2500, None, f"Unknown path components: {call.path}")

    # --- the Graph API ------------------------------------------------------------------------------------

    def _account_of(self, call: Call) -> str:
        """The account behind the token; empty without a token, and for one that died."""
        token = self.token_in(call)
        if self.token_trouble(token) is not None:
            return ""
        if token in self.book.tokens:
            return self.owner_of(token)
        known = self._accounts.get(token)
        return "" if not token else known["account_id"] if known else self.account_id

    def _with_token(self, handler: Handler) -> Handler:
        """Only for who has an account's token."""
        return lambda call: handler(call) if self._account_of(call) else graph_error(*OFF["token_expired"])

    def _reply(self, call: Call) -> Reply:
        with self.lock:
            return self.posts.reply(call.found[0], call)

    def _replies(self, call: Call) -> Reply:
        with self.lock:
            return self.posts.replies(call.found[0], self._account_of(call))

    def _act(self, account: str, body: dict[str, Any], action: str) -> Reply:
        customer = str((body.get("recipient") or {}).get("id") or "")
        with self.lock:
            self.acts.append(
                {"account_id": account, "recipient_id": customer, "action": action, **(body.get("payload") or {})}
            )
        return Reply(200, {"recipient_id": customer})

    def _send(self, call: Call) -> Reply:
        account = self._account_of(call)
        if not account:
            return graph_error(*OFF["token_expired"])
        body = call.json if isinstance(call.json, dict) else {}
        recipient, message = body.get("recipient") or {}, body.get("message") or {}
        action, wrong = action_of(body)
        if action:
            return self._act(account, body, action)
        comment_ref = str(recipient.get("comment_id") or "")
        customer = str(recipient.get("id") or comment_ref)
        wrong = wrong or "no recipient" if not customer else wrong_with(message)
        if wrong:
            return graph_error(400, 100, None, f"(#100) {wrong}")
        with self.lock:
            refused = self.windows.too_fast(account, private=bool(comment_ref))
            if comment_ref and refused is None:
                to = self.posts.recipient_of(comment_ref)
                customer, refused = (to, None) if isinstance(to, str) else (customer, to)
            elif refused is None:
                refused = self.windows.refusal(account, customer, body)
            if refused is not None:
                return refused
            mid = new_mid(account, customer)
            if comment_ref:
                self.posts.private[comment_ref] = mid
        row = {
            "mid": mid, "account_id": account, "recipient_id": customer, "message": message,
            "text": message.get("text", ""), "at": time.monotonic(), "comment_id": comment_ref, "tag": body.get("tag", ""),
        }  # fmt: skip
        with self.lock:
            self.sent.append(row)
            self._keep(account, customer, mid, account, message.get("text", ""))
            if self._history is not None:
                self._history.note("taken", who=customer, text=message.get("text", "") or CARDS, mid=mid)
        self._send_echo(account, customer, mid, message)
        return Reply(200, {"recipient_id": customer, "message_id": mid})

    def _keep(
        self, account: str, customer: str, mid: str, sender: str, text: str, more: dict[str, Any] | None = None,
        at: datetime | None = None,
    ) -> None:  # fmt: skip
        if mid in self.details:
            return
        other = customer if sender == account else account
        created = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
        made = {"id": mid, "created_time": created, "message": text, **(more or {})}
        self.details[mid] = {**made, "from": {"id": sender}, "to": {"data": [{"id": other}]}}
        self.threads[account, customer].append({"id": mid, "created_time": created})

    def wrote(self, customer: str, mid: str, text: str, account: str = "", *, at: datetime | None = None, **more: Any) -> None:  # fmt: skip
        """A customer's message is in the conversation, whoever delivers its webhook. ``more``: what hangs on it."""
        account = account or self.account_id
        with self.lock:
            self._keep(account, customer, mid, customer, text, more, at)
            self.windows.heard(account, customer)

    def answered(self, customer: str, mid: str, text: str, account: str = "", *, at: datetime | None = None) -> None:
        """The shop wrote in Instagram's own app."""
        account = account or self.account_id
        with self.lock:
            self._keep(account, customer, mid, account, text, None, at)

    def _conversations(self, call: Call) -> Reply:
        with self.lock:
            return self.memory.conversations(self._account_of(call), self.threads, call, self.url)

    def _thread(self, call: Call) -> Reply:
        _, account, customer = call.found[0].split("_", 2)
        with self.lock:
            rows = list(reversed(self.threads.get((account, customer), [])))
        shown = [{**one, "created_time": self.memory.time(one["created_time"])} for one in rows]
        return Reply(200, {"id": call.found[0], "messages": {"data": shown}})

    def _node(self, call: Call) -> Reply:
        """A message's details, or a customer's profile."""
        account, ref, fields = self._account_of(call), call.found[0], call.query.get("fields", "")
        if not account:
            return graph_error(*OFF["token_expired"])
        detail = self.details.get(ref)
        if detail is not None:
            other = detail["to"]["data"][0]["id"]
            rows = self.threads.get((detail["from"]["id"], other)) or self.threads[other, detail["from"]["id"]]
            return self.memory.message(detail, rows, fields) or graph_error(*twin_reading.DELETED)
        post = self.posts.node(ref, call)
        if post is not None:
            return post
        if not ref.isdigit():
            return graph_error(400, 100, 33, "Object does not exist")
        with self.lock:
            theirs = [self.details[one["id"]]["from"]["id"] for one in self.threads.get((account, ref), ())]
        if ref not in theirs:
            return graph_error(*twin_reading.NO_CONSENT)
        return Reply(200, self.memory.profile(ref, fields))

    # --- webhooks -----------------------------------------------------------------------------------------

    def _send_echo(self, account: str, customer: str, mid: str, message: dict[str, Any]) -> None:
        with self.lock:
            if not self.webhook_url or not self.echo["enabled"]:
                return
            if self.echo["drop"] > 0:
                self.echo["drop"] -= 1
                return
            if self._chance.random() < self._drop_echoes:
                return
        shown = {name: value for name, value in message.items() if name in ("text", "attachments")}
        if "attachment" in message:  # echoes always list them
            shown["attachments"] = [message["attachment"]]
        made = item(account, {"kind": "echo", "from": customer, "mid": mid})
        made["message"] = {**shown, "mid": mid, "is_echo": True}
        body, headers = signed_body(self.app_secret, [entry(account, [made])])
        self.courier.later(self.webhook_url, body, headers, delay=self.echo["delay_ms"] / 1000)

    def _deliver(self, body: Any) -> Any:
        """Customers write. Answers ``{"posted": [{"status", "ms", "error"}], "mids": […]}``."""
        account = str(body.get("account_id") or self.account_id)
        events = [
            {"kind": "text", **one, "mid": one.get("mid") or new_mid(account, str(one.get("from", "")))}
            for one in body["events"]
        ]
        items = [item(account, one) for one in events]
        for event in events:
            if "message" in item(account, event) and not event.get("by_shop") and event["kind"] not in _NOT_SAID:
                more = twin_reading.details(event)
                self.wrote(
                    str(event.get("from", "200000000000001")), event["mid"], event.get("text", ""), account, **more
                )
        bodies = [items] if body.get("batch") else [[one] for one in items]
        bodies = bodies * int(body.get("times", 1))
        if body.get("shuffle"):
            random.Random(body.get("seed", 1)).shuffle(bodies)  # noqa: S311
        posted = []
        for one in bodies:
            shape, seconds = body.get("envelope"), bool(body.get("seconds"))
            made = twin_events.envelopes(account, one, shape or "messaging", seconds=seconds)
            entries = made if shape or seconds else [entry(account, one)]
            data, headers = signed_body(body.get("secret", self.app_secret), entries)
            if body.get("unsigned"):
                headers = {}
            posted.append(self.courier.at_once(body.get("webhook_url") or self.webhook_url, data, headers))
        return {"posted": posted, "mids": [one["mid"] for one in events]}

    def _comment(self, body: Any) -> Any:
        """Somebody comments; answers as ``/__deliver``."""
        account = str(body.get("account_id") or self.account_id)
        with self.lock:
            field, value = self.posts.comment(body)
        data, headers = signed_body(self.app_secret, [entry(account, [{"field": field, "value": value}])])
        url, times = body.get("webhook_url") or self.webhook_url, int(body.get("times", 1))
        posted = [self.courier.at_once(url, data, headers) for _ in range(times)] if url else []
        return {"posted": posted, "id": value["id"], "field": field, "value": value}

    def _set_windows(self, body: Any) -> Any:
        self.windows.enforce = bool(body.get("enforce", self.windows.enforce))
        self.windows.human_agent = bool(body.get("human_agent", self.windows.human_agent))
        return {"enforce": self.windows.enforce, "human_agent": self.windows.human_agent}

    def _set_echo(self, body: Any) -> Any:
        with self.lock:
            self.echo |= body
            return self.echo

    def _add_account(self, body: Any) -> Any:
        self._accounts[body["token"]] = {"username": "shop", **body}
        self._add_person({"username": body.get("username", "shop"), "account_id": body["account_id"]})
        return {}


if __name__ == "__main__":
    run_twin(
        lambda given: InstagramTwin(
            app_secret=given.app_secret, verify_token=given.verify_token, webhook_url=given.webhook_url,
            account_id=given.account_id, username=given.username, echoes=given.echoes,
            app_id=given.app_id, again_within=given.again_within, drop_echoes=given.drop_echoes, retries=given.retries, history=given.history,
        ),
        description="Instagram on loopback",
        options=(
            ("--app-secret", {"default": "app-secret"}),
            ("--app-id", {"default": "", "help": "the only one that may sign in; empty: any"}),
            ("--verify-token", {"default": "verify-token"}),
            ("--webhook-url", {"default": ""}),
            ("--account-id", {"default": ACCOUNT}),
            ("--username", {"default": "the_shop"}),
            ("--echoes", {"action": "store_true", "help": "post an echo after every send"}),
            ("--again-within", {"type": float, "default": 0, "help": "every webhook comes twice, within so many seconds"}),
            ("--drop-echoes", {"type": float, "default": 0, "help": "the share of echoes that never comes"}),
            ("--retries", {"type": int, "default": RETRIES, "help": "of a webhook that is not taken"}),
            ("--history", {"default": "", "help": "a file that notes every message taken"}),
        ),
    )  # fmt: skip
