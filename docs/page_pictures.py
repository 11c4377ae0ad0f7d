"""Photograph the first page for the READMEs, in English and in Japanese.

In ``demo/``, after ``joren run``: ``../.venv/bin/python ../docs/page_pictures.py``
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LANGUAGES = ("en", "ja")
PORT = 8797
COLOURS = 96


def main() -> None:
    """Write ``page-en.png`` and ``page-ja.png`` beside this file."""
    serve = [sys.executable, "-m", "joren", "serve", "--port", str(PORT)]
    with subprocess.Popen(  # noqa: S603 - our own program
        serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as service:
        try:
            link = cast("IO[str]", service.stdout).readline().split()[-1]
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
                photograph(browser, link)
                browser.close()
        finally:
            service.terminate()


def photograph(browser: Browser, link: str) -> None:
    """Sign in and take the top of the list, as wide as a laptop shows it."""
    page = browser.new_page(viewport={"width": 1180, "height": 720}, color_scheme="light")
    page.goto(link)
    page.locator("main button").click()
    for language in LANGUAGES:
        page.goto(f"http://127.0.0.1:{PORT}/?lang={language}")
        picture = Image.open(io.BytesIO(page.screenshot()))
        picture.quantize(COLOURS).save(Path(__file__).with_name(f"page-{language}.png"), optimize=True)


if __name__ == "__main__":
    main()
