"""The pictures of a product: added, moved, taken away, described."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from salespilots.demo.catalogue import PRODUCTS
from salespilots.domain.catalog import Product
from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.domain.events import Event
from salespilots.services.core import Core, retrying
from salespilots.services.pictures import Pictures

MAX_PICTURES = 10


class Gallery:
    """Use cases on the pictures of one product. Files are whole on disk before a row names them."""

    def __init__(self, core: Core, pictures: Pictures) -> None:
        self._core = core
        self._pictures = pictures

    def add(self, business_id: str, product_id: str, names: Sequence[str], *, actor: str = "") -> None:
        """Put stored pictures after those that are there. Raises `InvalidInput` beyond `MAX_PICTURES`; pictures that
        no product took are deleted."""

        def change(product: Product) -> None:
            if len(product.images) + len(names) > MAX_PICTURES:
                raise InvalidInput({"picture": [f"At most {MAX_PICTURES} pictures."]})
            product.images = [*product.images, *names]

        try:
            self._change(business_id, product_id, change, actor)
        except Exception:
            for name in names:
                self._pictures.discard(business_id, name)
            raise

    def move(self, business_id: str, product_id: str, name: str, steps: int, *, actor: str = "") -> None:
        """Earlier by -1, later by +1; the first is what customers see."""

        def change(product: Product) -> None:
            images = list(product.images)
            place = _place(images, name)
            images.insert(max(0, place + steps), images.pop(place))
            product.images = images

        self._change(business_id, product_id, change, actor)

    def remove(self, business_id: str, product_id: str, name: str, *, actor: str = "") -> int:
        """Take a picture off; gives its place. The file stays: cards that were sent show it."""
        places: list[int] = []

        def change(product: Product) -> None:
            places.append(_place(product.images, name))
            product.images = [one for one in product.images if one != name]

        self._change(business_id, product_id, change, actor)
        return places[-1]

    def put_back(self, business_id: str, product_id: str, name: str, place: int, *, actor: str = "") -> None:
        """Undo of `remove`. Raises `NotFound` for a picture that was never the shop's."""
        if name not in {f"practice/{one.picture}" for one in PRODUCTS}:
            self._pictures.path(business_id, name)

        def change(product: Product) -> None:
            images = [one for one in product.images if one != name][: MAX_PICTURES - 1]
            images.insert(max(0, place), name)
            product.images = images

        self._change(business_id, product_id, change, actor)

    def describe(self, business_id: str, product_id: str, texts: Mapping[str, str], *, actor: str = "") -> None:
        """What pictures show, by their names, for who cannot see them."""

        def change(product: Product) -> None:
            texts_now = {**product.image_texts, **texts}
            product.image_texts = {name: texts_now[name] for name in product.images if texts_now.get(name)}

        self._change(business_id, product_id, change, actor)

    def _change(self, business_id: str, product_id: str, change: Callable[[Product], None], actor: str) -> None:
        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                product = uow.products.get(product_id)
                before = (product.images, product.image_texts)
                change(product)
                if (product.images, product.image_texts) == before:
                    return
                product.updated_at = self._core.clock.now()
                uow.products.save(product)
                ids = {"product_id": product.id}
                uow.record(Event(type="product.changed", at=product.updated_at, ids=ids, actor=actor or "system"))
                uow.commit()

        retrying(use_case)


def _place(images: Sequence[str], name: str) -> int:
    if name not in images:
        raise NotFound("There is no such picture.")
    return images.index(name)
