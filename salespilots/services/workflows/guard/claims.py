"""Words that only the shop may say: that something is free or cheaper, ordered, paid, sent, or will come by a day."""

from __future__ import annotations

import re
from collections.abc import Sequence

from salespilots.services.workflows.guard.facts import Facts

_CHEAPER = re.compile(
    r"\bdis[ck]ou?nt\w*|\bcoupons?\b|\bpromo\w*|\bcash ?back\b|\bvouchers?\b|%\s*off|\bpercent off|₹?\s*\d[\d,]*\s*(?:rs|rupees)?\s+off\b"
    r"|\b(?:flat|extra|get|upto|up to|some|special|more|money) off\b|\boff (?:on|for you|today)\b|\b(?:special|lower|lowest|reduced|offer|sale|better|cheapest|wholesale|deal) (?:price|rate)s?\b"
    r"|\b(?:special|festive|diwali|holi|best|great|big|limited|exclusive) (?:offer|deal|sale)s?\b|\boffers?\b(?= (?:price|ends|only|for|on|today|valid|hai|chal))"
    r"|\b(?:on|flash|mega|in) sale\b|\bsale (?:chal|lag|hai|par|pe|price)\w*|\bhalf(?:[ -]|\s+the\s+)(?:price|rate|off|amount|money)\b|\bhalf of\b|\bka (?:aadh|adh)[aei]\b|\b(?:pay|for) (?:only |just )?half\b|\b(?:aadh[aei]|adhe|half) (?:daam|dam|price|rate|kimat|keemat|paise|mein)\b"
    r"|\bdivided by\b|\bminus\b|\bless than (?:the )?(?:price|mrp|that|₹)|\bdeduct\w*|\bknock(?:ed)? off\b|\bprice (?:drop|cut|down)\b|\bdouble\b|\btwice\b|\bbogo\b|\bbuy (?:one|1|two|2)\b.{0,15}\bget\b"
    r"|\b(?:ek|1) ke saath (?:ek|1)\b|\bsav(?:e|ing|ings)\b|\bbachat\b|बचत|\b(?:price|cost) of (?:one|1|two|2|a)\b|\bmol ?bhav\b|\bnegotiat\w*|\bbargain\b|\bsast[aei] (?:mein|me|kar|de|dun|doon)|\bchhoot\b|\bchhut\b|\bchoot\b"
    r"|\b(?:coupon|promo|discount|offer|use|apply|enter|with) code\b|(?<!pin )(?<!product )(?<!area )\bcode\b|\bgift\b(?= (?:with|free|card|voucher|for you))|\bguarantee\w*|\bwinner\b|\byou(?:'ve| have)? won\b|\blucky\b|\brefer a\b|\bearn\b|\b(?:ignore|wrong|incorrect|outdated|galat)\b.{0,20}\bprice\b|\bprice\b.{0,20}\b(?:wrong|incorrect|outdated|galat)\b|\bemi\b|\binterest[ -]free\b"
    r"|(?:\bper|\bevery|/) ?(?:pair|dozen|met(?:re|er)|month|week|day|kg|kilo|gram|foot|yard|inch)\b|\b(?:plus|extra|\+)\s+(?:gst|tax\w*)|\b(?:gst|tax\w*) extra\b|\brefund\w* (?:you|your|full|the|is|will|anytime|guaranteed)|\bmoney[ -]back\b"
    r"|छूट|डिस्काउंट|कूपन|कैशबैक|ऑफर|आधे? (?:दाम|कीमत|रेट|पैसे)|आधी कीमत|सस्त[ाेी] (?:में|कर|दे)|गारंटी|विशेष (?:दाम|कीमत)|सेल (?:में|चल|पर)|कोड (?:लगा|डाल|यूज)"
)
_NO_SUCH = re.compile(
    r"\b(?:no|not any|without any|(?:cannot|can't|can not|don't|do not|doesn't|unable to|won't) (?:give|offer|have|do|make|provide|allow))(?: (?:any|a|an|such|other|extra|special|you))* ?$"
)
_NOT_THERE = re.compile(r"[^,.;!?]{0,12}\bnah\w+|[^,.;!?]{0,12}नही")
_FREE = re.compile(
    r"\bfre+\b|\bfreebie\w*|\bfor nothing\b|\bm(?:u|oo)ft\b|\bcosts? (?:you )?(?:nothing|zero)\b|\bno need to pay\b|(?:n't|\bnot|\bnever) (?:have to |need to )?(?:cost|charge|pay)\w*\b|\bkuch (?:bhi )?nah\w+ (?:lag|de)\w*|\b(?:liye|free|your|ek) gift\b|\bwaiv\w*|\bnil\b|\bhum (?:de|bhar) denge\b|\b(?:h[au]?m?ari|our) (?:taraf|side|treat)\b|\bno payment\b|\bpay (?:later|when|whenever|after|any ?time)\b|\bbaad mein (?:pay|paise)|\bgratis\b|\bcomplimentary\b|\bno (?:extra |additional |delivery |shipping )?(?:charges?|cost|fee)s?\b|\bwithout (?:any )?(?:charge|cost|paying|payment)\b"
    r"|\b(?:zero|nil) (?:cost|charges?|rupees|price|payment)\b|\bon the house\b|\bon us\b|\b(?:nothing|not have|don't have|do not have|needn't) to pay\b|\bbina (?:paise|paiso|kisi|charge|koi)\b|\bcharges? nahi\w*\b|\b(?:paise|charge) nah\w+\b|\ba gift\b"
    r"|\bmy treat\b|\bas a present\b|मुफ्त|मुफत|फ्री|नि ?:?ः?शुल्क|बिना (?:पैसे|किसी शुल्क|चार्ज)|गिफ्ट|उपहार|कोई (?:चार्ज|शुल्क|पैसा) नही"
)
_FREE_TO_ASK = re.compile(
    r"\b(?:feel|feeling) free\b|\bfree to (?:ask|message|write|choose|pick|contact|reach|tell|let|share|say|reply|browse|look|explore)\b"
)
_FREE_DELIVERY = re.compile(
    r"\bfree (?:home )?(?:delivery|shipping)\b|\b(?:delivery|shipping)(?: charges?| cost)?(?: is| are| to| for you| comes?| will be| hai)* (?:also |bilkul |absolutely |completely )?free(?: of (?:charge|cost))?\b"
    r"|\bno (?:delivery|shipping) (?:charges?|cost|fees?)\b|\b(?:delivery|shipping) (?:ka |ke )?(?:koi )?(?:charges? |paise )?nah\w+\b|\b(?:no|without) (?:extra )?charges? for (?:delivery|shipping)\b"
    r"|\bm(?:u|oo)ft (?:delivery|shipping)\b|\bdelivery m(?:u|oo)ft\b|(?:डिलीवरी|शिपिंग) (?:बिलकुल |बिल्कुल )?(?:फ्री|मुफ्त|निःशुल्क)|(?:फ्री|मुफ्त) (?:डिलीवरी|शिपिंग)"
)
_BE = r"(?<!be )(?<!not )(?<!n't )(?<!not yet )(?<!to be )(?<!never )(?<!get )"
_DONE = re.compile(
    r"₹ ?[\d,.]+ (?:mil|aa|jama|receive)\w* ?(?:ga|gy|chuk|hu|ho)\w*|"
    rf"{_BE}\b(?:confirmed|booked|reserved|blocked|preordered)\b"
    rf"|\border\w*\b.*{_BE}\b(?:placed|accepted|processed|successful\w*|completed?|complete|done|received|in place|through|secured|set|finali[sz]ed|registered|recorded|noted|sorted|created|made|taken|approved|punched)\b"
    rf"|{_BE}\b(?:placed|accepted|processed|completed|received|taken|noted|recorded|created|made|got|registered|punched|finali[sz]ed)\b.*\border\w*\b"
    rf"|\b(?:payment|money|amount|transaction|transfer|funds|deposit|advance|rupees|₹\s*[\d,.]+)\b.*{_BE}\b(?:arrived|received|came|come in|got|credited|successful\w*|completed?|complete|done|through|accepted|cleared|processed|verified|reached|landed|settled|registered|went|in our account|reflect\w*)\b"
    rf"|\b(?:have|got) (?:your|the) (?:payment|money|amount)\b|{_BE}\b(?:received|got|verified|accepted|processed|credited)\b.*\b(?:payment|your money|the money|the amount|your transfer)\b"
    rf"|{_BE}\bpaid\b|\b(?:payment|money|order) is (?:in|on|set|ready)\b(?! (?:the|its|your|hold|transit))|\b(?:see|saw|have|found|noticed) (?:your|the) payment\b|\bpayment (?:is|was|has) (?:been )?(?:showing|visible|here|there|ok|okay|fine|seen|noted)\b|\bord[e]?r confirm\b(?! (?:kar|kr|the|ka)| ?\?)|"
    rf"{_BE}\breceived (?:rs|₹|the|your|inr)|\byour purchase (?:is|was|has)\b|\byou(?:'ve| have)? (?:ordered|bought|purchased)\b"
    r"|\bthank(?:s| you)(?: so much| very much)? for (?:your |the |placing |making )*(?:order|purchase|payment|paying|ordering|buying|shopping)\b|\bcongrat\w*"
    r"|\b(?:i|we)(?:'ll|'m|'re|'ve| will| am| are| have| had)? (?:now |just |already |hereby |gladly |going to )*(?:book|booking|place|placing|plac\w+|order|ordering|ordered|reserve|reserving|confirm|confirming|keep|kept|keeping|hold|held|holding|set aside|put aside|pack|packed|packing|ship|shipped|shipping|dispatch\w*|sent|charged)\b"
    r"|\b(?:kept|set|put) aside\b|\bheld for you\b|\bsaved for you\b|\bit's yours\b|\bit is yours\b|\bsuccessfully\b"
)
_OUGHT = re.compile(
    r"\b(?:shall|should|can|could|may|do you want (?:me|us) to|would you like (?:me|us) to|want (?:me|us) to|let me know if) (?:i|we)?\b"
)
_COMPLETED = (
    r"(?:ho ?ga?y[aie]|ho ?gy[aie]|ho ?ga[iy]+|hogay[aie]|hogai|ho chuk\w+|ho chk\w*|kar ?diy?[aie]|kardi|kr diy?[aie]|kar ?li[ay]?\w*|kar chuk\w+|lag ga?y[aie]|lag ?gya|le liy?[aie]|le li\b"
    r"|mil ?ga?y[aie]|mil ?gy[aie]|mil ga[iy]+|mil chuk\w+|mila hai|mili hai|mile hain|aa ?ga?y[aie]|aa ?gy[aie]|a ga?y[aie]|aa ga[iy]+|aa chuk\w+|jama|pahu?n?ch ga?y\w+|pahu?n?ch chuk\w+|receive\w*|prapt|confirm(?:ed)?(?= hai| ho| kar di| kr di)|pakka|pakki|book(?= hai| ho ga| kar di)|safal|hua hai|hui hai|done|ban ga?y[aie])"
)
_HINGLISH = re.compile(
    rf"\b{_COMPLETED}(?!\w).{{0,12}}\border\b|(?:\b|(?=₹))(?:ord[e]?r|booking|book|pay|₹|payment|pement|paymnt|paise|paisa|paisay|rupaye|rupees|amount|bhugtan|transaction|confirm|rakam|rashi)\b(?P<between>.*?)\b(?P<done>{_COMPLETED})(?!\w)"
)
_DEVANAGARI_DONE = re.compile(
    r"(?:ऑर्डर|आर्डर|ओर्डर|बुकिंग|भुगतान|पेमेंट|पैसे|पैसा|रकम|राशि|रुपये|ट्रांजैक्शन|खरीद)(?P<between>.*?)(?P<done>हो (?:गया|गई|गयी|गए|गये|चुक)|कर (?:दिया|दी|लिया|ली|चुक)|ले लिया|दर्ज|मिल (?:गया|गई|गयी|गए|गये|चुक)|मिला है|मिले हैं|आ (?:गया|गई|गयी|गए|गये|चुक)|प्राप्त|पहुंच (?:गया|गई|गए|चुक)"
    r"|कन्फर्म(?! (?:कर(?:ें|ना|ने|ूं|ू| दूं)|करें|करना|करने))|कंफर्म(?! कर)|पक्का (?:है|हो|कर दि)|पुष्टि (?:हो|कर दी|की जा चुकी)|बुक (?:है|हो|कर दि)|स्वीकार|लग गया|सफल|जमा)"
    r"|(?:कन्फर्म|कंफर्म|बुक|पुष्टि) (?:हो गय|हो गई|हो चुक|कर दिय|कर दी)|रख (?:दिया|ली|लिया) है"
)
_SENT = {
    "packed": (("packed", "shipped", "delivered"), r"\bpack(?:ed)?(?= (?:ho|kar)|\b)(?! (?:it|of|karke))|पैक"),
    "shipped": (
        ("shipped", "delivered"),
        r"\bshipped\b|\bdispatch(?:ed)?\b|\bon (?:its|the|your) way\b|\bin transit\b|\bleft (?:the|our) (?:shop|store|warehouse)\b|\bout for delivery\b|\bcouriered\b|\bsent out\b|\bship (?:ho|kar)\b|\bbhej (?:diya|di|diye|chuke)\b"
        r"|\bnikal (?:gay\w+|gai|chuk\w+|chu\w+)|\braaste mein\b|\braste (?:mein|me)\b|\brawana\b|रवाना|भेज (?:दिया|दी|दिए|चुक)|शिप|डिस्पैच|रास्ते में|निकल (?:गया|गई|चुक)",
    ),
    "delivered": (
        ("delivered",),
        r"\bdelivered\b|\bdeliver ho (?:gay\w+|gai|chuk\w+)|\bpahu?n?ch (?:gay\w+|gai|chuk\w+)|\breached (?:you|your)\b|डिलीवर (?:हो|कर दि)|पहुंच (?:गया|गई|चुक)",
    ),
    "cancelled": (("cancelled", "expired"), r"\bcancell?ed\b|\bcancel (?:ho|kar d|kiya)\b|रद्द|कैंस(?:ल|िल)"),
    "returned": (("returned",), r"\breturned\b|वापस (?:आ|हो) ग"),
    "refunded": (("refunded", "part_refunded"), r"\brefund(?:ed)?\b|रिफंड"),
}  # fmt: skip
_STATES = {name: (states, re.compile(pattern)) for name, (states, pattern) in _SENT.items()}
_NOT_YET = re.compile(r"\b(?:be|not|n't|never|yet to|to be|before|until|nahi|nahin|can be|will be)\b|नही")
_DAY_ALONE = re.compile(
    r"\btomorrow\b|\btonight\b|\bday after\b|\bby (?:the )?(?:evening|morning|noon|night|today|end)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\bparson?\b|परसों|\b(?:next|same)[ -]day\b"
)
_DAY = re.compile(
    r"\btomorrow\b|\btonight\b|\btoday\b|\bday after\b|\b(?:this|next|same|every) (?:day|week|weekend|month|evening|morning)\b|\b(?:next|same)[ -]day\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:january|february|march|april|june|july|august|september|october|november|december|diwali|holi|rakhi|eid|weekend)\b|\bin (?:a|an|few|some|couple|no) (?:day|hour|week|minute|few|time|couple)\w*|\bwithin\b|\bsoon\b|\bright away\b|\bimmediately\b|\basap\b|\bturant\b|तुरंत|\bexpress\b|\bovernight\b|\binstant\w*"
    r"|\baaj\b|\bkal\b|\bparson?\b|\bis hafte\b|\bagle hafte\b|\bshaam tak\b|\bsubah tak\b|\bjaldi\b|\b(?:som|mangal|budh|guru|shukra|shani|ravi)(?:vaa?r|waa?r)\b|\bitwaa?r\b"
    r"|कल|परसों|आज|अगले हफ्ते|इस हफ्ते|शाम तक|सुबह तक|जल्दी|(?:सोम|मंगल|बुध|गुरु|शुक्र|शनि|रवि)वार|दिन(?:ों)? में|हफ्ते"
)
_ARRIVES = re.compile(
    r"\bdeliver\w*|\barriv\w*|\breach\w*|\bship\w*|\bdispatch\w*|\bsend\b|\bsent\b|\bget it\b|\breceive\w*|\bwith you\b|\bbe back\b|\bat your (?:door|home)\w*|\bcourier\w*|\brestock\w*|\bback in stock\b"
    r"|\bpahu?n?ch\w*|\bmil (?:jay|ja)\w*|\bmileg\w*|\bbhej\w*|\baa jay\w*|\baayeg\w*|\bnikal\w*|पहुंच|पहुच|मिल जा|मिलेग|भेज|डिलीवर|आ जा|आएग|शिप"
)
_SYSTEM = re.compile(
    r"\bsystem prompt\b|\b(?:my|the|these) instructions?\b|\bapi key\b|\bas an ai\b|\blanguage model\b|\bi am (?:an )?ai\b|\bchatgpt\b|\bopenai\b|\bgoogle\b|\b(?:cost|purchase|buying) price\b|\bother customers?\b"
)


