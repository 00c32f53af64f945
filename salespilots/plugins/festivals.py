"""India's festivals by their days, from the well-kept ``holidays`` package: national and optional ones of all states."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

NAMES = {
    "makar_sankranti": ("Makar Sankranti",), "republic_day": ("Republic Day",), "maha_shivaratri": ("Maha Shivaratri",),
    "holi": ("Holi",), "ugadi": ("Ugadi", "Gudi Padwa"), "eid_al_fitr": ("Eid al-Fitr",), "ram_navami": ("Ram Navami",),
    "baisakhi": ("Vaisakhi",), "eid_al_adha": ("Eid al-Adha",), "independence_day": ("Independence Day",),
    "onam": ("Onam",), "raksha_bandhan": ("Raksha Bandhan",), "janmashtami": ("Janmashtami",),
    "ganesh_chaturthi": ("Ganesh Chaturthi",), "gandhi_jayanti": ("Mahatma Gandhi",), "dussehra": ("Dussehra",),
    "karwa_chauth": ("Karwa Chouth",), "diwali": ("Diwali",), "bhai_duj": ("Bhai Duj",), "guru_nanak": ("Guru Nanak",),
    "christmas": ("Christmas Day", "Christmas"),
}  # fmt: skip
"""A festival's key to the words by which the calendar knows it."""


@lru_cache(maxsize=16)
def _year(year: int) -> dict[date, str]:
    from holidays import country_holidays  # some 10 MB that only a shop with festivals in its rules needs

    calendar = country_holidays("IN", years=year, categories=("public", "optional"))
    days: dict[date, str] = {}
    for key, words in NAMES.items():
        for day, names in sorted(calendar.items()):
            parts = [one.strip() for one in names.replace("(estimated)", "").split(";")]
            if any(_is(part, word) for part in parts for word in words):
                days[day] = key
                break
    return days


def _is(part: str, word: str) -> bool:
    """``Dussehra (Mahanavami)`` is a day before it; ``Christmas Eve`` too."""
    rest = part.removeprefix(word)
    return (
        part.startswith(word)
        and not rest[:1].isalpha()
        and "(Maha" not in rest
        and "(Sapt" not in rest
        and rest != " Eve"
    )


def festival_of(day: date) -> str:
    """The key of the day's festival, empty on other days and in years the calendar does not reach."""
    return _year(day.year).get(day, "") if 2001 <= day.year <= 2035 else ""
