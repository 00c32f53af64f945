"""What a template's placeholders stand for in a chat that a person answers: the product last talked about, the newest order."""

from __future__ import annotations

from salespilots.domain.catalog import ProductState
from salespilots.domain.conversation import Conversation
from salespilots.domain.customer import Customer
from salespilots.domain.money import rupees
from salespilots.domain.order_states import OrderState
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.ports.texts import OWN_FIELD, say
from salespilots.services.catalog import details_in
from salespilots.services.core import Core
from salespilots.services.workflows.reading import order_view


def known_in(core: Core, uow: UnitOfWork, conversation: Conversation, language: str) -> dict[str, str]:
    """Placeholder to its value; what is not known of this chat is left out, to be filled in by hand."""
    customer, shop = uow.customers.get(conversation.customer_id), uow.shop()
    values = {"customer": (customer.name or "").split(" ")[0], "shop": shop.name}
    values |= {f"{OWN_FIELD}{key}": str(value) for key, value in customer.fields.items()}
    values |= _product_in(uow, conversation, language) | _order_in(core, uow, customer)
    address = customer.address
    values["address"] = ", ".join(str(address[one]) for one in ("name", "line1", "city", "pincode") if address.get(one))
    return {key: value for key, value in values.items() if value}


def _product_in(uow: UnitOfWork, conversation: Conversation, language: str) -> dict[str, str]:
    """Of the product that the chat was about last, with today's price and pieces."""
    product = uow.products.find(id=str(conversation.focus.get("product_id") or ""))
    if product is None or product.state is not ProductState.LIVE:
        return {}
    [detail] = details_in(uow, [product])
    chosen = [one for one in detail.variants if one.id == conversation.focus.get("variant_id")] or detail.variants
    if not chosen:
        return {}
    prices, pieces = [one.price_paise for one in chosen], sum(detail.levels[one.id].available for one in chosen)
    low, high = rupees(min(prices)), rupees(max(prices))
    stock = say("sold out", language)
    if pieces > 0:
        stock = say("only {n} left" if pieces <= 3 else "{n} in stock", language, n=pieces)
    return {
        "product": product.title, "stock": stock,
        "price": low if low == high else say("{low} to {high}", language, low=low, high=high),
    }  # fmt: skip


def _order_in(core: Core, uow: UnitOfWork, customer: Customer) -> dict[str, str]:
    """Of the customer's newest order."""
    newest = uow.orders.select(eq("customer_id", customer.id), order="-created_at", limit=5)
    order = next((one for one in newest if one.state is not OrderState.DRAFT), None)
    if order is None:
        return {}
    view = order_view(core, order)
    return {
        "order": view.number, "items": view.items, "total": rupees(view.total_paise), "due": rupees(view.due_paise),
        "link": (view.payment_url or "") if order.payable else "", "tracking": view.tracking_number,
        "courier": view.courier,
    }  # fmt: skip
