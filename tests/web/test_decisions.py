"""What the owner reads of messages that did not leave, and what they can do: in the chat, on Home, under About."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from salespilots.ports.errors import AuthFailed, OutcomeUnknown, RateLimited, Rejected, Unavailable
from salespilots.web.app import create_app
from tests.support.browser import Visitor
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.program import Program
from tests.support.shop import World

RISK = "If it did and you send it again, the customer gets it twice."


class Desk:
    """The owner at the pages of a shop whose customers are on a channel that the test scripts."""

    def __init__(self, world: World, plugin: FakeChannelPlugin) -> None:
        self.far = FarSide(world.practice_shop(), plugin)
        self.shop, self.world, self.channel = self.far.shop, world, plugin.channel
        self.owner = Visitor(create_app(world.application))
        self.owner.sign_in("meera@example.in")

    def later(self, **duration: float) -> None:
        self.world.clock.advance(timedelta(**duration))
        self.world.settle()

    def words(self, path: str, **headers: str) -> str:
        """What stands on a page."""
        answer = self.owner.get(path, **headers)
        assert answer.status_code == 200, (path, answer.status_code)
        main = answer.text.partition("<main")[2].partition(">")[2] or answer.text
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())

    @property
    def chat(self) -> str:
        return f"/app/inbox/{self.far.chat().id}"

    def thread(self) -> str:
        return self.words(self.chat).partition("Messages")[2] or self.words(self.chat)

    def fail(self, *errors: Exception, said: str = "asdf qwer") -> Any:
        """A message of a customer whose answer meets these errors; gives the answer."""
        self.far.say("thanks")
        self.channel.script = list(errors)
        self.far.say(said)
        return next(one for one in reversed(self.far.messages()) if one.direction == "out")

    def doubted(self, minutes: int = 17) -> Any:
        """An answer that the channel took without saying so, after these minutes."""
        self.channel.accepted_then_failed = True
        message = self.fail(OutcomeUnknown(provider="fake"))
        self.channel.accepted_then_failed = False
        for _ in range(minutes):
            self.later(minutes=1)
        return message

    def state(self, message: Any) -> str:
        return next(str(one.state) for one in self.far.messages() if one.id == message.id)

    def hrefs(self, path: str) -> list[str]:
        return re.findall(r'(?:href|action)="([^"]*)"', self.owner.get(path).text)


@pytest.fixture
def desk(make_world: Callable[..., World], sqlite_url: str) -> Desk:
    plugin = FakeChannelPlugin()
    return Desk(make_world(sqlite_url, extra=[plugin]), plugin)


# --- the chat -------------------------------------------------------------------------------------------------


def test_while_it_is_found_out_whether_a_message_arrived_nobody_is_asked(desk: Desk) -> None:
    message = desk.doubted(minutes=1)
    text = desk.thread()
    assert "Not confirmed" in text
    assert "Fake gave no clear answer, and does not show the chat. We are finding out whether it arrived." in text
    assert not any(f"/messages/{message.id}/" in one for one in desk.hrefs(desk.chat))
    before = len(desk.channel.sent)
    for path, back in (
        (f"{desk.chat}/messages/{message.id}/retry", f"{desk.chat}#newest"),
        (f"/app/settings/about/{message.id}/retry", "/app/settings/about#decide"),
    ):
        answer = desk.owner.post(path)
        assert (answer.status_code, answer.location) == (303, back)
        said = desk.owner.get(back.partition("#")[0]).text
        assert "It is still being looked for; you can decide in 14 minutes." in said
    desk.world.settle()
    assert (desk.state(message), len(desk.channel.sent)) == ("uncertain", before)


def test_a_person_says_that_it_arrived(desk: Desk) -> None:
    message = desk.doubted()
    text = desk.thread()
    assert f"It may have arrived: Fake never said. {RISK} Send again It arrived" in text
    before = len(desk.channel.sent)
    for _ in range(2):
        answer = desk.owner.post(f"{desk.chat}/messages/{message.id}/arrived")
        assert (answer.status_code, answer.location) == (303, f"{desk.chat}#newest")
    assert "That message was settled already." in desk.owner.get(desk.chat).text
    desk.world.settle()
    assert (desk.state(message), len(desk.channel.sent)) == ("sent", before)
    assert "Send again" not in desk.thread()


def test_a_person_has_it_sent_again(desk: Desk) -> None:
    message = desk.doubted()
    before = len(desk.channel.sent)
    desk.owner.post(f"{desk.chat}/messages/{message.id}/retry")
    assert "It is sent again, as a person decided." in desk.thread()
    desk.owner.post(f"{desk.chat}/messages/{message.id}/retry")
    assert "That message was settled already." in desk.owner.get(desk.chat).text
    desk.world.settle()
    assert (desk.state(message), len(desk.channel.sent)) == ("sent", before + 1)


def test_what_cannot_leave_any_more_is_only_said_what_became_of_it(desk: Desk) -> None:
    message = desk.doubted()
    desk.owner.post(f"{desk.chat}/take-over")
    text = desk.thread()
    assert (
        "A person took over the chat. So it is not sent again: say what became of it. It did not arrive It arrived"
        in text
    )
    before = len(desk.channel.sent)
    desk.owner.post(f"{desk.chat}/messages/{message.id}/retry")
    desk.world.settle()
    assert (desk.state(message), len(desk.channel.sent)) == ("cancelled", before)
    assert "1 automatic message not sent. A person took over the chat." in desk.thread()


def test_a_message_of_another_chat_is_not_there(desk: Desk) -> None:
    message = desk.doubted()
    desk.far.say("Hi", who="bina")
    other = f"/app/inbox/{desk.far.chat('bina').id}"
    for act in ("retry", "arrived"):
        assert desk.owner.post(f"{other}/messages/{message.id}/{act}").status_code == 404
    assert desk.state(message) == "uncertain"


@pytest.mark.parametrize(
    ("error", "said", "helps"),
    [
        (
            Rejected(provider="fake", reason="recipient_unavailable"),
            "The customer has blocked the shop or left Fake.",
            False,
        ),
        (Rejected(provider="fake", reason="reply_window_closed"), "The reply window is closed.", False),
        (
            Rejected(provider="fake", reason="app_not_approved"),
            "Fake has not approved the app for this account yet.",
            True,
        ),
        (Rejected(provider="fake", reason="code_131"), "Fake answered with error 131.", True),
        (Rejected(provider="fake"), "Fake did not take it and did not say why.", True),
        (Rejected(provider="fake", reason="of_its_own"), "Fake did not take it (of_its_own).", True),
    ],
)
def test_why_a_message_was_not_sent(desk: Desk, error: Exception, said: str, helps: bool) -> None:
    message = desk.fail(error)
    text = desk.thread()
    assert f"Not sent {said}" in text
    assert (f"{desk.chat}/messages/{message.id}/retry" in desk.hrefs(desk.chat)) is helps
    desk.later(hours=25)
    assert f"{desk.chat}/messages/{message.id}/retry" not in desk.hrefs(desk.chat)  # the reply window is closed


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unavailable(provider="fake", retry_after=600), r"Fake is not answering\. Tried again by 10:1\d am\."),
        (RateLimited(provider="fake", retry_after=600), r"Fake asked us to slow down\. Tried again by 10:1\d am\."),
        (AuthFailed(provider="fake"), r"It waits until Fake is connected again\."),
        (Rejected(provider="fake", reason="account_restricted"), r"Fake has restricted your account\. It waits"),
    ],
)
def test_why_a_message_waits(desk: Desk, error: Exception, said: str) -> None:
    desk.fail(error)
    assert re.search(said, desk.thread())
    desk.later(minutes=12)
    assert not re.search(said, desk.thread())


def test_a_message_behind_one_in_doubt_says_so(desk: Desk) -> None:
    desk.channel.accepted_then_failed = True
    desk.fail(OutcomeUnknown(provider="fake"))
    desk.owner.post(f"{desk.chat}/reply", text="Namaste, Meera here")
    desk.world.settle()
    assert "It waits until it is known whether the message before it arrived." in desk.thread()


def test_a_message_behind_one_that_waits_says_so(desk: Desk) -> None:
    desk.far.say("thanks")
    desk.channel.script = [Unavailable(provider="fake", retry_after=600)]
    for text in ("Namaste, Meera here", "Which colour would you like?"):
        desk.owner.post(f"{desk.chat}/reply", text=text)
    desk.world.settle()
    assert re.search(r"Fake is not answering\..* It waits for the message before it\.", desk.thread())
    desk.later(minutes=11)
    assert "It waits" not in desk.thread()


def test_stopped_messages_are_one_quiet_line_with_their_words(desk: Desk) -> None:
    desk.far.say("thanks")
    desk.channel.script = [Unavailable(provider="fake", retry_after=60)]
    desk.far.say("blue saree kitna hai?")
    stopped = [one.text for one in desk.far.messages() if one.state == "queued"]
    assert len(stopped) == 2
    desk.owner.post(f"{desk.chat}/reply", text="Namaste, Meera here")
    page = desk.owner.get(desk.chat).text
    assert page.count('<details class="ev">') == 1
    line = html.unescape(re.sub(r"<[^>]*>", "|", page.partition('<details class="ev">')[2].partition("</details>")[0]))
    assert "2 automatic messages not sent. A person took over the chat." in line
    for words in stopped:
        assert words in line


# --- the log of a run -----------------------------------------------------------------------------------------


def test_a_run_shows_how_each_of_its_messages_ended(desk: Desk) -> None:
    desk.far.say("thanks")
    desk.channel.script = [Rejected(provider="fake", reason="bad_content")]
    desk.far.say("blue saree kitna hai?")
    newest = desk.far.messages()[-1]
    said = [one for one in desk.far.messages() if one.run_id == newest.run_id]
    path = f"/app/workflows/{said[0].actor_id}/runs/{said[0].run_id}"
    text = desk.words(path).partition("What it said")[2]
    assert f"{said[0].text} Not sent Fake does not take what is in it" in text
    assert re.search(r"is ₹1,499\.00.* Sent · \d+:\d\d am", text)


# --- about ----------------------------------------------------------------------------------------------------


def test_an_event_that_was_given_up_is_read_and_handled_again(desk: Desk) -> None:
    assert "Nothing waits for your decision" in desk.words("/app/settings/about")
    desk.shop.say("Hi")
    id = desk.shop.given_up("<b>blue saree</b> kitna hai?")
    text = desk.words("/app/settings/about")
    assert "A message from Riya Practice chat" in text
    assert "<b>blue saree</b> kitna hai?" in text
    assert "It could not be handled in 1 try (RuntimeError)." in text
    before = len(desk.shop.phone())
    answer = desk.owner.post(f"/app/settings/about/{id}/retry")
    assert answer.location == "/app/settings/about#decide"
    desk.world.settle()
    assert any("₹1,499.00" in one.text for one in desk.shop.phone()[before:])
    assert "It is handled again" in desk.owner.get("/app/settings/about").text
    assert desk.owner.post(f"/app/settings/about/{id}/retry").status_code == 303
    assert "That was decided already" in desk.owner.get("/app/settings/about").text


def test_a_payment_that_was_given_up_says_how_much(desk: Desk) -> None:
    order = desk.shop.order_two_sarees()
    payment = desk.shop.payment(order)
    desk.world.services.practice.pay(payment, method="upi", outcome="paid", attempt="a")
    lane = f"payments:practice:{payment.reference}"
    with desk.world.storage.unit_of_work(desk.shop.id) as uow:
        uow.inbox.park(uow.inbox.waiting([lane])[lane][0], error="amount_mismatch")
        uow.commit()
    text = desk.words("/app/settings/about")
    assert re.search(r"A payment Practice pay\w* · [^₹]*₹3,078\.00 The money does not fit the order\. Try again", text)
    id = desk.world.services.stuck.given_up(desk.shop.id)[0].id
    assert "It is not booked and does not come up here again." in desk.words(f"/app/settings/about?leave={id}")
    desk.owner.post(f"/app/settings/about/{id}/retry")
    desk.world.settle()
    assert desk.world.services.orders.get(desk.shop.id, order.id).payment_status == "paid"


def test_leaving_an_event_asks_first_without_scripts(desk: Desk) -> None:
    id = desk.shop.given_up("blue saree kitna hai?")
    assert f"/app/settings/about?leave={id}" in desk.hrefs("/app/settings/about")
    assert f"/app/settings/about/{id}/discard" not in desk.hrefs("/app/settings/about")
    asked = f"/app/settings/about?leave={id}"
    assert "Leave it for good?" in desk.words(asked)
    assert f"/app/settings/about/{id}/discard" in desk.hrefs(asked)
    desk.owner.post(f"/app/settings/about/{id}/discard")
    desk.world.settle()
    assert "Nothing waits for your decision" in desk.words("/app/settings/about")
    assert "Leave it for good?" not in desk.words(asked)
    assert desk.shop.phone() == []


def test_a_send_of_which_nobody_knows_is_decided_there_too(desk: Desk) -> None:
    message = desk.doubted(minutes=2)
    text = desk.words("/app/settings/about")
    assert "We are finding out whether it arrived." in text
    assert "Send again" not in text
    for _ in range(15):
        desk.later(minutes=1)
    text = desk.words("/app/settings/about")
    assert message.text in text
    assert f"{RISK} Send again It arrived Open the chat" in text
    assert desk.owner.post(f"/app/settings/about/{message.id}/discard").status_code == 303
    assert desk.state(message) == "sent"
    assert "Nothing waits for your decision" in desk.words("/app/settings/about")


def test_the_health_card_speaks_plainly(desk: Desk) -> None:
    from salespilots.ports.work import Worker

    text = desk.words("/app/settings/about")
    assert "No worker is there Nothing is answered until one runs." in text
    desk.world.services.workforce.tell(Worker(id="h:1", host="secret-host", pid=1, version="1"))
    text = desk.words("/app/settings/about")
    assert "1 worker is at work Looked for work" in text
    assert "Nothing waits All that came in is handled" in text
    assert "No chat is being worked on right now" in text
    assert "secret-host" not in text
    other = desk.world.practice_shop("Kabir Shoes", "kabir@example.in")
    other.say("Hi", settle=False)
    other.given_up("kitna?", who="asha")
    desk.shop.say("Hi", settle=False)
    desk.world.clock.advance(timedelta(seconds=30))
    text = desk.words("/app/settings/about")
    assert "1 event waits The oldest came 30 s ago" in text  # this shop's
    assert "Nothing waits for your decision" in text


def test_an_unknown_id_is_not_found(desk: Desk) -> None:
    for id in ("evt_0", "evt_99999", "evt_x", "msg_none0000000000", "nonsense", f"evt_{2**70}"):
        for act in ("retry", "discard"):
            assert desk.owner.post(f"/app/settings/about/{id}/{act}").status_code == 404, (id, act)


# --- home -----------------------------------------------------------------------------------------------------


def test_home_leads_to_what_waits_for_a_word(desk: Desk) -> None:
    assert "arrived" not in desk.words("/app").partition("Needs you")[2].partition("Revenue")[0]
    desk.doubted()
    needs = desk.words("/app")
    assert "1 reply may not have arrived Say whether it did" in needs
    assert "A reply to" in needs.partition("Happening now")[2]
    assert desk.chat in desk.hrefs("/app")
    desk.shop.given_up()
    assert "1 thing was not handled Try again, or leave it" in desk.words("/app")
    assert "/app/settings/about#decide" in desk.hrefs("/app")
    region = desk.words("/app", X_Partial="needs")
    assert "1 reply may not have arrived" in region


def test_programs_see_state_and_reason(desk: Desk) -> None:
    message = desk.doubted()
    program = Program(desk.owner.app, desk.shop)
    told = program.get(f"/messages/{message.id}")
    assert (told["state"], told["reason"]) == ("uncertain", "needs_decision")
