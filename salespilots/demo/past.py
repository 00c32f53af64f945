"""What happened in the practice shop in the last days: five customers, their chats and their orders.

A new owner sees what the screens look like when a shop is alive: a parcel delivered, one on its way, one to pack, a
customer who waits for a person. Everything lies before today, so today's figures are the owner's own. Prices, totals and
order numbers are filled in from the catalogue when it is loaded: ``{price}``, ``{total}``, ``{number}``, ``{title}``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened ``minutes`` after the step before.

    ``kind``: ``customer``, ``bot`` or ``owner`` says ``text``; ``placed``, ``paid``, ``packed``, ``shipped``, ``delivered``
    move the order; ``asks_person`` hands the chat to the owner.
    """

    minutes: int
    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class PastCustomer:
    """One practice customer with a past. ``address`` as orders keep it; times are Indian."""

    ref: str
    name: str
    days_ago: int
    at: time
    sku: str
    quantity: int
    steps: tuple[Step, ...]
    address: dict[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    courier: str = ""
    tracking_number: str = ""


_SUMMARY = "{quantity} × {title}: {total} with shipping. Shall I place the order?"
_PAID = "Payment of {total} received for order {number}. Thank you! We are packing it now."
_DAY = 24 * 60

PAST: tuple[PastCustomer, ...] = (
    PastCustomer(
        ref="past-meera", name="Meera Nair", days_ago=6, at=time(20, 41), sku="BAG-JUTE", quantity=1,
        tags=("repeat buyer",),
        address={
            "name": "Meera Nair", "phone": "+919800000011", "line1": "14 Temple Road", "city": "Thrissur",
            "state": "Kerala", "pincode": "680001",
        },
        courier="India Post", tracking_number="EK000000011IN",
        steps=(
            Step(0, "customer", "Hi, is the jute tote still there? Price?"),
            Step(0, "bot", "{title} is {price} and in stock."),
            Step(1, "customer", "1 chahiye"),
            Step(0, "bot", _SUMMARY),
            Step(2, "customer", "yes"),
            Step(0, "placed"),
            Step(3, "paid"),
            Step(0, "bot", _PAID),
            Step(14 * 60, "packed"),
            Step(90, "shipped"),
            Step(1, "bot", "Order {number} is on its way with India Post, tracking number EK000000011IN."),
            Step(3 * _DAY, "delivered"),
            Step(200, "customer", "Got the bag, it is lovely. Thank you!"),
            Step(4, "owner", "So happy you like it, Meera!"),
        ),
    ),
    PastCustomer(
        ref="past-rahul", name="Rahul Verma", days_ago=3, at=time(13, 5), sku="MUG-LEAF", quantity=2,
        address={
            "name": "Rahul Verma", "phone": "+919800000012", "line1": "Flat 3B, Green Park", "city": "Pune",
            "state": "Maharashtra", "pincode": "411001",
        },
        courier="Delhivery", tracking_number="1490000000012",
        steps=(
            Step(0, "customer", "mug kitne ka hai?"),
            Step(0, "bot", "{title} is {price} and in stock."),
            Step(2, "customer", "2 chahiye, Pune delivery hogi?"),
            Step(0, "bot", _SUMMARY),
            Step(1, "customer", "haan"),
            Step(0, "placed"),
            Step(6, "paid"),
            Step(0, "bot", _PAID),
            Step(22 * 60, "packed"),
            Step(45, "shipped"),
            Step(0, "bot", "Order {number} is on its way with Delhivery, tracking number 1490000000012."),
        ),
    ),
    PastCustomer(
        ref="past-fatima", name="Fatima Shaikh", days_ago=1, at=time(21, 12), sku="DIY-TERRA", quantity=3,
        address={
            "name": "Fatima Shaikh", "phone": "+919800000013", "line1": "22 Charminar Lane", "city": "Hyderabad",
            "state": "Telangana", "pincode": "500002",
        },
        steps=(
            Step(0, "customer", "diyas price please"),
            Step(0, "bot", "{title} is {price} and in stock."),
            Step(1, "customer", "3 sets"),
            Step(0, "bot", _SUMMARY),
            Step(1, "customer", "ok confirm"),
            Step(0, "placed"),
            Step(4, "paid"),
            Step(0, "bot", _PAID),
        ),
    ),
    PastCustomer(
        ref="past-kavita", name="कविता जोशी", days_ago=2, at=time(17, 30), sku="DUP-GREEN", quantity=1,
        tags=("asked price",),
        steps=(
            Step(0, "customer", "हरा दुपट्टा कितने का है?"),
            Step(0, "bot", "{title} is {price} and in stock."),
            Step(5, "customer", "अच्छा, सोचकर बताती हूँ"),
        ),
    ),
    PastCustomer(
        ref="past-ananya", name="Ananya Das", days_ago=1, at=time(22, 48), sku="CUS-TEAL", quantity=1,
        steps=(
            Step(0, "customer", "Do you have the teal cushion cover?"),
            Step(0, "bot", "{title} is {price} and in stock."),
            Step(3, "customer", "Can you make it in 18 inch also? Need 6 for an event"),
            Step(0, "asks_person"),
            Step(0, "bot", "I am asking the shop. Somebody will write to you here."),
        ),
    ),
)  # fmt: skip