def claim_problem(sentences: Sequence[str], facts: Facts) -> str | None:
    """Why words of the reply are not the model's to say, or None. Each sentence folded, what tools gave left out."""
    for sentence in sentences:
        for text in {sentence, _closed_up(sentence)}:
            problem = _problem(text, facts)
            if problem:
                return problem
    return None


def _closed_up(text: str) -> str:
    """Letters set apart put together: ``f r e e``, ``dis-count``."""
    text = re.sub(r"(?<=[^\W\d_]) ?[-_./|'\"]+ ?(?=[^\W\d_])", "", text)
    return re.sub(r"(?<!\w)(?:[a-z][\s.,_-]+){3,}[a-z](?!\w)", lambda one: re.sub(r"[^a-z]", "", one.group()), text)


def _problem(text: str, facts: Facts) -> str | None:
    if any(not _denied(text, one) for one in _CHEAPER.finditer(text)):
        return "a price that only the shop may give"
    rest = _FREE_TO_ASK.sub(" ", text)
    if facts.free_delivery:
        rest = _FREE_DELIVERY.sub(" ", rest)
    own = [re.sub(r"[ -]+", " ", one) for one in facts.texts()]
    for match in re.finditer(r"\b[a-z]+[ -]+free\b", rest):
        if any(re.sub(r"[ -]+", " ", match.group()) in one for one in own):
            rest = rest.replace(match.group(), " ")
    if _FREE.search(rest):
        return "something for free"
    if _done(text):
        return "an order or a payment as done"
    if _DAY_ALONE.search(text) or (_DAY.search(text) and _ARRIVES.search(text)):
        return "a date that nobody promised"
    if _SYSTEM.search(text):
        return "talk about itself"
    return _state_problem(text, facts)


