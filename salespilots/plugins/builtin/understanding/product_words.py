"""Words shops sell with: colours, things, materials and sizes, each with the spellings customers use.

The left side is the form everything is compared in; the right side lists spellings in English, Hinglish and
Devanagari. Spellings that differ only in vowel length or doubled letters need no entry (see `script.fold`).
"""

from __future__ import annotations

from salespilots.plugins.builtin.understanding.script import word_set

COLOURS: dict[str, str] = {
    "blue": "blue blu neela neeli neele nila nili indigo navy नीला नीली नीले ब्लू इंडिगो नेवी",
    "red": "red lal laal lall लाल रेड",
    "green": "green gren hara hari hare haraa हरा हरी हरे ग्रीन",
    "black": "black blak kala kaala kali kaali kale काला काली काले ब्लैक",
    "white": "white wite safed safaid saphed सफेद व्हाइट वाइट",
    "yellow": "yellow yelow peela pila pili peeli haldi पीला पीली पीले येलो",
    "pink": "pink gulabi gulaabi गुलाबी पिंक",
    "orange": "orange narangi santari kesari kesariya saffron नारंगी केसरिया ऑरेंज",
    "purple": "purple baingani jamuni violet बैंगनी जामुनी पर्पल",
    "brown": "brown bhura bhoora bhuri भूरा भूरी ब्राउन",
    "maroon": "maroon marun meroon mahroon मैरून मरून",
    "mustard": "mustard sarso मस्टर्ड",
    "grey": "grey gray saleti slety ग्रे स्लेटी",
    "teal": "teal टील",
    "beige": "beige cream offwhite क्रीम बेज",
    "turquoise": "turquoise firozi feroza फिरोजी",
}

MATERIALS: dict[str, str] = {
    "cotton": "cotton kotton coton cottan cotten suti sooti सूती कॉटन काटन",
    "silk": "silk silak resham reshmi सिल्क रेशम रेशमी",
    "linen": "linen linan लिनन",
    "wool": "wool woolen woollen ooni uni ऊनी",
    "gold": "gold golden sona sone sunehra sunehri सोना सोने सुनहरा सुनहरी गोल्ड गोल्डन",
    "silver": "silver chandi chaandi चांदी सिल्वर",
    "brass": "brass peetal pital पीतल ब्रास",
    "copper": "copper tamba taamba तांबा",
    "wooden": "wood wooden lakdi lakri लकड़ी",
    "terracotta": "terracotta teracotta terakota mitti clay मिट्टी टेराकोटा",
    "ceramic": "ceramic chini ceramics सिरेमिक",
    "leather": "leather lether chamda चमड़ा चमड़े लेदर",
    "jute": "jute जूट",
    "glass": "glass kaanch kanch कांच",
    "pearl": "pearl pearls moti मोती",
    "oxidised": "oxidised oxidized oxidise oxodised ऑक्सीडाइज्ड",
    "printed": "print printed prints chhapa प्रिंट प्रिंटेड",
    "embroidered": "embroidered embroidery kadhai kadhayi कढ़ाई",
    "handmade": "handmade handcrafted hastkala हस्तनिर्मित",
    "chanderi": "chanderi चंदेरी",
    "banarasi": "banarasi banarsi benarasi बनारसी",
    "kanjivaram": "kanjivaram kanjeevaram kanchipuram कांजीवरम",
    "bandhani": "bandhani bandhej बांधनी",
    "georgette": "georgette jorjet जॉर्जेट",
    "chiffon": "chiffon shifon शिफॉन",
}

