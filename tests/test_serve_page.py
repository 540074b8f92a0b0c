# SPDX-License-Identifier: Apache-2.0
"""The page of ``ocr serve`` in a real browser."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")
pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
pytest.importorskip("python_multipart", reason="the extra [serve] is not installed")
pytest.importorskip("httpx", reason="httpx is not installed")
pytest.importorskip("selenium", reason="selenium is not installed")
pytest.importorskip("pikepdf", reason="the extra [pdf] is not installed")

import pikepdf
import pypdfium2
from fake_stages import FakeChar, FakeReading, FakeRecognizer
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from serve_tools import (
    PATIENCE,
    GatedDetector,
    Running,
    encoded,
    page_image,
    pages,
    serving,
    wait_for,
)

from ocr_pipeline.serve.options import ServeOptions

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="Chromium or its chromedriver is not installed"
)
# None of them may ask anything of the network for itself.
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,800",
]


class DoubtfulRecognizer(FakeRecognizer):
    """Is not sure of the last word of a line of several."""

    def read(self, crops: Sequence[np.ndarray]) -> list[FakeReading]:
        return [self._doubt(reading) for reading in super().read(crops)]

    def _doubt(self, reading: FakeReading) -> FakeReading:
        sure = reading.text.rfind(" ")
        chars = tuple(
            FakeChar(char.text, 0.65 if 0 <= sure < i else 0.99, char.start, char.end)
            for i, char in enumerate(reading.chars)
        )
        # A line is as sure as its words are together.
        return FakeReading(reading.text, 0.4 if sure >= 0 else reading.confidence, chars)


class Page:
    """The page, as a person handles it."""

    def __init__(self, browser: webdriver.Chrome, server: Running, folder: Path) -> None:
        self.browser = browser
        self.server = server
        self.folder = folder

    def find(self, selector: str) -> WebElement:
        """The first element of a selector that can be seen."""

        def seen() -> WebElement | None:
            found = self.browser.find_elements(By.CSS_SELECTOR, selector)
            return next((element for element in found if element.is_displayed()), None)

        return wait_for(seen)

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of an expression."""
        return self.browser.execute_script(f"return {script}", *arguments)

    def add(self, name: str, data: bytes) -> None:
        """Chooses a file."""
        path = self.folder / name
        path.write_bytes(data)
        self.browser.find_element(By.ID, "files").send_keys(str(path))

    def box(self, selector: str) -> dict[str, float]:
        """Where an element stands in the window."""
        return self.run("arguments[0].getBoundingClientRect().toJSON()", self.find(selector))

    def lines(self) -> list[str]:
        """The text beside the picture."""
        return self.run("[...document.querySelectorAll('#lines .line')].map(x => x.textContent)")

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def says(self, words: str) -> None:
        """Waits until the line at the foot of the page holds these words."""
        wait_for(lambda: words in self.run("document.getElementById('status').textContent"))

    def downloaded(self, name: str) -> bytes:
        path = self.folder / "downloads" / name
        wait_for(path.exists)  # it is renamed when it is whole
        return path.read_bytes()

    def requests(self) -> list[str]:
        """Addresses that the browser has asked for."""
        messages = [json.loads(entry["message"]) for entry in self.browser.get_log("performance")]
        sent = [m["message"] for m in messages]
        return [
            message["params"]["request"]["url"]
            for message in sent
            if message["method"] == "Network.requestWillBeSent"
        ]


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    folder = tmp_path_factory.mktemp("browser")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER or ""
    for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    browser = webdriver.Chrome(options=options, service=Service(DRIVER, env=environment))
    browser.set_script_timeout(PATIENCE)
    yield browser
    browser.quit()


@pytest.fixture
def page(chrome: webdriver.Chrome, tmp_path: Path) -> Iterator[Page]:
    """The page of a server of its own; afterwards nothing may have been wrong with it."""
    with (
        serving(recognizer=DoubtfulRecognizer()) as server,
        opened(chrome, server, tmp_path) as opened_page,
    ):
        yield opened_page


