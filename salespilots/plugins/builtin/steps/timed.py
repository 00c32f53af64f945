"""When time starts a workflow: silence after an answer, something chosen and not ordered, a day and an hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from salespilots.domain.automation import DAYS, minutes_of
from salespilots.domain.workflow import parse_duration
from salespilots.ports.settings import SettingsSchema
from salespilots.ports.triggers import TriggerFact, TriggerType

FESTIVALS = (
    "makar_sankranti", "republic_day", "maha_shivaratri", "holi", "ugadi", "eid_al_fitr", "ram_navami", "baisakhi",
    "eid_al_adha", "independence_day", "onam", "raksha_bandhan", "janmashtami", "ganesh_chaturthi", "gandhi_jayanti",
    "dussehra", "karwa_chauth", "diwali", "bhai_duj", "guru_nanak", "christmas",
)  # fmt: skip
"""Festivals by the keys of the calendar (`salespilots.plugins.festivals`)."""

DAY_NAMES = {
    "mon": ("Monday", "सोमवार"), "tue": ("Tuesday", "मंगलवार"), "wed": ("Wednesday", "बुधवार"), "thu": ("Thursday", "गुरुवार"),
    "fri": ("Friday", "शुक्रवार"), "sat": ("Saturday", "शनिवार"), "sun": ("Sunday", "रविवार"),
}  # fmt: skip


def duration(text: str) -> None:
    """For a schema: refuse what `parse_duration` cannot read."""
    try:
        parse_duration(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def clock_time(text: str) -> None:
    """For a schema: refuse what is no time of day."""
    try:
        minutes_of(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def in_words(text: str, *, hindi: bool = False) -> str:
    """``PT4H`` as ``4 hours``."""
    try:
        seconds = int(parse_duration(text).total_seconds())
    except ValueError:
        return text
    parts = []
    for size, one, many, in_hindi in (
        (86400, "day", "days", "दिन"), (3600, "hour", "hours", "घंटे"), (60, "minute", "minutes", "मिनट"), (1, "second", "seconds", "सेकंड"),
    ):  # fmt: skip
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {in_hindi if hindi else one if count == 1 else many}")
    return " ".join(parts) or ("0 सेकंड" if hindi else "no time")


class SilentSettings(SettingsSchema):
    """How long nothing came after the shop's last answer."""

    after = fields.Str(
        load_default="PT4H", validate=duration,
        metadata={"label": "No answer for", "widget": "duration", "help": "At most 23 hours: afterwards the reply window is closed."},
    )  # fmt: skip

    @validates_schema
    def _inside(self, data: Mapping[str, Any], **_: Any) -> None:
        if parse_duration(data["after"]).total_seconds() > 23 * 3600:
            raise ValidationError("At most 23 hours: afterwards the reply window is closed.", "after")


class AbandonedSettings(SilentSettings):
    """How long after something was chosen."""


class ScheduleSettings(SettingsSchema):
    """When, and for whom: customers who wrote within a day, as only they may be written to."""

    at = fields.Str(load_default="10:00", validate=clock_time, metadata={"label": "Time (IST)", "widget": "time"})
    days = fields.List(
        fields.Str(validate=validate.OneOf(DAYS)),
        load_default=list,
        validate=validate.Length(max=7),
        metadata={
            "label": "Days",
            "help": "None: every day.",
            "choices": {key: names[0] for key, names in DAY_NAMES.items()},
        },
    )
    festivals = fields.List(
        fields.Str(validate=validate.OneOf(FESTIVALS)),
        load_default=list,
        metadata={
            "label": "Only on festivals",
            "choices": {one: one.replace("_", " ").title() for one in FESTIVALS},
        },
    )
    tag = fields.Str(
        load_default="", validate=validate.Length(max=40),
        metadata={"label": "Only customers with this tag", "help": "Empty: everybody who wrote within the last day."},
    )  # fmt: skip


def _due(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    return str(fact.data.get("why") or "its time came")


def _when(settings: Mapping[str, Any]) -> str:
    if settings.get("festivals"):
        days = ", ".join(str(one).replace("_", " ").title() for one in settings["festivals"])
    else:
        days = ", ".join(DAY_NAMES[one][0] for one in settings.get("days") or [] if one in DAY_NAMES) or "every day"
    whom = f" for customers tagged “{settings['tag']}”" if settings.get("tag") else ""
    return f"At {settings.get('at', '10:00')}, {days}{whom}"


def _when_hi(settings: Mapping[str, Any]) -> str:
    days = ", ".join(DAY_NAMES[one][1] for one in settings.get("days") or [] if one in DAY_NAMES) or "हर दिन"
    return f"{days} {settings.get('at', '10:00')} बजे"


TRIGGERS = (
    TriggerType(
        key="customer.silent", label="No answer", settings=SilentSettings, event_types=("customer.silent",),
        matches=_due, timed=True, group="time",
        sentence=lambda settings: f"A customer does not answer for {in_words(settings.get('after', 'PT4H'))}",
        label_hi="जवाब नहीं",
        sentence_hi=lambda settings: f"ग्राहक {in_words(settings.get('after', 'PT4H'), hindi=True)} तक जवाब नहीं देता",
    ),
    TriggerType(
        key="order.abandoned", label="Chosen, not ordered", settings=AbandonedSettings,
        event_types=("order.abandoned",), matches=_due, timed=True, group="time",
        sentence=lambda settings: (
            f"A customer chose something and did not order it for {in_words(settings.get('after', 'PT4H'))}"
        ),
        label_hi="अधूरा ऑर्डर",
        sentence_hi=lambda settings: (
            f"ग्राहक ने सामान चुना पर {in_words(settings.get('after', 'PT4H'), hindi=True)} तक ऑर्डर नहीं किया"
        ),
    ),
    TriggerType(
        key="schedule.due", label="A day and an hour", settings=ScheduleSettings, event_types=("schedule.due",),
        matches=_due, timed=True, group="time", sentence=_when, label_hi="दिन और समय", sentence_hi=_when_hi,
    ),
)  # fmt: skip
