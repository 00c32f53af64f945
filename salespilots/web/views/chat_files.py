"""What customers sent, and their faces: for members of the shop who may read its chats, and for nobody else."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, send_file

from salespilots.domain.business import Permission
from salespilots.domain.errors import NotFound
from salespilots.services.chat_files import SMALL
from salespilots.web.context import here, services
from salespilots.web.permissions import permits

blueprint = Blueprint("chat_files", __name__)

SHOWN = ("image/", "video/", "audio/")
"""What a browser shows inside the page; everything else is offered to be saved."""


@blueprint.get("/app/inbox/<conversation_id>/files/<message_id>/<place>")
@permits(Permission.INBOX)
def piece(conversation_id: str, message_id: str, place: str) -> Any:
    """A piece of a message: ``place`` is its number, or ``subject``. Parts of it can be asked for, as players do."""
    return _file(services().media.file_of(here().shop_id, conversation_id, message_id, place))


@blueprint.get("/app/customers/<customer_id>/picture")
@permits(Permission.INBOX)
def face(customer_id: str) -> Any:
    """A customer's picture, as the channel showed it when they last wrote."""
    return _file(services().profiles.picture_of(here().shop_id, customer_id))


def _file(name: str) -> Any:
    if not name:
        raise NotFound("There is no such file.")
    asked = request.args.get("side", "")
    side = int(asked) if asked in {str(one) for one in SMALL} else None
    path, kind = services().chat_files.path(here().shop_id, name, side)
    inside = kind.startswith(SHOWN)
    answer = send_file(
        path, mimetype=kind, conditional=True, as_attachment=not inside, download_name=f"from-chat{path.suffix}"
    )
    answer.headers["Cache-Control"] = "private, max-age=600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; media-src 'self'; img-src 'self'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
