"""Twelve products of a made-up handloom, jewellery and home shop.

The practice shop is filled with these, so a new owner can ask for the price of a saree before typing in a
single product. Among them are the cases a shop meets every day: sizes, colours, one product that is sold out,
one with two pieces left, and things with a single variant. Amounts are in paise, prices include GST.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PICTURES = Path(__file__).with_name("pictures")
"""Where the product pictures are: one PNG of 640 by 640 per product, and the SVG it was drawn from."""


@dataclass(frozen=True, slots=True)
class PracticeVariant:
    """One sellable variant. ``title`` is empty when the product comes in one kind only."""

    sku: str
    title: str
    price_paise: int
    mrp_paise: int
    on_hand: int


@dataclass(frozen=True, slots=True)
class PracticeProduct:
    """One product with everything the product form asks for."""

    title: str
    category: str
    description: str
    keywords: tuple[str, ...]
    code: str
    hsn: str
    gst_rate: int
    picture: str
    variants: tuple[PracticeVariant, ...]
    option: str = ""  # what its variants differ by, where there are several
    low_stock: int | None = None
    substitutes: tuple[str, ...] = ()  # SKUs

    @property
    def options(self) -> list[dict]:
        """As a product keeps them."""
        return [{"name": self.option, "values": [one.title for one in self.variants]}] if self.option else []

    @property
    def picture_path(self) -> Path:
        """The file of the product's picture."""
        return PICTURES / self.picture