def _denied(text: str, match: re.Match[str]) -> bool:
    """Whether the words say that there is no such thing: "no discounts", "discount nahi hai"."""
    return bool(_NO_SUCH.search(text[: match.start()]) or _NOT_THERE.match(text[match.end() :]))


def _done(text: str) -> bool:
    ought = _OUGHT.sub(" to be ", text)
    return bool(
        any(not _NOT_THERE.match(ought[one.end() :]) for one in _DONE.finditer(ought))
        or any(not _sent_or_not(one) for one in _HINGLISH.finditer(text))
        or any(not _sent_or_not(one) for one in _DEVANAGARI_DONE.finditer(text))
    )


def _sent_or_not(match: re.Match[str]) -> bool:
    """Whether what is said to be done is the way of a parcel (judged elsewhere), or is said not to be done."""
    between = (match.groupdict().get("between") or "").strip()
    last = between.split(" ")[-1] if between else ""
    return last in (
        "nahi",
        "nahin",
        "nhi",
        "नहीं",
        "ship",
        "pack",
        "deliver",
        "dispatch",
        "cancel",
        "पैक",
        "शिप",
        "डिलीवर",
        "रद्द",
        "कैंसल",
        "रवाना",
    )


def _state_problem(text: str, facts: Facts) -> str | None:
    """What is said of an order's way must be the state of one of the customer's orders."""
    told = {order.state for order in facts.orders} | {order.payment for order in facts.orders}
    for states, pattern in _STATES.values():
        match = pattern.search(text)
        if match and not _NOT_YET.search(text[max(0, match.start() - 14) : match.start()]) and not told & set(states):
            return "a state that no order has"
    return None
