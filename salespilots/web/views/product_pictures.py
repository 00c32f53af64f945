"""Pictures of a product: sent, moved, taken away."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.web.context import here, services
from salespilots.web.forms import first_messages
from salespilots.web.pages import back_to
from salespilots.web.permissions import permits

blueprint = Blueprint("product_pictures", __name__, url_prefix="/app/products")

MOST = 60 * 1024 * 1024
"""Bytes of a form with pictures."""


def keep_sent(product_id: str) -> str:
    """Store the pictures that came with the form; gives why one was not, empty when all were."""
    shop_id, problem = here().shop_id, ""
    names = []
    for file in [*request.files.getlist("pictures"), *request.files.getlist("camera")]:
        if not file.filename:
            continue
        try:
            names.append(services().pictures.save(shop_id, file.stream))
        except InvalidInput as error:
            sentence = next(iter(first_messages(error.fields).values()))
            problem = _("%(file)s: %(why)s", file=file.filename[:60], why=sentence)
    if names:
        try:
            services().gallery.add(shop_id, product_id, names, actor=here().user.id)
        except InvalidInput as error:
            problem = next(iter(first_messages(error.fields).values()))
    return problem


def act_on(product_id: str, wanted: str) -> str:
    """Carry out a button of the pictures, ``earlier|name``: the rest of the form stays as typed. Gives what is wrong."""
    gallery, shop_id, actor = services().gallery, here().shop_id, here().user.id
    act, _bar, name = wanted.partition("|")
    if act == "add":
        return keep_sent(product_id)
    if act in ("earlier", "later"):
        gallery.move(shop_id, product_id, name, -1 if act == "earlier" else 1, actor=actor)
    elif act == "remove":
        place = gallery.remove(shop_id, product_id, name, actor=actor)
        undo = url_for("product_pictures.put_back", product_id=product_id, name=name, place=place)
        flash(_("Picture removed"), f"undo:{undo}")
    else:
        raise NotFound("There is no such act.")
    return ""


@blueprint.post("/<product_id>/pictures/back")
@permits(Permission.CATALOGUE)
def put_back(product_id: str) -> Any:
    """Undo of a removal."""
    name, place = request.values.get("name", ""), request.values.get("place", "")
    services().gallery.put_back(
        here().shop_id, product_id, name, int(place) if place in map(str, range(10)) else 0, actor=here().user.id
    )
    flash(_("Picture is back"), "ok")
    return back_to(url_for("products.detail", product_id=product_id, _anchor="h-pic"))