@contextmanager
def opened(
    chrome: webdriver.Chrome, server: Running, tmp_path: Path, refused: int = 0
) -> Iterator[Page]:
    """Opens the page, and looks afterwards at what the browser has to say of it.

    Args:
        chrome: the browser.
        server: the server.
        tmp_path: an empty folder.
        refused: how often the server may refuse something, which browsers report as well.
    """
    downloads = {"behavior": "allow", "downloadPath": str(tmp_path / "downloads")}
    chrome.execute_cdp_cmd("Browser.setDownloadBehavior", downloads)
    rights = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    chrome.execute_cdp_cmd("Browser.grantPermissions", {**rights, "origin": server.url})
    for kind in ("browser", "performance"):
        chrome.get_log(kind)
    chrome.get(server.url)
    page = Page(chrome, server, tmp_path)
    yield page
    own = (f"{server.url}/", "data:", f"blob:{server.url}/")
    foreign = [url for url in page.requests() if not url.startswith(own)]
    said = [entry["message"] for entry in chrome.get_log("browser")]
    # A page whose corrections were not taken away would ask whether to leave it.
    quiet = "addEventListener('beforeunload', e => e.stopImmediatePropagation(), true)"
    chrome.execute_script(quiet)
    chrome.get("about:blank")
    assert not foreign
    assert len(said) <= refused and all("status of 4" in message for message in said), said


def test_a_page_is_read_corrected_and_taken_away(page: Page) -> None:
    assert page.find("#welcome-title").text == "Read the text in pictures and PDFs"
    page.add("scan.png", encoded(page_image()))
    wait_for(lambda: page.lines() == ["first line", "second"])
    page.says("scan.png is read: 2 lines, 1 doubtful word.")

    word = page.find(".word.poor")
    # A little of the line's doubt, 60 %, is about its first word.
    assert word.text == "line" and "41 % sure" in word.get_attribute("aria-label")
    word.click()
    page.press("words", Keys.ENTER)
    wait_for(lambda: page.lines() == ["first words", "second"])
    assert page.find("#doubts").text == "No doubtful words"

    page.click("#copy")
    page.says("Copied.")
    script = "navigator.clipboard.readText().then(arguments[0], e => arguments[0](String(e)))"
    assert page.browser.execute_async_script(script) == "first words\nsecond"

    page.click("#save")
    page.click("#save-menu [data-format=pdf]")
    with pypdfium2.PdfDocument(page.downloaded("scan.pdf")) as document:
        text = document[0].get_textpage().get_text_bounded()
    assert text.split() == ["first", "words", "second"]

    page.click("#save")
    page.click("#save-menu [data-format=json]")
    tree = json.loads(page.downloaded("scan.json"))
    corrected = tree["pages"][0]["lines"][0]["words"][1]
    assert corrected["text"] == "words" and corrected["confidence"] == 1


def test_text_lies_over_the_picture(page: Page) -> None:
    page.add("scan.png", encoded(page_image()))
    image, box = page.box(".layer img"), page.box(".texts span")
    scale = image["width"] / 300  # fake_stages.bars draws pages 300 pixels wide
    assert page.find(".texts span").text == "first"
    assert box["left"] - image["left"] == pytest.approx(10 * scale, abs=0.05 * image["width"])
    assert box["top"] - image["top"] == pytest.approx(20 * scale, abs=0.05 * image["width"])
    assert box["height"] == pytest.approx(30 * scale, rel=0.3)

    # What is selected there comes with its spaces and ends of lines.
    copied = page.browser.execute_script("""
        const spans = document.querySelectorAll('.texts span');
        getSelection().setBaseAndExtent(spans[0].firstChild, 1, spans[2].firstChild, 3);
        const data = new DataTransfer();
        const event = new ClipboardEvent('copy', {clipboardData: data, bubbles: true});
        spans[0].dispatchEvent(event);
        getSelection().removeAllRanges();
        return data.getData('text/plain');
    """)
    assert copied == "irst line\nsec"

    # Picture and text know of each other.
    ActionChains(page.browser).move_to_element(page.find("#lines .line:last-child")).perform()
    assert page.find(".mark.hot").get_attribute("data-line")
    page.click('.texts span[data-line="1"]')
    assert page.find("#lines .picked").text == "second"


def test_a_page_that_lies_on_its_side_is_shown_upright(page: Page) -> None:
    page.click("#show-options")
    page.run("document.querySelector('[name=orientation]').value = '90'")
    page.click("#options [type=submit]")
    page.add("side.png", encoded(page_image().transpose(Image.Transpose.ROTATE_90)))
    wait_for(lambda: page.lines() == ["first line", "second"])
    sheet, span = page.box("#sheet"), page.box(".texts span")
    scale = sheet["width"] / 300
    assert sheet["height"] == pytest.approx(200 * scale, rel=0.02)
    assert span["left"] - sheet["left"] == pytest.approx(10 * scale, abs=15 * scale)
    assert span["top"] - sheet["top"] == pytest.approx(20 * scale, abs=15 * scale)
    assert span["width"] > span["height"]


