"""Draw the practice shop's product pictures again: each SVG becomes a PNG of 640 by 640 beside it, and a
WebP of 96 by 96 for lists.

Needs the development requirements (playwright, Pillow) and a Chromium on the PATH. Run it after changing a
drawing: ``python scripts/draw_pictures.py [name ...]``.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).parents[1] / "salespilots" / "demo" / "pictures"
SIDE = 640
SMALL = 96
COLOURS = 96
LARGEST = 40_000


def main(names: list[str]) -> int:
    """Render the named drawings, or all of them; fails when a picture grows too large to ship."""
    drawings = sorted(path for path in PICTURES.glob("*.svg") if not names or path.stem in names)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIDE, "height": SIDE})
        for drawing in drawings:
            page.set_content(f"<style>*{{margin:0}}svg{{display:block}}</style>{drawing.read_text('utf-8')}")
            size = save(page.screenshot(), drawing.with_suffix(".png"))
            print(f"{drawing.stem}: {size} bytes")
            if size > LARGEST:
                return 1
        browser.close()
    return 0


def save(screenshot: bytes, target: Path) -> int:
    """Write the picture with a small palette, which flat drawings lose nothing by; return its size."""
    picture = Image.open(io.BytesIO(screenshot)).convert("RGB")
    picture = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    picture.save(target, optimize=True)
    small = picture.convert("RGB")
    small.thumbnail((SMALL, SMALL))
    small.save(target.with_name(f"{target.stem}-{SMALL}.webp"), quality=80, method=6)
    return target.stat().st_size


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
