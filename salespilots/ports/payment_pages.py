"""Payment links that are pages by themselves: no provider makes them, so there is always one."""

from __future__ import annotations

from salespilots.ports.payments import PaymentLink, PaymentRequest


class PagePayments:
    """The four questions about links, answered from the reference alone; the address is ``pages/<reference>``."""

    def __init__(self, pages: str) -> None:
        self._pages = pages

    def address(self, reference: str) -> str:
        """Where the page is."""
        return f"{self._pages}/{reference}"

    def _link(self, reference: str, amount_paise: int = 0, state: str = "created") -> PaymentLink:
        url = self.address(reference)
        return PaymentLink(link_ref=reference, reference=reference, url=url, amount_paise=amount_paise, state=state)

    def create_link(self, request: PaymentRequest) -> PaymentLink:
        """The page's address."""
        return self._link(request.reference, request.amount_paise)

    def find_link(self, reference: str) -> PaymentLink | None:
        """Pages need no making: there is always one."""
        return self._link(reference)

    def fetch_link(self, link_ref: str) -> PaymentLink:
        """A page tells nothing of itself; what was paid on it comes another way."""
        return self._link(link_ref)

    def cancel_link(self, link_ref: str) -> PaymentLink:
        """The page looks at the order's state itself."""
        return self._link(link_ref, state="cancelled")
