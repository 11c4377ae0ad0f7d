"""The pages in Debian's Chromium, as a marketer uses them; one browser and one server for all of these."""

from __future__ import annotations

import csv
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from serving.app import create_app
from serving.pages.sessions import LINK_LASTS, make_link_token
from serving.service import ScoringService
from serving.settings import Settings
from serving.shelf import Shelf
from serving.store import Store
from tests.serving.fake_bundle import load
from tests.serving.frames import VERSION, run_info
from tests.serving.pages.conftest import HOSTILE, hostile_shop

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LOCALES = {"en": "en-GB", "ja": "ja-JP"}
WORDS = {
    "en": {
        "title": "Who to call today",
        "out": "Sign out",
        "high": "High",
        "in": "Sign in to Joren",
        "used": "used before",
    },
    "ja": {
        "title": "今日連絡したいお客様",
        "out": "ログアウト",
        "high": "高い",
        "in": "Jorenにログインする",
        "used": "使用済み",
    },
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed: the pages are not driven in a browser")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        yield opened
        opened.close()


@dataclass(frozen=True)
class Site:
    address: str
    store: Store

    def link(self, *, age: timedelta = timedelta()) -> str:
        token = make_link_token(self.store, now=datetime.now(UTC) - age)
        return f"{self.address}/sign-in?token={token}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The hostile shop on a real server."""
    folder = tmp_path_factory.mktemp("site")
    (folder / VERSION).mkdir()
    with closing(Store.open(f"sqlite:///{folder}/scores.db")) as store:
        scores, behaviour, background = hostile_shop()
        store.publish(scores, behaviour, run=run_info(), background=background)
        app = create_app(Settings(), ScoringService(store, Shelf(folder, load)))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Site(f"http://127.0.0.1:{port}", store)
        server.should_exit = True
        thread.join()


@dataclass
class Watched:
    """A page, and what happened on it that never should."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(10_000)
        self.page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on(
            "console",
            lambda told: self.faults.append(told.text) if told.type in {"error", "warning"} else None,
        )
        self.page.on("request", lambda request: self.saw(request.url))

    def saw(self, url: str) -> None:
        if not url.startswith(f"{self.address}/"):
            self.faults.append(f"request: {url}")


def context(browser: Browser, language: str, **options: object) -> BrowserContext:
    return browser.new_context(locale=LOCALES[language], viewport={"width": 1000, "height": 700}, **options)  # type: ignore[arg-type]


def signed_in(browser: Browser, site: Site, language: str, **options: object) -> Watched:
    watched = Watched(context(browser, language, **options).new_page(), site.address)
    watched.page.goto(site.link())
    watched.page.get_by_role("button", name=WORDS[language]["in"]).click()
    watched.page.wait_for_url(f"{site.address}/")
    return watched


def customers(page: Page) -> list[str]:
    return page.locator("tbody .who bdi").all_inner_texts()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_marketers_morning(browser: Browser, site: Site, language: str, tmp_path: Path) -> None:
    words = WORDS[language]
    watched = signed_in(browser, site, language)
    page = watched.page
    expect(page.get_by_role("heading", level=1)).to_have_text(words["title"])
    assert len(customers(page)) == 20
    first = customers(page)[0]

    page.locator("select[name=band]").select_option("high")
    page.wait_for_url("**/?band=high")
    expect(page.locator("tbody .band:not(.high)")).to_have_count(0)
    expect(page.locator("tbody .band").first).to_have_text(words["high"])
    page.locator("#least").fill("5")
    page.wait_for_url("**/?band=high&least=5")
    page.locator("select[name=sort]").select_option("churn_probability")
    page.wait_for_url("**&sort=churn_probability")
    expect(page.locator("th[aria-sort]")).to_have_count(1)

    expect(page.locator("#languages a").first).to_have_attribute("href", re.compile("band=high"))

    page.locator("#reset a").click()
    page.wait_for_url(f"{site.address}/")
    page.locator("a[rel=next]").click()
    page.wait_for_url("**cursor=**")
    assert len(customers(page)) == 20
    assert first not in customers(page)

    page.go_back()
    with page.expect_download() as saved:
        page.locator("a[download]").click()
    saved.value.save_as(tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) > 41

    page.locator("tbody .who a").nth(12).click()
    expect(page.locator(".reasons li")).to_have_count(1)
    page.locator(".what").first.click()
    expect(page.locator(".meaning:popover-open")).to_be_visible()

    page.get_by_role("button", name=words["out"]).click()
    page.wait_for_url("**/sign-in")
    page.goto(f"{site.address}/")
    assert page.url.endswith("/sign-in")
    assert watched.faults == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_used_and_an_old_link_say_so(browser: Browser, site: Site, language: str) -> None:
    page = context(browser, language).new_page()
    used = site.link()
    for link in (used, used, site.link(age=LINK_LASTS)):
        page.context.clear_cookies()
        page.goto(link)
        page.get_by_role("button", name=WORDS[language]["in"]).click()
        page.wait_for_load_state()
        if link == used and page.url == f"{site.address}/":
            continue
        expect(page.get_by_role("alert")).to_contain_text({"en": "used before", "ja": "使用済み"}[language])


def test_hostile_names_stay_inert(browser: Browser, site: Site) -> None:
    watched = signed_in(browser, site, "en")
    page = watched.page
    shown = customers(page)
    assert set(HOSTILE) - {"長" * 3_400} <= set(shown)
    assert max(box["height"] for row in page.locator("tbody tr").all() if (box := row.bounding_box())) < 200
    for one in HOSTILE[:3] + HOSTILE[6:7]:
        page.locator("#find").fill(one)
        page.locator(".find button").click()
        expect(page.locator("h1")).to_have_text(one)
    page.goto(f"{site.address}/")
    page.get_by_label("Country").select_option(index=2)
    page.wait_for_url("**attribute=country**")
    page.hover("tbody tr")
    assert len(customers(page)) < 20
    assert watched.faults == []


def test_everything_works_without_script_and_on_a_phone(browser: Browser, site: Site) -> None:
    watched = signed_in(browser, site, "ja", java_script_enabled=False)
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".narrowing summary").click()
    page.locator("select[name=band]").select_option("low")
    page.locator(".filters button").click()
    page.wait_for_url("**band=low**")
    expect(page.locator("tbody .band:not(.low)")).to_have_count(0)
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("tbody .who a").first.click()
    page.wait_for_url("**/customer?id=**")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert watched.faults == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_page_is_wider_than_its_screen_or_its_paper(browser: Browser, site: Site, language: str) -> None:
    page = signed_in(browser, site, language).page
    for path in ("/", "/customer?id=c-7f", f"/customer?id={HOSTILE[3]}"):
        page.goto(f"{site.address}{path}")
        for width in (320, 390, 768, 960, 961, 1024, 1280):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        page.set_viewport_size({"width": 718, "height": 1_000})
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= 718, path
        page.emulate_media(media="screen")
