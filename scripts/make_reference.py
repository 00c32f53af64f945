"""Write the generated pages of docs/reference; a test fails when they drift."""

from __future__ import annotations

from pathlib import Path

from salespilots.domain.business import PERMISSIONS, Permission, Role
from salespilots.domain.events import EVENT_TYPES, STARTING

ROOT = Path(__file__).resolve().parent.parent
MEANING = {
    Permission.SHOP_ADMIN: "team, connections, API keys, payout and shop settings, export, erase, backup",
    Permission.CATALOGUE: "catalogue, stock, prices, workflows, templates",
    Permission.REFUND: "refunds",
    Permission.STATISTICS: "statistics",
    Permission.INBOX: "inbox, customers",
    Permission.ORDERS: "orders: create, confirm, cancel, payment link",
    Permission.FULFIL: "pack and ship (a packer sees no prices)",
    Permission.MEMBER: "home, own profile",
}


def pages() -> dict[str, str]:
    """File name to text."""
    roles = ["# Roles", "", "Generated from `salespilots/domain/business.py`.", ""]
    roles += ["| may | " + " | ".join(Role) + " |", "| --- |" + " --- |" * len(Role)]
    for permission in Permission:
        ticks = " | ".join("yes" if permission in PERMISSIONS[role] else "" for role in Role)
        roles.append(f"| {MEANING[permission]} | {ticks} |")
    events = [
        "# Events",
        "",
        "Generated from `salespilots/domain/events.py`. Those marked *starts* can start a workflow by their name, in the",
        "chat of their order, and wake runs that wait for them.",
        "",
    ]
    events += ["| type | means | |", "| --- | --- | --- |"]
    events += [f"| `{name}` | {text} | {'starts' if name in STARTING else ''} |" for name, text in EVENT_TYPES.items()]
    return {"roles.md": "\n".join(roles) + "\n", "events.md": "\n".join(events) + "\n"}


if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / "docs" / "reference" / name).write_text(text)
