"""Fields shared by HTML forms and the JSON API: one idea of what clean text, money and counts are."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError, fields

from salespilots.domain.gst_rates import read_rate
from salespilots.domain.money import MAX_PAISE, group_digits, parse_rupees

MAX_COUNT = 10**6
MISSING: dict[str, Any] = {"required": "Write this.", "null": "Write this."}
_WHOLE = re.compile(r"^([+-]?)([0-9]{1,12})$")
_SPACES = re.compile(r"\s+")


def check_text(value: str) -> str:
    """Text fit for storage. Raises `ValidationError` for NUL and for halves of characters."""
    if "\x00" in value:
        raise ValidationError(_("This text has a character that cannot be stored."))
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValidationError(_("This text has a character that cannot be stored.")) from None
    return value


class Text(fields.Field):
    """Several lines of text, stripped, at most ``longest`` characters; blank counts as missing."""

    default_error_messages = MISSING

    def __init__(self, *, longest: int = 2000, **more: Any) -> None:
        super().__init__(**more)
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(_("Write text here."))
        value = self._shape(check_text(value).replace("\r\n", "\n").replace("\r", "\n").strip())
        if not value and self.required:
            raise ValidationError(_("Write this."))
        if len(value) > self.longest:
            raise ValidationError(_("At most %(count)s characters.", count=self.longest))
        return value

    def _shape(self, value: str) -> str:
        return value

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:
        return value


class Line(Text):
    """One line of text: line breaks and double spaces become one space."""

    def __init__(self, *, longest: int = 120, **more: Any) -> None:
        super().__init__(longest=longest, **more)

    def _shape(self, value: str) -> str:
        return _SPACES.sub(" ", value)


class Rupees(fields.Field):
    """What an owner types (``1,299.50``) as paise. Blank is None unless required."""

    default_error_messages = MISSING

    def __init__(self, *, least: int = 0, most: int = MAX_PAISE, **more: Any) -> None:
        more.setdefault("allow_none", not more.get("required", False))
        super().__init__(**more)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int | None:
        text = check_text(str(value)).strip()
        if not text:
            if self.required:
                raise ValidationError(_("Write an amount like 1,299 or 1,299.50."))
            return None
        try:
            paise = parse_rupees(text)
        except ValueError as error:
            raise ValidationError(_(str(error))) from None
        if paise < self.least:
            raise ValidationError(_("This amount is too small."))
        if paise > self.most:
            raise ValidationError(_("That amount is too large."))
        return paise


class Rate(fields.Field):
    """A GST rate in percent, as typed or sent as JSON (``3``, ``0.25``, ``"0.25"``), in basis points."""

    default_error_messages = MISSING

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        try:
            return read_rate(check_text(value) if isinstance(value, str) else value)
        except ValueError as error:
            raise ValidationError(_(str(error))) from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:
        return value


class Count(fields.Field):
    """A whole number as typed (``+5``, ``-2``, ``12``) or sent as JSON; bools and fractions are refused."""

    default_error_messages = MISSING

    def __init__(self, *, least: int = 0, most: int = MAX_COUNT, **more: Any) -> None:
        more.setdefault("allow_none", not more.get("required", False))
        super().__init__(**more)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValidationError(_("Write a whole number."))
        text = str(value).strip().replace("−", "-")
        if not text:
            if self.required:
                raise ValidationError(_("Write a whole number."))
            return None
        if not _WHOLE.match(text):
            raise ValidationError(_("Write a whole number."))
        number = int(text)
        if number < self.least == 0:
            raise ValidationError(_("At least 0."))
        if not self.least <= number <= self.most:
            least, most = group_digits(self.least), group_digits(self.most)
            raise ValidationError(_("Between %(least)s and %(most)s.", least=least, most=most))
        return number

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> Any:
        return value