PRODUCTS: tuple[PracticeProduct, ...] = (
    PracticeProduct(
        title="Blue block-print saree",
        category="Sarees",
        description="Soft mul cotton, block-printed by hand in indigo. 5.5 m with a running blouse piece. Wash cold.",
        keywords=("blue saree", "indigo saree", "cotton saree", "neeli sadi"),
        code="BS01",
        hsn="5208",
        gst_rate=5,
        picture="blue-block-print-saree.png",
        variants=(PracticeVariant("SAR-BLUE", "", 149900, 189900, 9),),
    ),
    PracticeProduct(
        title="Maroon silk saree",
        category="Sarees",
        description="Art silk with a woven gold border, for weddings and festivals. 6.3 m with blouse piece. Dry clean.",
        keywords=("maroon saree", "silk saree", "wedding saree"),
        code="MS02",
        hsn="5407",
        gst_rate=5,
        picture="maroon-silk-saree.png",
        variants=(PracticeVariant("SAR-MAROON", "", 349900, 449900, 2),),
    ),
    PracticeProduct(
        title="White cotton kurta",
        category="Kurtas",
        description="Straight white kurta in handloom cotton with side pockets and a little embroidery at the neck.",
        keywords=("kurta", "white kurta", "kurti", "cotton kurta"),
        code="KU03",
        hsn="6206",
        gst_rate=5,
        picture="white-cotton-kurta.png",
        variants=(
            PracticeVariant("KUR-WHT-M", "M", 89900, 119900, 6),
            PracticeVariant("KUR-WHT-L", "L", 89900, 119900, 4),
            PracticeVariant("KUR-WHT-XL", "XL", 94900, 124900, 3),
        ),
        option="Size",
    ),
    PracticeProduct(
        title="Green chanderi dupatta",
        category="Dupattas",
        description="Light chanderi with woven motifs and tassels, 2.5 m. Goes with a plain white or yellow suit.",
        keywords=("green dupatta", "dupatta", "chunni"),
        code="DU04",
        hsn="6214",
        gst_rate=5,
        picture="green-chanderi-dupatta.png",
        variants=(PracticeVariant("DUP-GREEN", "", 79900, 99900, 12),),
    ),
    PracticeProduct(
        title="Oxidised silver jhumka",
        category="Earrings",
        description="Light dome earrings with tiny bells, silver-coloured oxidised alloy, nickel free. 6 cm long.",
        keywords=("jhumka", "silver earrings", "oxidised earrings"),
        code="JH05",
        hsn="7117",
        gst_rate=3,
        picture="oxidised-silver-jhumka.png",
        variants=(PracticeVariant("JHU-SILVER", "", 44900, 59900, 18),),
    ),
    PracticeProduct(
        title="Pearl necklace",
        category="Necklaces",
        description="Two rows of shell pearls with a gold-coloured pendant. Length can be set from 40 to 46 cm.",
        keywords=("moti haar", "pearl mala", "necklace"),
        code="NE06",
        hsn="7117",
        gst_rate=3,
        picture="pearl-necklace.png",
        variants=(PracticeVariant("NEC-PEARL", "", 129900, 159900, 0),),
        substitutes=("JHU-SILVER", "BAN-BRS-24"),
    ),
    PracticeProduct(
        title="Brass bangles, set of 4",
        category="Bangles",
        description="Four hand-hammered brass bangles. 2.4 is 57 mm and 2.6 is 60 mm wide inside.",
        keywords=("bangles", "chudi", "kangan", "brass bangles"),
        code="BA07",
        hsn="7117",
        gst_rate=3,
        picture="brass-bangles.png",
        variants=(
            PracticeVariant("BAN-BRS-24", "2.4", 64900, 79900, 7),
            PracticeVariant("BAN-BRS-26", "2.6", 64900, 79900, 5),
        ),
        option="Size",
    ),
    PracticeProduct(
        title="Embroidered leather juttis",
        category="Footwear",
        description="Soft leather juttis with thread work and a padded sole. Indian sizes, true to size.",
        keywords=("jutti", "mojari", "juttis"),
        code="JU08",
        hsn="6403",
        gst_rate=5,
        picture="embroidered-leather-juttis.png",
        variants=(
            PracticeVariant("JUT-EMB-5", "5", 119900, 149900, 3),
            PracticeVariant("JUT-EMB-6", "6", 119900, 149900, 5),
            PracticeVariant("JUT-EMB-7", "7", 119900, 149900, 4),
        ),
        option="Size",
    ),
    PracticeProduct(
        title="Jute tote bag",
        category="Bags",
        description="Sturdy jute with cotton handles and an inner pocket. Holds a laptop and a lunch box.",
        keywords=("tote", "jute bag", "shopping bag", "thaila"),
        code="BG09",
        hsn="4202",
        gst_rate=5,
        picture="jute-tote-bag.png",
        variants=(PracticeVariant("BAG-JUTE", "", 59900, 74900, 15),),
    ),
    PracticeProduct(
        title="Terracotta diyas, set of 6",
        category="Home",
        description="Six hand-thrown clay lamps, painted along the rim. Use with oil or a tea light.",
        keywords=("diya", "mitti ke diye", "diwali diya"),
        code="DI10",
        hsn="6913",
        gst_rate=5,
        picture="terracotta-diyas.png",
        variants=(PracticeVariant("DIY-TERRA", "", 29900, 39900, 24),),
        low_stock=6,
    ),
    PracticeProduct(
        title="Embroidered cushion cover",
        category="Home",
        description="Cotton cover with mirror work, 40 x 40 cm, hidden zip. Filler not included.",
        keywords=("cushion", "cushion cover", "takiya cover"),
        code="CU11",
        hsn="6304",
        gst_rate=5,
        picture="embroidered-cushion-cover.png",
        variants=(
            PracticeVariant("CUS-RED", "Red", 39900, 49900, 10),
            PracticeVariant("CUS-TEAL", "Teal", 39900, 49900, 8),
        ),
        option="Colour",
    ),
    PracticeProduct(
        title="Hand-painted ceramic mug",
        category="Home",
        description="Stoneware mug, 300 ml, with leaves painted by hand under the glaze. Microwave safe.",
        keywords=("mug", "coffee mug", "tea cup"),
        code="MU12",
        hsn="6912",
        gst_rate=5,
        picture="hand-painted-ceramic-mug.png",
        variants=(PracticeVariant("MUG-LEAF", "", 34900, 44900, 14),),
    ),
)
