"""How money, numbers and times are written, everywhere the same. Times are Indian, amounts are paise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from datetime import date as Date

from babel.dates import format_date, format_datetime
from flask import Flask, current_app
from flask_babel import get_locale
from flask_babel import gettext as _

from salespilots.domain.money import group_digits, rupees, rupees_short

IST = timezone(timedelta(hours=5, minutes=30), "IST")


def now() -> datetime:
    """The application's clock, in Indian time."""
    services = current_app.extensions.get("salespilots") if current_app else None
    return (services.core.clock.now() if services else datetime.now(UTC)).astimezone(IST)


def local(at: datetime) -> datetime:
    """A stored time in India."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(IST)


def written(at: datetime, pattern: str) -> str:
    """A time by a CLDR pattern, in the reader's language."""
    language = getattr(get_locale(), "language", "en")
    return format_datetime(local(at), pattern, locale="hi_IN" if language == "hi" else "en_IN").replace("\u202f", " ")


def money(paise: int | None) -> str:
    """₹1,23,456.00."""
    return "" if paise is None else rupees(paise)


def money_short(paise: int | None) -> str:
    """₹18,450, ₹1.24 L, ₹3.10 Cr."""
    return "" if paise is None else rupees_short(paise)


def money_axis(paise: int) -> str:
    """₹600, ₹24K, ₹1.2L, ₹3Cr: for the lines of a chart."""
    whole = int(paise) // 100
    for size, word in ((10_000_000, "Cr"), (100_000, "L"), (1_000, "K")):
        if whole >= size:
            return f"₹{whole / size:.1f}".removesuffix(".0") + word
    return f"₹{whole}"


def number(value: int | None) -> str:
    """1,23,456."""
    return "" if value is None else group_digits(int(value))


def clock(at: datetime | None) -> str:
    """11:42 am; Yesterday, 6:10 pm; 22 Nov, 11:42 am; 22 Nov 2026."""
    if at is None:
        return ""
    here, today = local(at), now()
    if here.date() == today.date():
        return written(at, "h:mm a")
    if here.date() == (today - timedelta(days=1)).date():
        return _("Yesterday, %(time)s", time=written(at, "h:mm a"))
    if here.year == today.year:
        return written(at, "d MMM, h:mm a")
    return written(at, "d MMM y")


def hour(at: datetime | None) -> str:
    """11:42 am, for what stands under its day."""
    return "" if at is None else written(at, "h:mm a")


def ago(at: datetime | None) -> str:
    """Just now, 4 min ago; from an hour on the clock."""
    if at is None:
        return ""
    minutes = int((now() - local(at)).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%(count)s min ago", count=minutes)
    return clock(at)


def date(at: datetime | None) -> str:
    """22 Nov 2026."""
    return "" if at is None else written(at, "d MMM y")


def day(value: str | Date | None) -> str:
    """28 Nov; 28 Nov 2025 of another year: a day of a calendar, ``YYYY-MM-DD`` or a date."""
    if not value:
        return ""
    at = value if isinstance(value, Date) else Date.fromisoformat(value)
    language = getattr(get_locale(), "language", "en")
    pattern = "d MMM" if at.year == now().year else "d MMM y"
    return format_date(at, pattern, locale="hi_IN" if language == "hi" else "en_IN")


def datetime_title(at: datetime | None) -> str:
    """22 Nov 2026, 11:42:08 am IST."""
    return "" if at is None else written(at, "d MMM y, h:mm:ss a") + " IST"


def phone(value: str | None) -> str:
    """+91 98450 12345."""
    digits = "".join(one for one in value or "" if one.isdigit())
    digits = digits[2:] if len(digits) == 12 and digits.startswith("91") else digits.lstrip("0")
    return f"+91 {digits[:5]} {digits[5:]}" if len(digits) == 10 else (value or "")


def duration(value: timedelta) -> str:
    """23 h 56 min; 12 min; 40 s."""
    seconds = max(0, int(value.total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    if hours >= 48:
        return _("%(days)s days", days=hours // 24)
    if hours:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
    if minutes:
        return _("%(minutes)s min", minutes=minutes)
    return _("%(seconds)s s", seconds=seconds)


_STARTS = frozenset(
    [
        "Write",
        "At",
        "Between",
        "An",
        "A",
        "This",
        "That",
        "Use",
        "Choose",
        "Only",
        "The",
        "Two",
        "No",
        "There",
        "Tick",
        "It",
        "Must",
        "Add",
    ]
)


def go_on(sentence: str) -> str:
    """A sentence after a colon: ``Price: write this.`` What may be a name keeps its capital."""
    return sentence[:1].lower() + sentence[1:] if sentence.partition(" ")[0] in _STARTS else sentence


def register(app: Flask) -> None:
    """Give the templates these filters."""
    for one in (money, money_short, money_axis, number, clock, hour, ago, date, day, datetime_title, phone, go_on):
        app.add_template_filter(one, one.__name__)
