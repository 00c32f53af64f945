"""Read models: totals the database works out itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from salespilots.domain.inbox import InboxState
from salespilots.domain.order_states import ACCEPTED
from salespilots.domain.stock import MovementKind
from salespilots.plugins.builtin.storage_sql.conditions import bound, condition, parameters, shape
from salespilots.plugins.builtin.storage_sql.tables import TABLES
from salespilots.plugins.builtin.storage_sql.wire import Wire
from salespilots.plugins.builtin.storage_sql.work import of_shop, state_is
from salespilots.ports.figures import Figures
from salespilots.ports.storage import Where
from salespilots.ports.work import UNDECIDED


class SqlQueries:
    """See `salespilots.ports.storage.Queries`."""

    def __init__(self, wire: Wire, business_id: str) -> None:
        self._wire = wire
        self._business_id = business_id

    def _mine(self, table: sa.Table, practice: bool = True) -> list[sa.ColumnElement]:
        conditions = [table.c.business_id == self._business_id]
        if not practice:
            conditions.append(table.c.practice.is_(False))
        return conditions

    def _number(self, query: sa.Select) -> int:
        return int(self._wire.execute(query).scalar() or 0)

    def figures(self, start: datetime, end: datetime, *, practice: bool) -> Figures:
        orders, payments, refunds = TABLES["orders"], TABLES["payments"], TABLES["refunds"]
        customers, messages, events = TABLES["customers"], TABLES["messages"], TABLES["events"]
        conversations = TABLES["conversations"]

        def within(column: sa.Column) -> sa.ColumnElement:
            return sa.and_(column >= start, column < end)

        captured = self._number(
            sa.select(sa.func.sum(payments.c.amount_paise)).where(
                *self._mine(payments, practice), within(payments.c.captured_at), payments.c.state == "captured"
            )
        )
        given_back = self._number(
            sa.select(sa.func.sum(refunds.c.amount_paise))
            .join(
                payments,
                sa.and_(payments.c.business_id == refunds.c.business_id, payments.c.id == refunds.c.payment_id),
            )
            .where(*self._mine(refunds), *self._mine(payments, practice), within(refunds.c.created_at))
            .where(refunds.c.state != "failed")
        )

        def orders_with(column: sa.Column) -> int:
            return self._number(
                sa.select(sa.func.count()).select_from(orders).where(*self._mine(orders, practice), within(column))
            )

        def chats_of(column: sa.Column, moment: sa.Column, table: sa.Table, *more: sa.ColumnElement) -> int:
            return self._number(
                sa.select(sa.func.count(sa.distinct(column))).where(
                    *self._mine(table, practice), within(moment), column.is_not(None), *more
                )
            )

        directions: dict[str, int] = {
            direction: number
            for direction, number in self._wire.execute(
                sa.select(messages.c.direction, sa.func.count())
                .where(*self._mine(messages, practice), within(messages.c.created_at), messages.c.kind != "event")
                .where(messages.c.state.not_in(("cancelled", "skipped", "failed")))
                .group_by(messages.c.direction)
            )
        }
        shown = sa.select(sa.func.count(sa.distinct(events.c.conversation_id))).where(
            events.c.business_id == self._business_id, events.c.type == "product.shown", within(events.c.at)
        )
        if not practice:
            shown = shown.join(
                conversations,
                sa.and_(
                    conversations.c.business_id == events.c.business_id,
                    conversations.c.id == events.c.conversation_id,
                ),
            ).where(conversations.c.practice.is_(False))
        automated, answered, waits = self._replies(start, end, practice)
        return Figures(
            revenue_paise=captured - given_back,
            orders=orders_with(orders.c.placed_at),
            paid_orders=orders_with(orders.c.paid_at),
            new_customers=self._number(
                sa.select(sa.func.count())
                .select_from(customers)
                .where(*self._mine(customers, practice), within(customers.c.created_at))
            ),
            messages_in=directions.get("in", 0),
            messages_out=directions.get("out", 0),
            chats=chats_of(messages.c.conversation_id, messages.c.created_at, messages, messages.c.direction == "in"),
            shown=self._number(shown),
            ordered=chats_of(orders.c.conversation_id, orders.c.placed_at, orders),
            paid=chats_of(orders.c.conversation_id, orders.c.paid_at, orders),
            answered_chats=answered,
            automated_chats=automated,
            reply_seconds=tuple(waits),
        )

    def _replies(self, start: datetime, end: datetime, practice: bool) -> tuple[int, int, list[float]]:
        """Conversations whose replies were all automatic, conversations with a reply, first waits in seconds."""
        messages = TABLES["messages"]
        by_person = sa.func.max(sa.case((messages.c.author == "agent", 1), else_=0))
        is_reply = sa.and_(messages.c.direction == "out", messages.c.state.in_(("sent", "delivered", "read")))
        query = (
            sa.select(
                sa.func.min(sa.case((messages.c.direction == "in", messages.c.created_at))),
                sa.func.min(sa.case((is_reply, messages.c.sent_at))),
                sa.func.max(sa.case((is_reply, 1), else_=0)),
                by_person,
            )
            .where(
                *self._mine(messages, practice),
                messages.c.created_at >= start,
                messages.c.created_at < end,
                messages.c.author != "system",
            )
            .group_by(messages.c.conversation_id)
        )
        automated = answered = 0
        waits: list[float] = []
        for first_in, first_out, replied, person in self._wire.execute(query):
            if not replied:
                continue
            answered += 1
            automated += not person
            if first_in and first_out and first_out >= first_in:
                waits.append((first_out - first_in).total_seconds())
        return automated, answered, waits

    def revenue(
        self, start: datetime, end: datetime, step: timedelta, *, practice: bool
    ) -> list[tuple[datetime, int, int]]:
        payments, refunds, orders = TABLES["payments"], TABLES["refunds"], TABLES["orders"]
        size = max(1, int((end - start) / step))
        money, paid = [0] * size, [0] * size

        def place(at: datetime) -> int:
            return min(size - 1, max(0, int((at - start) / step)))

        for at, amount in self._wire.execute(
            sa.select(payments.c.captured_at, payments.c.amount_paise).where(
                *self._mine(payments, practice),
                payments.c.state == "captured",
                payments.c.captured_at >= start,
                payments.c.captured_at < end,
            )
        ):
            money[place(at)] += amount
        for at, amount in self._wire.execute(
            sa.select(refunds.c.created_at, refunds.c.amount_paise)
            .join(
                payments,
                sa.and_(payments.c.business_id == refunds.c.business_id, payments.c.id == refunds.c.payment_id),
            )
            .where(*self._mine(refunds), *self._mine(payments, practice), refunds.c.state != "failed")
            .where(refunds.c.created_at >= start, refunds.c.created_at < end)
        ):
            money[place(at)] -= amount
        for (at,) in self._wire.execute(
            sa.select(orders.c.paid_at).where(
                *self._mine(orders, practice), orders.c.paid_at >= start, orders.c.paid_at < end
            )
        ):
            paid[place(at)] += 1
        return [(start + step * index, money[index], paid[index]) for index in range(size)]

    def count_by(self, collection: str, field: str, *where: Where) -> dict[str, int]:
        table, fixed = TABLES[collection], shape(where)

        def counted(*conditions: sa.ColumnElement) -> sa.Select:
            return sa.select(table.c[field], sa.func.count()).where(*conditions).group_by(table.c[field])

        if fixed is None:
            query = counted(*self._mine(table), *(condition(table, one) for one in where))
            return {str(value): number for value, number in self._wire.execute(query)}

        def build() -> sa.Select:
            return counted(table.c.business_id == sa.bindparam("shop", type_=sa.Text), *bound(table, where))

        given = {**parameters(where), "shop": self._business_id}
        found = self._wire.rows(("count by", collection, field, fixed), build, given)
        return {str(value): number for value, number in found}

    def product_stock(self, *, low_at: int) -> dict[str, tuple[int, int, bool]]:
        variants, levels, products = TABLES["variants"], TABLES["levels"], TABLES["products"]
        available = sa.func.coalesce(levels.c.on_hand, 0) - sa.func.coalesce(levels.c.reserved, 0)
        above_low = available - sa.func.coalesce(products.c.low_stock, low_at)
        query = (
            sa.select(
                variants.c.product_id,
                sa.func.sum(sa.func.coalesce(levels.c.on_hand, 0)),
                sa.func.sum(available),
                sa.func.min(above_low),
            )
            .select_from(
                variants.join(
                    products,
                    sa.and_(products.c.business_id == variants.c.business_id, products.c.id == variants.c.product_id),
                ).outerjoin(
                    levels,
                    sa.and_(levels.c.business_id == variants.c.business_id, levels.c.variant_id == variants.c.id),
                )
            )
            .where(variants.c.business_id == self._business_id, variants.c.archived.is_(False))
            .group_by(variants.c.product_id)
        )
        return {
            product_id: (int(on_hand), int(left), least <= 0)
            for product_id, on_hand, left, least in self._wire.execute(query)
        }

    def sold(self, variant_ids: Sequence[str], since: datetime) -> dict[str, int]:
        moved, orders = TABLES["movements"], TABLES["orders"]
        accepted = state_is(orders, *sorted(ACCEPTED))
        theirs = sa.and_(orders.c.business_id == moved.c.business_id, orders.c.id == moved.c.order_id)
        query = (
            sa.select(moved.c.variant_id, sa.func.sum(moved.c.reserved_delta))
            .select_from(moved.join(orders, theirs))
            .where(moved.c.business_id == self._business_id, moved.c.variant_id.in_(list(variant_ids)))
            .where(moved.c.at >= since, moved.c.kind == str(MovementKind.RESERVE), accepted)
            .group_by(moved.c.variant_id)
        )
        return {variant_id: int(count) for variant_id, count in self._wire.execute(query)}

    def undecided(self) -> tuple[int, str | None]:
        table = TABLES["messages"]
        query = (
            sa.select(table.c.conversation_id, sa.func.count().over())
            .where(state_is(table, "queued", "sending", "uncertain"), table.c.state == "uncertain")
            .where(table.c.reason == UNDECIDED, *of_shop(table, self._business_id))
            .order_by(table.c.created_at)
        )
        first = self._wire.execute(query.limit(1)).first()
        return (int(first[1]), first[0]) if first else (0, None)

    def given_up(self) -> int:
        table = TABLES["inbox"]
        dead = table.c.state == sa.literal_column(f"'{InboxState.DEAD}'")
        return self._number(sa.select(sa.func.count()).select_from(table).where(dead, *self._mine(table)))

    def preview_counts(self) -> dict[str, int]:
        conversations, orders = TABLES["conversations"], TABLES["orders"]

        def how_many(table: sa.Table, *conditions: sa.ColumnElement) -> int:
            return self._number(sa.select(sa.func.count()).select_from(table).where(*self._mine(table), *conditions))

        still_open = conversations.c.state != "closed"
        return {
            "waiting": how_many(conversations, still_open, conversations.c.waiting_since.is_not(None)),
            "unread": how_many(conversations, still_open, conversations.c.unread > 0),
            "to_pack": how_many(orders, orders.c.state == "confirmed"),
            "attention": how_many(orders, orders.c.needs_attention.is_(True)),
        }
