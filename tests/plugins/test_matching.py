"""An owner's words in a customer's message: how they may be written, and what is not them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from salespilots.plugins.builtin.matching import PatternRefused, Rule, found_keyword, read_pattern, rule_of
from salespilots.plugins.builtin.matching.patterns import LONGEST
from salespilots.plugins.builtin.matching.words import Word
from salespilots.plugins.builtin.steps.words import TRIGGERS, MessageSettings
from salespilots.plugins.builtin.understanding import RulesUnderstander
from salespilots.ports.extensions import TriggerFact
from tests.support.lines import CATALOGUE, building

(MESSAGE,) = TRIGGERS
UNDERSTANDER = RulesUnderstander()


def why(given: dict, text: str) -> str | None:
    fact = TriggerFact(type="message.received", text=text, understanding=UNDERSTANDER.understand(text, CATALOGUE))
    return MESSAGE.matches(MessageSettings().load(given), fact)


@pytest.mark.parametrize(
    "text",
    [
        "kitne ka", "kitna hai", "price pls", "pp", "rate batao", "kya rate", "प्राइस", "प्राइस?", "💰?", "💰??", "PRICEEE", "दाम क्या है",
        "Price!!", "price.", "iska pricee?", "PRÍCE", "p r i c e ?", "prices?", "cost kya hai", "mrp", "कीमत बताओ", "pri\u200bce",
        "ｐｒｉｃｅ", "bhai iska rate kya h 😍 M size milega?", "kitney ka h",
    ],
)  # fmt: skip
def test_price_in_any_spelling(text: str) -> None:
    assert why({"keywords": ["price"]}, text) == "“price” matched"


@pytest.mark.parametrize(
    "text",
    [
        "surprise", "surprise!", "free ho?", "priceless moment", "precious", "pripyat", "delivery kitne din me", "kitne piece bache hain",
        "enterprise", "apply", "app", "ppt bhejo", "hi", "", "?", "😍", "print",
    ],
)  # fmt: skip
def test_not_the_price(text: str) -> None:
    assert why({"keywords": ["price"]}, text) is None


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("free delivery", "free ho?"), ("free delivery", "delivery is not free"), ("hi", "hi-fi speakers"), ("hi", "hihihi"), ("hi", "this"),
        ("1", "11"), ("1", "1.5 metre"), ("1", "₹1,499"), ("order", "in order to see"), ("golden", "gold earrings"), ("haldi", "yellow saree"),
        ("video", "photo bhejo"), ("link", "app"), ("paytm", "gpay hai?"), ("lal", "red saree"), ("pin", "pincode 411038"), ("m", "I'm here"),
        ("free", "freezer"), ("😍", "😡"), ("cod", "code bhejo"), ("sale", "salem"), ("call", "card nahi hai"), ("sari", "sorry"),
    ],
)  # fmt: skip
def test_another_word_is_not_blurred_into_a_keyword(keyword: str, text: str) -> None:
    assert found_keyword([keyword], text) is None


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("free delivery", "kya FREE   delivery hai"), ("saree", "साड़ी दिखाओ"), ("साड़ी", "saree"), ("saree", "sari hai?"), ("saree", "sareee"),
        ("jhumka", "jhumke dikhao"), ("kurta", "कुर्ता"), ("लाल", "red wali"), ("red", "लाल वाली"), ("available", "avl?"), ("available", "avialble hai"),
        ("available", "उपलब्ध"), ("price", "💸"), ("💰", "💰💰"), ("👍", "👍🏽"), ("❤", "❤️❤️"), ("❤️", "❤"), ("👩‍🌾", "👩🏽‍🌾 hi"), ("kitna", "kitney"),
        ("box", "2 boxes"), ("cancel", "cancellation"), ("cash on delivery", "COD?"), ("cod", "cash on delivery milega"), ("offer", "discount?"),
        ("café", "cafe"), ("K12", "k-12 hai?"), ("k 12", "K12"), ("1", "१"), ("2.4", "size 2.4"), ("diwali offer", "Diwali offer!"), ("c.o.d", "cod"),
        ("₹", "₹?"), ("hi-fi", "hifi"), ("don't", "don’t"),
    ],
)  # fmt: skip
def test_the_same_word_however_it_is_written(keyword: str, text: str) -> None:
    assert found_keyword([keyword], text) == keyword


def test_where_the_words_stand():
    assert why({"how": "exact", "any": ["1"]}, "1!") == "“1” matched"
    assert why({"how": "exact", "any": ["1"]}, " १ ") == "“1” matched"
    for other in ("1 piece", "11", "message is 1", "12", "one", "1 1", ""):
        assert why({"how": "exact", "any": ["1"]}, other) is None
    assert why({"how": "exact", "any": ["price"]}, "rate") is None, "exact is the word itself, not its meaning"
    assert why({"how": "begins", "any": ["buy", "I want"]}, "i WANT two") == "“I want” matched"
    assert why({"how": "begins", "any": ["buy"]}, "how to buy") is None


def test_any_all_and_none_say_why_and_why_not():
    rule = rule_of(
        {"keywords": ["price"], "any": ["cost of"], "all": ["saree", "red"], "none": ["gold", "wholesale rate"]}
    )
    assert rule.judge("red saree price").reason == "“saree” and “red” and “price” matched"
    assert rule.judge("red saree").reason == "none of “price”, “cost of” is in the message"
    assert rule.judge("price of red kurta").reason == "“saree” is not in the message"
    assert rule.judge("price of red saree with gold border").reason == "“gold” is in the message"
    assert not rule.judge("price of red saree, wholesale rate").fits
    assert rule_of({}).judge("anything").reason == "any message"
    assert why({"none": ["gold"]}, "price of silver") == "no unwanted word"
    assert why({"none": ["gold"]}, "price of gold?") is None
    assert why({"all": ["price", "saree"]}, "saree kitne ki hai") == "“price” and “saree” matched"


def test_what_is_stored_today_means_the_same():
    assert why({}, "anything") == "any message"
    assert why({"keywords": []}, "") == "any message"
    assert why({"keywords": ["Order", "book"]}, "please BOOK it") == "“book” matched"
    assert MESSAGE.sentence({"keywords": ["hi", "hello"]}) == "A customer writes “hi”, “hello”"
    assert MESSAGE.sentence({}) == "A customer writes anything"
    assert (
        MESSAGE.sentence({"how": "exact", "any": ["1"], "none": ["2"]}) == "A customer writes exactly “1”, but not “2”"
    )


def test_every_setting_says_what_it_is_for():
    for name, field in MessageSettings().fields.items():
        assert field.metadata["label"], name
        assert field.metadata["help"], name


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"size \d+", "Size  38?", True), (r"^k-?\d{2}$", "K-12", True), (r"^k-?\d{2}$", "k-123", False), (r"sa[rd]ee?", "sadi", False),
        ("साड़ी", "सा\u095cी", True), ("सा\u095cी", "साडी", True), (r"caf\S+", "CAFÉS", True), (r"\S+@\S+", "a@b", True), ("^(a+)+$", "a" * 999 + "!", False),
    ],
)  # fmt: skip
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert bool(why({"how": "pattern", "any": [pattern]}, text)) is fits


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=price)p", "Looking ahead"), ("(?<!x)y", "Looking ahead"), (r"(a)\1", "Repeating"), ("a{1001}", "too big"), ("((a{10}){10}){10}", "too big"),
        (r"\pL{900}", "too big"), (r"(x+x+){500}y", "too big"), (".*", "fits every message"), ("a?", "fits every message"), ("", "Length"), ("(", "missing )"),
        ("[z-a]", "cannot be read"), ("*", "cannot be read"), ("a" * (LONGEST + 1), "Length"), ("\ud800", "half a character"), ("(?P<x", "cannot be read"),
    ],
)  # fmt: skip
def test_hostile_patterns_are_refused_at_save_with_place_and_reason(pattern: str, reason: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MessageSettings().load({"how": "pattern", "any": ["fine", pattern]})
    assert set(refused.value.messages) == {"any"}
    assert list(refused.value.messages["any"]) == [1]
    (said,) = refused.value.messages["any"][1]
    assert reason in said


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"keywords": ["ok", "!!!"]}, "keywords"), ({"any": ["x" * 61]}, "any"), ({"how": "contains"}, "how"), ({"any": ["x"] * 101}, "any"),
        ({"how": "pattern", "none": ["x+"] * 21}, "none"), ({"how": "exact", "all": ["a"]}, "all"), ({"any": [5]}, "any"), ({"some": []}, "some"),
    ],
)  # fmt: skip
def test_refused_settings(given: dict, place: str) -> None:
    assert set(MessageSettings().validate(given)) == {place}


anything = st.one_of(
    st.text(max_size=80),
    st.text(st.sampled_from("pri ceकितना💰\ud800\u200d\ufe0f🏽1,.-'’ा़्\x00\u0301"), max_size=60),
    st.sampled_from([line.text for line in building()]),
)
listed = st.lists(anything.filter(bool), max_size=5).map(tuple)


@settings(max_examples=300)
@given(text=anything, how=st.sampled_from(["word", "exact", "begins"]), some=listed, every=listed, none=listed)
def test_a_rule_never_raises_on_any_text(text, how, some, every, none):
    verdict = Rule(how=how, any=some, all=every, none=none).judge(text, UNDERSTANDER.understand(text))
    assert verdict.reason
    assert verdict == Rule(how=how, any=some, all=every, none=none).judge(text, UNDERSTANDER.understand(text))


@settings(max_examples=200)
@given(
    pattern=st.one_of(st.text(max_size=60), st.from_regex(r"[a-z()*+?|.\\\[\]{}0-9^$]{1,30}", fullmatch=True)),
    text=anything,
)
def test_a_pattern_is_refused_or_never_raises(pattern, text):
    try:
        read_pattern(pattern)
    except PatternRefused:
        return
    assert isinstance(Rule(how="pattern", any=(pattern,)).judge(text).fits, bool)


@settings(max_examples=100)
@given(keyword=st.sampled_from([line.text for line in building()]))
def test_a_keyword_finds_itself(keyword):
    if MessageSettings().validate({"keywords": [keyword]}):
        assert len(keyword) > 60 or not re.search(r"\w", keyword)
        return
    rule = Rule(how="exact", any=(keyword,))
    assert rule.judge(keyword).fits
    assert rule.judge(f"  {keyword.upper()} ").fits
    assert found_keyword([keyword], f"so {keyword} !") == keyword


def test_the_work_grows_with_the_message_and_no_faster(monkeypatch):
    compared = 0
    is_like = Word.is_like

    def counted(self, other):
        nonlocal compared
        compared += 1
        return is_like(self, other)

    monkeypatch.setattr(Word, "is_like", counted)
    rule = Rule(any=tuple(f"ab ab ab ab {number}x" for number in range(50)))
    counts = []
    for words in (60, 120, 240):
        compared = 0
        assert not rule.judge("ab " * words).fits
        counts.append(compared)
    assert 0 < counts[0] <= 60 * 50 * 5
    assert counts[1] <= 2.2 * counts[0]
    assert counts[2] <= 2.2 * counts[1]
