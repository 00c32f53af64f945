"""Road A in a real browser: from sign-up to a delivered order, on a phone; and its core without scripts."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import PHONE, Watched

PASSWORD = "lotus river 42 sun"
PATIENCE = 20_000
LIVE_MS = 2000
"""How long a change may take to reach another open page, by the definition of done."""

expect.set_options(timeout=PATIENCE)


def sign_up(page: Page, email: str) -> None:
    page.goto("/signup")
    page.get_by_label("Shop name").fill("Meera Handlooms")
    page.get_by_label("Your name").fill("Meera Iyer")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Create my shop").tap()
    page.wait_for_url("**/app/start")


def load_practice_shop(page: Page) -> None:
    page.locator("summary", has_text="Add products").tap()
    page.get_by_role("button", name="Load the practice shop").tap()
    expect(page.locator(".toast")).to_contain_text("12 products added")


def say(page: Page, words: str) -> Locator:
    """Write as the customer; gives the chat."""
    log = page.get_by_role("log")
    page.get_by_role("textbox", name="Message as Riya").fill(words)
    page.get_by_role("button", name="Send", exact=True).tap()
    return log


def told(page: Page, words: str) -> None:
    """The newest line from the shop."""
    expect(page.get_by_role("log").locator(".m:not(.out):not(.typing)").last).to_contain_text(words)


def press_twice(button: Locator) -> None:
    """Two presses before any answer can come."""
    button.evaluate("(one) => { one.click(); one.click(); }")


def test_from_sign_up_to_delivered(chrome: Browser, address: str) -> None:
    watched = Watched(chrome, address, **PHONE)
    page = watched.page("/signup")
    watched.check(page)
    sign_up(page, "meera@example.in")
    watched.check(page)
    load_practice_shop(page)

    page.goto("/app/simulator")
    log = say(page, "Hi")
    expect(log.locator("article.mc").first).to_be_visible()
    say(page, "blue saree kitna hai?")
    told(page, "₹1,499.00, 9 in stock")
    expect(log.get_by_role("button", name="Buy 2")).to_be_visible()
    home, inbox = watched.page("/app"), watched.page("/app/inbox")
    expect(home.locator("[data-region=revenue]")).not_to_contain_text("₹3,078.00")

    for words, answer in (
        ("2 chahiye", "name"),
        ("Riya Sen", "mobile number"),
        ("98450 12345", "pincode"),
        ("560038", "house"),
        ("14, 3rd Cross, Indiranagar", "2 × Blue block-print saree, ₹3,078.00 in all. Shall I place the order?"),
    ):
        say(page, words)
        told(page, answer)
    watched.check(page)
    press_twice(log.get_by_role("button", name="Confirm"))
    pay = log.get_by_role("link", name="Pay (practice)")
    expect(pay).to_be_visible()
    expect(log.get_by_text("is placed and your pieces are held")).to_have_count(1)
    expect(inbox.locator("a.conv")).to_contain_text("Riya Sen")
    watched.check(page)

    pay.tap()
    page.wait_for_url("**/pay/**")
    watched.check(page)
    orders = watched.page("/app/orders")
    expect(orders.locator("a.row")).to_have_count(1)
    expect(orders.locator("a.row")).to_contain_text("Unpaid")
    page.get_by_role("button", name="Pay ₹3,078.00").tap()
    expect(page.get_by_role("heading", name="Paid ₹3,078.00")).to_be_visible()
    expect(home.locator("[data-region=revenue]")).to_contain_text("₹3,078.00")
    expect(home.locator("[data-region=latest]")).to_contain_text("SP-1001")
    expect(home.locator("[data-region=needs]")).to_contain_text("1 order to pack")
    expect(orders.locator("a.row")).to_contain_text("To pack")
    expect(inbox.locator("a.conv")).to_contain_text("Payment of ₹3,078.00 received")
    watched.check(page)
    page.get_by_role("link", name="See the order").tap()
    page.wait_for_url("**/o/**")
    expect(page.get_by_role("heading", name="Order confirmed")).to_be_visible()
    watched.check(page)
    for one in (home, orders, inbox):
        watched.check(one)
    home.close()

    page.goto("/app/simulator")
    told(page, "Payment of ₹3,078.00 received for order SP-1001")
    say(page, "mera order kaha hai?")
    told(page, "SP-1001")

    _person_and_automation(watched, inbox, page)
    inbox.close()
    _pack_ship_deliver(watched, orders, page)
    for path in ("/app/products", "/app/customers", "/app/workflows", "/app/more", "/app/settings/business"):
        orders.goto(path)
        watched.check(orders)
    assert watched.problems == []
    watched.close()


def _person_and_automation(watched: Watched, inbox: Page, customer: Page) -> None:
    inbox.locator("a.conv").tap()
    inbox.wait_for_url(re.compile(r"/inbox/cnv_"))
    state = inbox.locator("[data-region=state]")
    expect(state).to_contain_text("Automation is replying")
    watched.check(inbox)
    assert inbox.evaluate("scrollY") <= 1
    inbox.get_by_role("textbox", name="Message to Riya").fill("Namaste Riya, it leaves today.")
    inbox.get_by_role("button", name="Send", exact=True).tap()
    expect(state).to_contain_text("You are replying. Automation is paused.")
    told(customer, "Namaste Riya, it leaves today.")
    customer.evaluate(
        "addEventListener('submit', () => { window.sentAt = Date.now(); }, { capture: true, once: true })"
    )
    inbox.evaluate("""() => new MutationObserver(() => {
      if (!window.shownAt && document.querySelector('[data-thread]').textContent.includes('red saree?')) window.shownAt = Date.now();
    }).observe(document.body, { subtree: true, childList: true })""")
    say(customer, "and the red saree?")
    expect(inbox.locator(".m:not(.out)").last).to_contain_text("and the red saree?")
    assert inbox.evaluate("window.shownAt") - customer.evaluate("window.sentAt") < LIVE_MS
    inbox.get_by_role("button", name="Hand back").tap()
    expect(state).to_contain_text("Automation is replying")
    told(customer, "Namaste Riya, it leaves today.")
    say(customer, "blue saree kitna hai?")
    told(customer, "₹1,499.00")


def _pack_ship_deliver(watched: Watched, orders: Page, customer: Page) -> None:
    orders.locator("a.row").tap()
    orders.wait_for_url(re.compile(r"/orders/ord_"))
    watched.check(orders)
    orders.get_by_role("button", name="Mark as packed").tap()
    orders.get_by_role("link", name="Add tracking").tap()
    sheet = orders.get_by_role("dialog")
    sheet.get_by_label("Sent with").select_option("Delhivery")
    sheet.get_by_label("Tracking number").fill("DL42")
    watched.check(orders)
    sheet.get_by_role("button", name="Mark as shipped").tap()
    told(customer, "on its way with Delhivery, tracking number DL42")
    orders.get_by_role("button", name="Mark as delivered").tap()
    expect(orders.locator("[data-region=head]")).to_contain_text("Delivered, done")
    told(customer, "Order SP-1001 was delivered")
    orders.goto("/app/orders")
    expect(orders.locator("a.row")).to_have_count(1)


def test_without_scripts(chrome: Browser, address: str) -> None:
    watched = Watched(chrome, address, **PHONE, java_script_enabled=False)
    page = watched.page()
    answer = page.goto("/")
    assert answer is not None
    assert not any(letter.isdigit() for letter in answer.headers.get("server", ""))
    sign_up(page, "plain@example.in")
    load_practice_shop(page)
    page.goto("/app/simulator")
    say(page, "blue saree kitna hai?")
    expect(page.get_by_role("log")).to_contain_text("₹1,499.00, 9 in stock")
    page.goto("/app/inbox")
    page.locator("a.conv").tap()
    page.wait_for_url(re.compile(r"/inbox/cnv_"))
    page.get_by_role("textbox", name="Message to Riya").fill("Namaste, I am here.")
    page.get_by_role("button", name="Send", exact=True).tap()
    expect(page.get_by_role("log")).to_contain_text("Namaste, I am here.")
    expect(page.get_by_text("You are replying. Automation is paused.")).to_be_visible()
    page.goto("/app/simulator")
    expect(page.get_by_role("log")).to_contain_text("Namaste, I am here.")
    assert watched.problems == []
    watched.close()
