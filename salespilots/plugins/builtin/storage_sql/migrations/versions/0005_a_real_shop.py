"""catalogue, orders and money of a real shop: options, imports, waiting list, discounts, parcels, documents, statements

Only adds, so that the release before this one goes on beside it.

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discounts",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("most_paise", sa.BigInteger(), nullable=True),
        sa.Column("min_order_paise", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("usage_limit", sa.BigInteger(), nullable=True),
        sa.Column("per_customer", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_discounts_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_discounts")),
        sa.UniqueConstraint("business_id", "code", name=op.f("uq_discounts_business_id_code")),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("rows_count", sa.BigInteger(), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_imports_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_business_id_created_at", "imports", ["business_id", "created_at"], unique=False)
    op.create_index(
        "ix_imports_to_do",
        "imports",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "statement_lines",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("utr", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("payment_id", sa.String(length=48), nullable=True),
        sa.Column("order_id", sa.String(length=48), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_statement_lines_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_statement_lines")),
        sa.UniqueConstraint("business_id", "fingerprint", name=op.f("uq_statement_lines_business_id_fingerprint")),
        sa.UniqueConstraint("business_id", "utr", name=op.f("uq_statement_lines_business_id_utr")),
    )
    op.create_index(
        "ix_statement_lines_business_id_state_created_at",
        "statement_lines",
        ["business_id", "state", "created_at"],
        unique=False,
    )
    op.create_table(
        "import_rows",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("import_id", sa.String(length=48), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("product_id", sa.String(length=48), nullable=True),
        sa.Column("variant_id", sa.String(length=48), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "import_id"],
            ["imports.business_id", "imports.id"],
            name=op.f("fk_import_rows_business_id_import_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_import_rows_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_import_rows")),
        sa.UniqueConstraint("import_id", "position", name=op.f("uq_import_rows_import_id_position")),
    )
    op.create_index(
        "ix_import_rows_business_id_import_id_outcome_position",
        "import_rows",
        ["business_id", "import_id", "outcome", "position"],
        unique=False,
    )
    op.create_table(
        "discount_uses",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("discount_id", sa.String(length=48), nullable=False),
        sa.Column("order_id", sa.String(length=48), nullable=False),
        sa.Column("customer_id", sa.String(length=48), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "discount_id"],
            ["discounts.business_id", "discounts.id"],
            name=op.f("fk_discount_uses_business_id_discount_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_discount_uses_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_discount_uses")),
        sa.UniqueConstraint("business_id", "order_id", name=op.f("uq_discount_uses_business_id_order_id")),
    )
    op.create_index(
        "ix_discount_uses_business_id_discount_id_customer_id",
        "discount_uses",
        ["business_id", "discount_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("order_id", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("year", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause_key", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.String(length=48), nullable=True),
        sa.Column("original_id", sa.String(length=48), nullable=True),
        sa.Column("total_paise", sa.BigInteger(), nullable=False),
        sa.Column("tax_paise", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("practice", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "order_id"],
            ["orders.business_id", "orders.id"],
            name=op.f("fk_invoices_business_id_order_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_invoices_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("business_id", "cause_key", name=op.f("uq_invoices_business_id_cause_key")),
        sa.UniqueConstraint("business_id", "number", name=op.f("uq_invoices_business_id_number")),
    )
    op.create_index("ix_invoices_business_id_issued_at", "invoices", ["business_id", "issued_at"], unique=False)
    op.create_index("ix_invoices_business_id_order_id", "invoices", ["business_id", "order_id"], unique=False)
    op.create_table(
        "waiting",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("variant_id", sa.String(length=48), nullable=False),
        sa.Column("product_id", sa.String(length=48), nullable=False),
        sa.Column("customer_id", sa.String(length=48), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conversation_id", sa.String(length=48), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "customer_id"],
            ["customers.business_id", "customers.id"],
            name=op.f("fk_waiting_business_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "variant_id"],
            ["variants.business_id", "variants.id"],
            name=op.f("fk_waiting_business_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_waiting_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_waiting")),
        sa.UniqueConstraint(
            "business_id", "variant_id", "customer_id", name=op.f("uq_waiting_business_id_variant_id_customer_id")
        ),
    )
    op.create_index("ix_waiting_business_id_customer_id", "waiting", ["business_id", "customer_id"], unique=False)
    op.create_index(
        "ix_waiting_business_id_variant_id_state_created_at",
        "waiting",
        ["business_id", "variant_id", "state", "created_at"],
        unique=False,
    )
    op.create_table(
        "unmatched",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refund_ref", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_unmatched_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_unmatched")),
        sa.UniqueConstraint(
            "business_id",
            "provider",
            "payment_ref",
            "kind",
            "refund_ref",
            name=op.f("uq_unmatched_business_id_provider_payment_ref_kind_refund_ref"),
        ),
    )
    op.create_index("ix_unmatched_business_id_created_at", "unmatched", ["business_id", "created_at"], unique=False)
    op.add_column("businesses", sa.Column("legal_name", sa.Text(), nullable=True))
    op.add_column("businesses", sa.Column("state", sa.Text(), server_default="", nullable=False))
    op.add_column("businesses", sa.Column("composition", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("businesses", sa.Column("invoice_prefix", sa.Text(), server_default="INV", nullable=False))
    op.add_column("businesses", sa.Column("min_order_paise", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("businesses", sa.Column("delivery", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("businesses", sa.Column("cod", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("businesses", sa.Column("refund_rules", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("businesses", sa.Column("prepaid_benefit_paise", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("businesses", sa.Column("remind_minutes", sa.BigInteger(), server_default="10", nullable=False))
    op.add_column("customers", sa.Column("refused_count", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("discount_code", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("advance_paise", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("held_paise", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("shipments", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("orders", sa.Column("returns", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("orders", sa.Column("terms", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("orders", sa.Column("released_paise", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orders", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("orders", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_orders_to_remind",
        "orders",
        ["remind_at"],
        unique=False,
        sqlite_where=sa.text("remind_at IS NOT NULL"),
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.add_column("orders", sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("payments", sa.Column("currency", sa.Text(), server_default="INR", nullable=False))
    op.add_column("payments", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("products", sa.Column("image_texts", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("products", sa.Column("options", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("products", sa.Column("weight_grams", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("products", sa.Column("low_stock", sa.BigInteger(), nullable=True))
    op.add_column("products", sa.Column("substitutes", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("variants", sa.Column("choices", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("variants", "choices")
    op.drop_column("products", "substitutes")
    op.drop_column("products", "low_stock")
    op.drop_column("products", "weight_grams")
    op.drop_column("products", "options")
    op.drop_column("products", "image_texts")
    op.drop_column("payments", "held")
    op.drop_column("payments", "currency")
    op.drop_column("orders", "nudged_at")
    op.drop_index("ix_orders_to_remind", table_name="orders")
    op.drop_column("orders", "remind_at")
    op.drop_column("orders", "note")
    op.drop_column("orders", "released_paise")
    op.drop_column("orders", "terms")
    op.drop_column("orders", "returns")
    op.drop_column("orders", "shipments")
    op.drop_column("orders", "held_paise")
    op.drop_column("orders", "advance_paise")
    op.drop_column("orders", "discount_code")
    op.drop_column("customers", "refused_count")
    op.drop_column("businesses", "remind_minutes")
    op.drop_column("businesses", "prepaid_benefit_paise")
    op.drop_column("businesses", "refund_rules")
    op.drop_column("businesses", "cod")
    op.drop_column("businesses", "delivery")
    op.drop_column("businesses", "min_order_paise")
    op.drop_column("businesses", "invoice_prefix")
    op.drop_column("businesses", "composition")
    op.drop_column("businesses", "state")
    op.drop_column("businesses", "legal_name")
    op.drop_index("ix_waiting_business_id_variant_id_state_created_at", table_name="waiting")
    op.drop_index("ix_waiting_business_id_customer_id", table_name="waiting")
    op.drop_table("waiting")
    op.drop_index("ix_invoices_business_id_order_id", table_name="invoices")
    op.drop_index("ix_invoices_business_id_issued_at", table_name="invoices")
    op.drop_table("invoices")
    op.drop_index("ix_discount_uses_business_id_discount_id_customer_id", table_name="discount_uses")
    op.drop_table("discount_uses")
    op.drop_index("ix_import_rows_business_id_import_id_outcome_position", table_name="import_rows")
    op.drop_table("import_rows")
    op.drop_index("ix_statement_lines_business_id_state_created_at", table_name="statement_lines")
    op.drop_index("ix_unmatched_business_id_created_at", table_name="unmatched")
    op.drop_table("unmatched")
    op.drop_table("statement_lines")
    op.drop_index("ix_imports_to_do", table_name="imports")
    op.drop_index("ix_imports_business_id_created_at", table_name="imports")
    op.drop_table("imports")
    op.drop_table("discounts")