def test_keys_are_enough(page: Page) -> None:
    page.add("scan.tif", pages(2))
    wait_for(lambda: len(page.browser.find_elements(By.CSS_SELECTOR, ".thumb")) == 2)
    page.says("is read: 2 pages, 4 lines, 2 doubtful words.")
    page.press("n")
    page.find(".editor input")
    page.press("one", Keys.TAB)  # which goes on to the word on the other page
    wait_for(
        lambda: (
            page.run("document.getElementById('picture-title').textContent.slice(-6)") == "page 2"
        )
    )
    page.find(".editor input")
    page.press(Keys.ENTER)  # it is right as it stands
    wait_for(lambda: page.find("#doubts").text == "No doubtful words")
    page.press(Keys.ARROW_DOWN, Keys.ENTER)
    page.find(".editor.long input")
    page.press("quite another line", Keys.ENTER)
    wait_for(lambda: page.lines() == ["first line", "quite another line"])
    page.press("[")
    wait_for(lambda: page.lines() == ["first one", "second"])
    ActionChains(page.browser).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    wait_for(lambda: page.lines() == ["first line", "second"])
    before = page.find("#zoom-value").text
    page.press("+")
    assert page.find("#zoom-value").text != before
    page.press("?")
    assert page.find("#help").is_displayed()
    page.press(Keys.ESCAPE)


def test_a_locked_document_asks_for_its_password(chrome: webdriver.Chrome, tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    page_image().convert("RGB").save(tmp_path / "open.pdf")
    with pikepdf.open(tmp_path / "open.pdf") as document:
        document.save(path, encryption=pikepdf.Encryption(user="pässword", owner="o"))
    with serving() as server, opened(chrome, server, tmp_path, refused=2) as page:
        page.add("locked.pdf", path.read_bytes())
        assert page.find(".card h3").text == "This document is locked"
        field = page.find(".card input")
        field.send_keys("wrong", Keys.ENTER)
        wait_for(lambda: "does not fit" in page.find(".card").text)
        page.find(".card input").send_keys("pässword", Keys.ENTER)
        page.says("locked.pdf is read")


def test_other_troubles_are_told_in_plain_words(chrome: webdriver.Chrome, tmp_path: Path) -> None:
    options = ServeOptions(port=0, token="secret", max_pages=2)
    with serving(options=options) as server, opened(chrome, server, tmp_path, refused=9) as page:
        page.find("#ask-token input").send_keys("wrong", Keys.ENTER)
        wait_for(lambda: page.find("#token-fault").text == "That token does not fit.")
        field = page.find("#ask-token input")
        field.clear()
        field.send_keys("secret", Keys.ENTER)
        wait_for(lambda: not page.run("document.getElementById('ask-token').open"))
        page.add("words.txt", b"no picture at all")
        assert page.find(".card h3").text == "This is no picture or PDF"
        page.add("long.tif", pages(3))
        wait_for(lambda: page.find(".card h3").text == "This document has too many pages")
        assert "reads 2 at a time" in page.find(".card").text


def test_a_sample_is_one_click_away(chrome: webdriver.Chrome, tmp_path: Path) -> None:
    detector = GatedDetector()
    with serving(detector) as server, opened(chrome, server, tmp_path) as page:
        page.click("#sample")
        wait_for(lambda: detector.begun)
        assert page.find("#notice .scan img") and page.find("#picture-title").text == "letter.webp"
        page.click(".doc-head [aria-label^=Remove]")
        assert page.find("#choose") == page.browser.switch_to.active_element
        detector.gate.release()


def test_files_can_be_dropped_and_pasted(page: Page) -> None:
    script = """
        const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], `${arguments[1]}.png`, {type: "image/png"}));
        const [kind, key] = {drop: [DragEvent, "dataTransfer"],
            paste: [ClipboardEvent, "clipboardData"]}[arguments[1]];
        const event = new kind(arguments[1], {[key]: data, bubbles: true, cancelable: true});
        document.body.dispatchEvent(event);
    """
    content = base64.b64encode(encoded(page_image())).decode()
    for name in ("drop", "paste"):
        page.browser.execute_script(script, content, name)
        page.says(f"{name}.png is read: 2 lines")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out(page: Page, width: int) -> None:
    metrics = {"width": width, "height": 740, "deviceScaleFactor": 1, "mobile": width < 500}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert page.run("document.documentElement.scrollWidth") == width
        page.add("a name that is longer than any telephone is wide.png", encoded(page_image()))
        wait_for(lambda: page.lines() == ["first line", "second"])
        assert page.run("document.documentElement.scrollWidth") == width
        if width < 800:
            page.click("#tab-text")
        assert page.find("#lines .line").text == "first line"
        assert page.run("document.documentElement.scrollWidth") == width
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
