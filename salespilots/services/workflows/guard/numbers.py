"""Numbers in words: English, Hindi in Latin letters as people type it, Hindi in Devanagari.

``SOFT`` words are everyday words too (``one``, ``do``, ``ek``): they count as figures only beside money, stock or
pieces. All others always do.
"""

from __future__ import annotations

import re
from decimal import Decimal

UNKNOWN = Decimal(-1)
"""A number that has no exact value here (``dedh``, ``sadhe``): never equal to a fact."""


LARGEST = Decimal(10**12)
"""Above every figure of a shop; what is larger is read as no number."""


def bag(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


def _skeleton(word: str) -> str:
    """One spelling for the many ways of writing Hindi in Latin letters."""
    for old, new in (("chh", "ch"), ("ph", "f"), ("w", "v"), ("z", "j"), ("ee", "i"), ("oo", "u"), ("y", "i")):
        word = word.replace(old, new)
    return re.sub(r"(.)\1+", r"\1", word)


def _table(text: str, first: int = 0) -> dict[str, Decimal]:
    """Words of consecutive numbers: numbers apart by spaces, spellings of one by slashes."""
    return {
        word: Decimal(number)
        for number, spellings in enumerate(text.split(), first)
        for word in spellings.split("/")
        if word != "-"
    }


_ENGLISH_SMALL = _table("one two three four five six seven eight nine ten", 1)
_ENGLISH = {
    **_table("eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 11),
    **{
        word: 10 * value
        for word, value in _table("twenty thirty forty/fourty fifty sixty seventy eighty ninety", 2).items()
    },
    "zero": Decimal(0),
    "dozen": Decimal(12),
}
_LATIN_SMALL = _table(
    "ek do teen/tin chaar/char paanch/panch chhe/che/cheh/chah/chhah saat/sat aath/ath nau das/dus", 1
)
_LATIN = _table(
    "gyarah/gyara baarah/barah terah chaudah/chauda pandrah/pandra solah satrah/satra atharah/athara unnis "
    "bees/bis ikkis/ikis bais/baais/baees teis/teyis chaubis pachis/pachchis chabbis sattais/satais atthais/athais "
    "untis/unattis tees/tis ikattis/iktis battis taintis/tentis/tetis chautis/chauntis paintis/pentis chattis "
    "saintis/sentis adtis/artis/adhtis untalis/unchalis chalis/chaalis iktalis/ikchalis bayalis/bialis "
    "taintalis/tetalis chavalis/chauvalis paintalis/pentalis chiyalis/chialis saintalis/sentalis adtalis/artalis "
    "unchas/unanchas pachas/pachaas ikyavan/ikavan bavan/baavan tirpan/trepan chauvan/chavan pachpan chappan "
    "sattavan/satavan atthavan/athavan unsath/unsaath saath iksath/iksaath basath/baasath tirsath/tresath "
    "chausath/chaunsath painsath/pensath chiyasath/chiasath sarsath/sadsath adsath/arsath unhattar/unhatar sattar "
    "ikhattar bahattar tihattar chauhattar pachhattar/pichhattar chihattar/chhihattar satattar/sathattar "
    "athattar/athhattar unasi/unnasi assi ikyasi/ikasi bayasi/biasi tirasi chaurasi pachasi/pichasi chiyasi/chiasi "
    "sattasi/satasi athasi/atthasi navasi/nauasi nabbe/navve/nabe ikyanve/ikyanave banve/bayanve tiranve/tiranave "
    "chauranve/chauranave pachanve/pichanve chiyanve/chianve sattanve/sattanave atthanve/athanve "
    "ninyanve/ninyanave/ninanve/ninyanbe",
    11,
)
_DEVANAGARI_SMALL = _table("एक दो तीन चार पांच/पाच छह/छः/छे/छ सात आठ नौ दस", 1)
_DEVANAGARI = {
    **_table(
        "ग्यारह बारह तेरह चौदह पंद्रह/पन्द्रह सोलह सत्रह अठारह/अट्ठारह उन्नीस बीस इक्कीस बाईस/बाइस तेईस/तेइस चौबीस पच्चीस छब्बीस सत्ताईस/सत्ताइस "
        "अट्ठाईस/अठ्ठाईस/अट्ठाइस उनतीस तीस इकतीस/इकत्तीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अडतीस उनतालीस चालीस इकतालीस बयालीस तैंतालीस चौवालीस/चवालीस पैंतालीस "
        "छियालीस सैंतालीस अडतालीस उनचास पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन/अठावन उनसठ साठ इकसठ बासठ तिरसठ चौंसठ/चौसठ पैंसठ छियासठ सडसठ अडसठ "
        "उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी/उन्यासी अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी/अठासी "
        "नवासी नब्बे इक्यानवे/इक्यानबे बानवे/बानबे तिरानवे/तिरानबे चौरानवे/चौरानबे पचानवे/पंचानवे/पंचानबे छियानवे/छियानबे सत्तानवे/सत्तानबे अट्ठानवे/अट्ठानबे निन्यानवे/निन्यानबे",
        11,
    ),
    "शून्य": Decimal(0),
    "दर्जन": Decimal(12),
}
_MANY: dict[str, Decimal] = {
    word: Decimal(value)
    for value, words in {
        100: "hundred hundreds sau sao sou सौ",
        1_000: "thousand thousands hazar hazaar hajar hajaar hazzar hajjar हजार",
        100_000: "lakh lakhs lac lacs lakhon लाख",
        1_000_000: "million millions mn",
        10_000_000: "crore crores karod cr करोड",
    }.items()
    for word in words.split()
}
_INEXACT = bag("dedh dhai adhai sava savaa sadhe saadhe paune pauna डेढ ढाई अढाई सवा साढे पौने पौना")
_AMBIGUOUS = bag("bees tees saath bis tis barah bais साठ")
"""Larger numbers that are other words as well: bees, T-shirts, together, a sort of ghee."""

SOFT = {**_ENGLISH_SMALL, **_LATIN_SMALL, **_DEVANAGARI_SMALL}
_HARD = {**_ENGLISH, **_DEVANAGARI}
_BY_SKELETON = {_skeleton(word): value for word, value in _LATIN.items()}


def value_of(word: str) -> tuple[Decimal, bool] | None:
    """(value, whether the word is soft) of a folded number word, multipliers left out; None for other words."""
    if word in SOFT:
        return SOFT[word], True
    if word in _INEXACT:
        return UNKNOWN, False
    value = _HARD.get(word)
    if value is None and word.isascii() and len(word) > 2:
        value = _BY_SKELETON.get(_skeleton(word))
    if value is None:
        return None
    return value, word in _AMBIGUOUS


def multiplier(word: str) -> Decimal | None:
    """A hundred, thousand, lakh or crore."""
    return _MANY.get(word)


def combine(parts: list[Decimal | str]) -> Decimal:
    """The value of a run of values and multiplier words; `UNKNOWN` where they do not make one number."""
    total, current = Decimal(0), None
    for part in parts:
        if current is not None and current >= LARGEST:
            return UNKNOWN
        if isinstance(part, str):
            many = _MANY[part]
            current = (Decimal(1) if current is None else current) * many
            if many >= 1000:
                total, current = total + current, None
        elif part == UNKNOWN:
            return UNKNOWN
        elif current is None:
            current = part
        elif (current % 100 == 0 and part < 100) or (current % 100 >= 20 and current % 10 == 0 and part < 10):
            current += part
        else:
            return UNKNOWN
    total += current or Decimal(0)
    return total if total < LARGEST else UNKNOWN
