"""Public ids: a prefix that tells the kind, then 22 characters nobody can guess."""

from __future__ import annotations

import re

PREFIXES = {
    "business": "biz", "user": "usr", "membership": "mem", "session": "ses", "password_link": "pwl",
    "product": "prd", "variant": "var", "movement": "mov", "picture": "pic",
    "customer": "cus", "identity": "idn", "conversation": "cnv", "message": "msg",
    "order": "ord", "line": "lin", "payment": "pay", "refund": "ref",
    "workflow": "wfl", "version": "wfv", "run": "run", "step": "stp",
    "template": "tpl", "segment": "seg", "connection": "con", "api_key": "key", "event": "evt",
    "request": "req", "idempotency": "idm", "quote": "quo", "tag": "tag", "gate": "gat",
    "waiting": "wai", "import": "imp", "import_row": "imr", "discount": "dsc", "discount_use": "dsu", "invoice": "inv",
    "statement_line": "stl", "shipment": "shp", "unmatched": "unm", "return": "rtn", "job": "job", "comment": "cmt",
    "post": "pst", "login_state": "lgs", "deletion": "del", "file": "fil",
    "case": "cas",
}  # fmt: skip
"""Kind to prefix. An id never says how many there are, and never carries a shop."""

_ID = re.compile(r"^([a-z]{3})_[A-Za-z0-9]{8,40}$")


def looks_like(kind: str, value: object) -> bool:
    """Whether ``value`` is a well-formed id of ``kind``: asked before a query, so that junk is simply absent."""
    if not isinstance(value, str):
        return False
    match = _ID.match(value)
    return bool(match) and match.group(1) == PREFIXES[kind]  # type: ignore[union-attr]