THINGS: dict[str, str] = {
    "saree": "saree sari sadi saadi sarre sare saaree sarree saris sarees साड़ी साडी साड़ियां सारी",
    "kurta": "kurta kurtaa kurtha kurte kurtas कुर्ता कुर्ते",
    "kurti": "kurti kurtee kurthi kurtis कुर्ती कुर्तियां",
    "dupatta": "dupatta duppata dupata chunni chunri odhni दुपट्टा दुपट्टे चुन्नी ओढ़नी",
    "lehenga": "lehenga lehnga lengha lahenga ghagra लहंगा घाघरा",
    "salwar": "salwar shalwar सलवार",
    "shirt": "shirt kameez shart शर्ट कमीज",
    "tshirt": "tshirt tee टीशर्ट",
    "blouse": "blouse blaus ब्लाउज",
    "dress": "dress gown frock ड्रेस गाउन",
    "shawl": "shawl shaal शॉल शाल",
    "stole": "stole scarf stoll स्टोल",
    "suit": "suit सूट",
    "palazzo": "palazzo plazo पलाज़ो",
    "jhumka": "jhumka jhumki jhumke jhumkas zumka jumka झुमका झुमके झुमकी",
    "earring": "earring earing earrings earings bali baliyan kundal इयररिंग बाली बालियां",
    "necklace": "necklace neklace neckless haar mala नेकलेस हार माला",
    "ring": "ring rings anguthi angoothi अंगूठी रिंग",
    "bangle": "bangle bangles bangel chudi choodi churi chudiyan kangan kada चूड़ी चूड़ियां कंगन कड़ा",
    "bracelet": "bracelet braclet ब्रेसलेट",
    "anklet": "anklet payal paayal पायल",
    "bindi": "bindi बिंदी",
    "jutti": "jutti juti jooti mojari mojri juttis जूती जुत्ती मोजरी",
    "chappal": "chappal chapal slipper slippers चप्पल",
    "sandal": "sandal sandals सैंडल",
    "shoe": "shoe shoes joota joote जूता जूते",
    "bag": "bag bags thaila thela jhola थैला झोला बैग",
    "potli": "potli पोटली",
    "wallet": "wallet purse batua पर्स बटुआ",
    "diya": "diya diyas deepak dia दीया दीये दीपक",
    "candle": "candle candles mombatti kendal मोमबत्ती कैंडल",
    "mug": "mug mugs मग",
    "cup": "cup cups pyala कप प्याला",
    "cushion": "cushion cushions kushan takiya gaddi pillow कुशन तकिया गद्दी",
    "bedsheet": "bedsheet bedsheets chadar chaddar चादर बेडशीट",
    "curtain": "curtain curtains parda parde पर्दा परदे",
    "rug": "rug carpet dari durrie kaleen दरी कालीन",
    "lamp": "lamp lamps लैंप",
    "vase": "vase guldasta phooldan फूलदान गुलदस्ता",
    "planter": "planter gamla गमला",
    "plate": "plate plates thali प्लेट थाली",
    "bowl": "bowl bowls katori कटोरी",
    "bottle": "bottle botal बोतल",
    "basket": "basket tokri टोकरी",
    "idol": "idol murti मूर्ति",
    "soap": "soap sabun साबुन",
    "towel": "towel tauliya तौलिया",
    "watch": "watch ghadi घड़ी",
    "mattress": "mattress matress gadda गद्दा",
    "cover": "cover covers kavar कवर",
    "toy": "toy toys khilona खिलौना",
}

SIZES: dict[str, str] = {
    "xs": "xs",
    "s": "s small chhota chota chhoti छोटा छोटी स्मॉल",
    "m": "m medium मीडियम",
    "l": "l large लार्ज",
    "xl": "xl एक्सएल",
    "xxl": "xxl 2xl",
    "xxxl": "xxxl 3xl",
    "xxxxl": "xxxxl 4xl",
}

IMPLIES: dict[str, str] = {
    "jhumka": "earring", "kurti": "kurta", "jutti": "shoe", "chappal": "shoe", "sandal": "shoe", "potli": "bag",
    "stole": "dupatta", "kanjivaram": "silk", "banarasi": "silk",
}  # fmt: skip
"""A thing on the left is also one on the right: who asks for earrings may be shown jhumkas."""

_GENERIC = word_set(
    "hand painted block set soft pure plain designer fancy party wear traditional indian combo small big"
)
ATTRIBUTES = frozenset(COLOURS) | frozenset(MATERIALS) | frozenset(SIZES) | _GENERIC
"""Words that describe but do not name a thing: "gold" alone never says which product is meant."""
