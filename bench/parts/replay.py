"""Replaying a shop's last days with a draft, and trying one workflow: in this process, on a file of SQLite."""

from __future__ import annotations

import copy
import gc
import random
import time
from datetime import timedelta

from bench.context import Bench
from bench.table import Goal
from salespilots.bootstrap import Application, assemble, migrate
from salespilots.config import load_config
from salespilots.domain.conversation import Author, Conversation, Direction, Message, MessageState
from salespilots.domain.customer import ChannelIdentity, Customer
from salespilots.domain.inbox import lane_of
from salespilots.services.rehearsal.script import say

REPLAY, TRY = Goal(gate=500, least=True), Goal(gate=200)
WORDS = (
    "blue saree kitna hai?", "2", "Riya Sen", "98450 12345", "560038", "14, 3rd Cross, Indiranagar", "yes", "Hi",
    "timing?", "jhumka dikhao", "mera order kaha hai", "kurta M hai?", "thanks", "price?", "red saree price", "cod?",
)  # fmt: skip
EACH = 6
"""Messages of a customer."""

PURCHASE = (
    "blue saree kitna hai?", "2 chahiye", "Riya Sen", "98450 12345", "560038", "14, 3rd Cross, Indiranagar", "yes",
)  # fmt: skip


def measure(bench: Bench) -> None:
    """As many messages as a page replays, unchanged and with a draft; then a purchase as a dry run."""
    count = 200 if bench.quick else 3000
    home = bench.folder / "replay"
    home.mkdir()
    application = assemble(load_config({"SALESPILOTS_HOME": str(home)}))
    migrate(application)
    services = application.services
    _, shop = services.accounts.sign_up(
        shop_name="Replay", name="Bench", email="replay@example.in", password="lotus river 42 sun"
    )
    services.demo.load(shop.id)
    write_past(application, shop.id, count)
    welcome, *_ = (one for one in services.workflows.page(shop.id).items if one.starter == "welcome")
    draft = copy.deepcopy(welcome.draft)
    draft["steps"][0]["settings"]["text"] = "Ram Ram!"
    gc.collect()
    gc.freeze()  # as the web server does
    same = services.time_machine.replay(shop.id, welcome.id, days=30, seconds=120)
    worked = time.process_time()
    told = services.time_machine.replay(shop.id, welcome.id, days=30, definition=draft, seconds=120)
    worked = time.process_time() - worked
    bench.table.must(not same.rows, "an unchanged workflow made a difference in the replay")
    bench.table.must(bool(told.rows), "a changed workflow made no difference in the replay")
    note = (
        f"{told.messages} messages in {told.conversations} chats, each in two worlds, with reading and comparing; "
        f"unchanged {same.messages / same.seconds:.0f}; {told.messages / worked:.0f} for each second of a core"
    )
    bench.table.add("messages replayed", round(told.messages / told.seconds), "/s", goal=REPLAY, note=note)
    buy, *_ = (one for one in services.workflows.page(shop.id).items if one.starter == "price_and_buy")
    times = []
    for _ in range(3 if bench.quick else 20):
        began = time.perf_counter()
        services.dry_runs.run(shop.id, buy.id, say(*PURCHASE))
        times.append((time.perf_counter() - began) * 1000)
    bench.table.add("dry run of a purchase, 7 messages", round(sorted(times)[len(times) // 2], 1), "ms", goal=TRY)
    gc.unfreeze()
    application.storage.close()


def write_past(application: Application, shop_id: str, count: int) -> None:
    """What customers wrote within three weeks."""
    core, chance = application.services.core, random.Random(7)
    start = core.clock.now() - timedelta(days=21)
    step = timedelta(days=20) / count
    with core.storage.unit_of_work(shop_id) as uow:
        chats: list[Conversation] = []
        for number in range(count // EACH):
            ref = f"past-{number}"
            keys = {"provider": "practice", "account_ref": shop_id, "customer_ref": ref}
            customer = Customer(
                id=core.ids.new("customer"), business_id=shop_id, created_at=start, channel="practice", practice=True,
                name=f"Customer {number}",
            )  # fmt: skip
            identity = ChannelIdentity(
                id=core.ids.new("identity"), business_id=shop_id, customer_id=customer.id, **keys
            )
            chat = Conversation(
                id=core.ids.new("conversation"), business_id=shop_id, customer_id=customer.id, identity_id=identity.id,
                lane=lane_of("practice", shop_id, ref), created_at=start, practice=True, **keys,
            )  # fmt: skip
            uow.customers.add(customer)
            uow.identities.add(identity)
            uow.conversations.add(chat)
            chats.append(chat)
        messages = []
        for number in range(count):
            chat = chance.choice(chats)
            messages.append(
                Message(
                    id=core.ids.new("message"), business_id=shop_id, conversation_id=chat.id,
                    customer_id=chat.customer_id, lane=chat.lane, seq=chat.take_seq(), direction=Direction.IN,
                    author=Author.CUSTOMER, kind="text", created_at=start + step * number, provider="practice",
                    state=MessageState.RECEIVED, text=chance.choice(WORDS), practice=True,
                )
            )  # fmt: skip
        uow.messages.add_many(messages)
        uow.commit()
