"""Home: what needs the owner, and the figures of a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.events import Event
from salespilots.domain.money import group_digits, rupees, rupees_short
from salespilots.services.dashboard import Stats
from salespilots.web.filters import now, written

RANGES = ("today", "7d", "30d")


def greeting(name: str) -> str:
    """Good morning, Meera."""
    first, hour = (name.split() or [""])[0], now().hour
    if hour < 12:
        return _("Good morning, %(name)s", name=first)
    if hour < 17:
        return _("Good afternoon, %(name)s", name=first)
    return _("Good evening, %(name)s", name=first)


def today_label() -> str:
    """Sunday, 22 November."""
    return written(now(), "EEEE, d MMMM")


def ranges(current: str) -> list[SimpleNamespace]:
    """The period switch."""
    labels = {"today": _("Today"), "7d": _("7 days"), "30d": _("30 days")}
    return [
        SimpleNamespace(
            label=labels[one], href=url_for("home.index", range=one if one != "today" else None), on=one == current
        )
        for one in RANGES
    ]


def needs(
    badges: Mapping[str, int],
    stock: Mapping[str, int],
    setup: tuple[int, int, str] | None,
    *,
    given_up: int = 0,
    undecided: int = 0,
    undecided_href: str = "",
    claims: int = 0,
    accounts: Sequence[tuple[str, str, str]] = (),
    notes: int = 0,
) -> SimpleNamespace:
    """Rows of what waits, most urgent first; ``setup`` is (done, total, next step), ``given_up`` events and
    ``undecided`` sends wait for a person's word; ``claims``: UPI payments that customers say they made;
    ``accounts``: (key, name, what is so) of connections that need the owner; ``notes``: new ones from workflows."""
    rows: list[SimpleNamespace] = []

    def add(count: int, icon: str, tone: str, title: str, meta: str, href: str) -> None:
        if count:
            rows.append(
                SimpleNamespace(kind=icon, icon=icon, tone=tone, title=title, meta=meta, href=href, done=0, total=0)
            )

    for key, name, said in accounts:
        add(1, "plug", "bad", _("%(name)s needs a look", name=name), said, url_for("settings.integration", key=key))
    count = badges.get("waiting", 0)
    title = ngettext("%(num)d chat wants a person", "%(num)d chats want a person", count)
    add(count, "hand", "warn", title, _("Automation stepped back"), url_for("inbox.index", view="waiting"))
    title = ngettext("%(num)d reply may not have arrived", "%(num)d replies may not have arrived", undecided)
    add(undecided, "help", "warn", title, _("Say whether it did"), undecided_href)
    title = ngettext("%(num)d thing was not handled", "%(num)d things were not handled", given_up)
    add(given_up, "alert", "bad", title, _("Try again, or leave it"), url_for("about.index", _anchor="decide"))
    title = ngettext("%(num)d customer says they paid", "%(num)d customers say they paid", claims)
    add(claims, "rupee", "warn", title, _("Look in your bank app"), url_for("money.index"))
    title = ngettext("%(num)d note from a workflow", "%(num)d notes from workflows", notes)
    add(notes, "bolt", "warn", title, _("What you asked to be told"), url_for("notes.index"))
    count = badges.get("attention", 0)
    title = ngettext("%(num)d order needs a look", "%(num)d orders need a look", count)
    add(count, "alert", "bad", title, _("The order says why"), url_for("orders.index", look=1))
    count = badges.get("to_pack", 0)
    title = ngettext("%(num)d order to pack", "%(num)d orders to pack", count)
    add(count, "pack", "brand", title, _("Paid or accepted"), url_for("orders.index", state="confirmed"))
    count = stock.get("out", 0)
    title = ngettext("%(num)d product is sold out", "%(num)d products are sold out", count)
    add(count, "box", "bad", title, _("Customers who ask are told so"), url_for("products.index", status="sold_out"))
    count = stock.get("low", 0)
    title = ngettext("%(num)d product is almost out", "%(num)d products are almost out", count)
    add(count, "box", "warn", title, _("3 or fewer left"), url_for("products.index", status="low"))
    open_count = len(rows)
    if setup is not None:
        done, total, step = setup
        title = _("Set up your shop")
        rows.append(
            SimpleNamespace(
                kind="setup",
                icon="check",
                tone="",
                title=title,
                meta=step,
                href=url_for("start.index"),
                done=done,
                total=total,
            )
        )
    return SimpleNamespace(open_count=open_count, items=rows)


def revenue(stats: Stats, before: Stats, current: str, *, sold: bool) -> SimpleNamespace:
    """The large number with its curve; ``sold``: the shop has had money before, in whatever period."""
    labels = {"today": _("Revenue today"), "7d": _("Revenue in 7 days"), "30d": _("Revenue in 30 days")}
    than = {
        "today": _("vs yesterday by %(time)s", time=written(now(), "h:mm a")),
        "7d": _("vs the 7 days before"), "30d": _("vs the 30 days before"),
    }  # fmt: skip
    shown = SimpleNamespace(
        label=labels[current],
        paise=stats.revenue_paise,
        than=than[current],
        empty=not sold,
        chart=chart(stats, before, current),
        **_change(stats.revenue_paise, before.revenue_paise),
    )
    return shown


def chart(stats: Stats, before: Stats, current: str) -> SimpleNamespace:
    """Today adds up hour by hour; longer periods show each day."""
    if current == "today":
        passed = [paise for at, paise, _n in stats.series if at <= now()]
        points, previous = _sums(passed), _sums([paise for _at, paise, _n in before.series])
        labels = [_("12 am"), _("6 am"), _("12 pm"), _("6 pm"), _("12 am")]
        slots = len(stats.series) + 1
        rows = [(written(at, "h a"), paise) for at, paise, _n in stats.series if paise]
    else:
        points = [paise for _at, paise, _n in stats.series]
        previous = [paise for _at, paise, _n in before.series]
        slots = len(points)
        days = [at for at, _paise, _n in stats.series]
        step = max(1, (len(days) - 1) // 4) if current == "30d" else 1
        labels = [written(at, "d MMM" if current == "30d" else "EEE") for at in days[::step]]
        rows = [(written(at, "d MMM"), paise) for at, paise, _n in stats.series]
    summary = _("%(amount)s in this period, %(before)s in the one before.", amount=rupees(stats.revenue_paise),
                before=rupees(before.revenue_paise))  # fmt: skip
    return SimpleNamespace(points=points, previous=previous, slots=slots, labels=labels, summary=summary, rows=rows)


def _sums(values: Sequence[int]) -> list[int]:
    sums = [0]
    for value in values:
        sums.append(sums[-1] + value)
    return sums


def _change(value: float | None, before: float | None, *, less_is_good: bool = False) -> dict[str, object]:
    """A change in per cent with its direction."""
    if value is None or not before:
        return {"delta": "", "direction": "flat", "good": True}
    percent = (value - before) / before * 100
    direction = "up" if percent > 0 else "down" if percent < 0 else "flat"
    text = f"{abs(percent):.0f}%" if abs(percent) >= 10 else f"{abs(percent):.1f}%"
    return {"delta": text, "direction": direction, "good": (percent >= 0) != less_is_good}


def seconds(value: float | None) -> str:
    """38 s, 4 min, 2 h."""
    if value is None:
        return ""
    if value < 60:
        return _("%(count)s s", count=max(1, round(value)))
    if value < 5400:
        return _("%(count)s min", count=round(value / 60))
    return _("%(count)s h", count=round(value / 3600))


def tiles(stats: Stats, before: Stats, *, money: bool) -> list[SimpleNamespace]:
    """Six numbers; without the permission for figures those about money are left out."""
    messages, earlier = stats.messages_in + stats.messages_out, before.messages_in + before.messages_out
    share = stats.automated_share
    average = stats.average_order_paise
    shown = [
        _tile(_("Paid orders"), group_digits(stats.paid_orders), _change(stats.paid_orders, before.paid_orders),
              url_for("orders.index"), [n for at, _paise, n in stats.series if at <= now()]),
        _tile(_("New customers"), group_digits(stats.new_customers), _change(stats.new_customers, before.new_customers),
              url_for("customers.index", segment="new"), tone="info"),
        _tile(_("Messages"), group_digits(messages), _change(messages, earlier), url_for("inbox.index")),
        _tile(_("Automated"), f"{round(share * 100)}%" if share is not None else "",
              _change(share, before.automated_share), tone="auto", note=_("of answered chats")),
        _tile(_("Reply time"), seconds(stats.median_reply_seconds),
              _change(stats.median_reply_seconds, before.median_reply_seconds, less_is_good=True), tone="ok",
              note=_("first answer")),
    ]  # fmt: skip
    if money:
        tile = _tile(_("Average order"), rupees_short(average) if average is not None else "",
                     _change(average, before.average_order_paise), tone="warn")  # fmt: skip
        tile.title = rupees(average) if average is not None else ""
        shown.append(tile)
    return shown


def _tile(
    label: str, value: str, change: Mapping[str, object], href: str = "", series: Sequence[int] = (), tone: str = "",
    note: str = "",
) -> SimpleNamespace:  # fmt: skip
    return SimpleNamespace(
        label=label, value=value, href=href, series=list(series), tone=tone, note=note, title="", **change
    )


def funnel(stats: Stats) -> list[SimpleNamespace]:
    """From chat to paid."""
    labels = {
        "chats": _("Chats"), "shown": _("Shown a product"), "ordered": _("Order created"), "paid": _("Paid"),
    }  # fmt: skip
    first = stats.funnel.get("chats", 0)
    return [
        SimpleNamespace(
            label=label, count=stats.funnel.get(key, 0),
            percent=min(100, round(stats.funnel.get(key, 0) * 100 / first)) if first else 0,
        )
        for key, label in labels.items()
    ]  # fmt: skip


def activity(events: Sequence[Event], names: Mapping[str, str], *, money: bool) -> list[SimpleNamespace]:
    """What happened last; ``names`` are by customer or conversation id."""
    items = []
    for event in events:
        who = (
            names.get(event.ids.get("customer_id", ""))
            or names.get(event.ids.get("conversation_id", ""))
            or _("A customer")
        )
        number = str(event.data.get("number") or "")
        look = {
            "payment.captured": ("ok", "rupee", _("%(name)s paid", name=who)),
            "order.placed": ("brand", "orders", _("%(name)s placed order %(number)s", name=who, number=number)),
            "order.shipped": ("info", "truck", _("%(number)s shipped", number=number)),
            "order.delivered": ("ok", "check", _("%(number)s delivered", number=number)),
            "conversation.started": ("info", "user", _("%(name)s started a chat", name=who)),
            "conversation.waiting": ("warn", "hand", _("%(name)s waits for you", name=who)),
            "order.attention": ("bad", "alert", _("An order needs a look")),
            "order.cancelled": ("", "x", _("%(number)s cancelled", number=number)),
            "order.expired": ("", "clock", _("%(number)s was not paid in time", number=number)),
            "message.failed": ("bad", "alert", _("A reply to %(name)s was not sent", name=who)),
            "message.undecided": ("warn", "help", _("A reply to %(name)s may not have arrived", name=who)),
            "inbox.parked": ("bad", "alert", _("Something that came in was not handled")),
        }.get(event.type)
        if look:
            amount = event.data.get("total_paise") or event.data.get("amount_paise")
            meta = rupees(amount) if money and isinstance(amount, int) else ""
            items.append(
                SimpleNamespace(tone=look[0], icon=look[1], title=look[2], meta=meta, at=event.at, style="ago")
            )
    return items
