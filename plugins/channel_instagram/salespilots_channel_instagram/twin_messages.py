"""What Meta complains about in a message: lengths, counts, and combinations it does not take."""

from __future__ import annotations

from typing import Any

MAX_IMAGES, MAX_ELEMENTS, MAX_BUTTONS, MAX_REPLIES = 10, 10, 3, 13


def wrong_with(message: Any) -> str:
    """The complaint, or nothing."""
    if not isinstance(message, dict) or not message:
        return "message is required"
    text, one, many = message.get("text"), message.get("attachment"), message.get("attachments")
    if text is not None and (not isinstance(text, str) or not text or len(text.encode()) > 1000):
        return "text must be 1 to 1000 bytes of UTF-8"
    if text is None and not one and not many:
        return "message is empty"
    if text is not None and (one or many):
        return "text and attachments cannot be combined"
    replies = message.get("quick_replies", [])
    if len(replies) > MAX_REPLIES or any(
        len(each.get("title", "")) > 20 or not each.get("payload") for each in replies
    ):
        return "quick_replies are wrong"
    if many and (len(many) > MAX_IMAGES or any(each.get("type") != "image" for each in many)):
        return "at most 10 pictures, and nothing else"
    return _wrong_template((one or {}).get("payload") or {})


def _wrong_template(payload: dict[str, Any]) -> str:
    kind, buttons = payload.get("template_type"), payload.get("buttons", [])
    if kind == "button" and not (1 <= len(buttons) <= MAX_BUTTONS and 1 <= len(payload.get("text", "")) <= 640):
        return "a button template has a text of at most 640 characters and 1 to 3 buttons"
    if kind == "generic" and not 1 <= len(payload.get("elements", [])) <= MAX_ELEMENTS:
        return "a generic template has 1 to 10 elements"
    for element in payload.get("elements", []):
        if len(element) < 2 or len(element.get("title", "")) > 80 or len(element.get("subtitle", "")) > 80:
            return "an element is wrong"
        if len(element.get("buttons", [])) > MAX_BUTTONS:
            return "an element has at most 3 buttons"
    return ""
