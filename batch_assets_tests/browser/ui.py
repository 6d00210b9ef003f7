"""Dagster's web server on a free port, and a headless browser to look at it; both are ended whatever happens.

Belongs here: starting, waiting and ending. Does not belong here: what is looked at.
"""

import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

SECONDS_TO_START, SECONDS_TO_SHOW = 90, 20
MISSING = "chromium and chromedriver are not installed: run `make browser`"

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)

_DRAWN = """
    const margin = 16, boxes = [...document.querySelectorAll('svg foreignObject')].map(box => box.getBoundingClientRect());
    const left = Math.min(...boxes.map(box => box.left)) - margin, top = Math.min(...boxes.map(box => box.top)) - margin;
    return [left, top, Math.max(...boxes.map(box => box.right)) + margin - left, Math.max(...boxes.map(box => box.bottom)) + margin - top];
"""
"""Where the boxes of a graph are on the page: left, top, width, height."""


def is_installed() -> bool:
    """Say whether there is a browser to drive."""
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


@contextmanager
def webserver(environment: Mapping[str, str]) -> Iterator[str]:
    """Run Dagster's web server, which changes nothing, and yield its address.

    Raises:
        RuntimeError: it did not start; the message is what it said.
    """
    with tempfile.TemporaryFile("w+") as said:
        port = _free_port()
        options = ["--host", "127.0.0.1", "--port", str(port), "--module-name", "batch_assets.definitions", "--read-only"]
        command = [sys.executable, "-m", "dagster_webserver", *options]
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=said, stderr=said, start_new_session=True)
        try:
            if not _answers(f"http://127.0.0.1:{port}/server_info", process):
                said.seek(0)
                raise RuntimeError(f"Dagster's web server did not start within {SECONDS_TO_START} s:\n{said.read()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(process)


@contextmanager
def browser(width: int = 1600, height: int = 1000) -> Iterator["Browser"]:
    """Run a headless Chromium with an empty profile.

    Raises:
        FileNotFoundError: it is not installed; the message says which command installs it.
    """
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        raise FileNotFoundError(MISSING)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for flag in (*_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        chrome = webdriver.Chrome(options=options, service=Service(driver))
        try:
            chrome.set_page_load_timeout(SECONDS_TO_SHOW)
            yield Browser(chrome, (width, height))
        finally:
            chrome.quit()


class Browser:
    """What a person does with a browser: open a page, wait until something can be read, click it, look."""

    def __init__(self, chrome: webdriver.Chrome, size: tuple[int, int]) -> None:
        self._chrome = chrome
        self.resize(*size)

    def open(self, address: str) -> None:
        """Open a page, which may still be loading when this returns."""
        self._chrome.get(address)

    def text(self) -> str:
        """Return all that can be read on the page."""
        return self._chrome.find_element(By.TAG_NAME, "body").text

    def wait_for(self, *texts: str) -> None:
        """Wait until all texts can be read on the page.

        Raises:
            TimeoutError: some could not be read; the message has what could.
        """
        self._wait(lambda: self._shows(texts), f"the texts {texts} did not all appear")

    def wait_for_picture(self) -> None:
        """Wait until a picture from a data address is drawn.

        Raises:
            TimeoutError: none was drawn.
        """
        drawn = "return [...document.images].find(i => i.src.startsWith('data:image/') && i.complete && i.naturalWidth > 100)"
        self._wait(lambda: self._chrome.execute_script(drawn), "no picture was drawn")

    def click(self, text: str) -> None:
        """Click what has exactly this text, as soon as it is there."""
        self._wait(lambda: self._click(text), f"{text!r} could not be clicked")

    def expand_all_groups(self, *names: str) -> None:
        """Unfold the groups of an asset graph, which opens with all of them folded, until all of these assets can be read.

        Raises:
            TimeoutError: some could not be read; the message has what could.
        """
        self.wait_for("Materialize all")
        self._wait(lambda: self._shows(names) or self._unfold(names), f"the groups do not unfold, or lack some of {names}")

    def settle(self) -> None:
        """Wait until the page has not changed for a while: texts that load late, pictures that move."""
        seen, quiet = "", 0
        deadline = time.monotonic() + SECONDS_TO_SHOW
        while quiet < 4 and time.monotonic() < deadline:
            time.sleep(0.5)
            now = self._chrome.get_screenshot_as_base64()
            seen, quiet = now, quiet + 1 if now == seen else 0

    def resize(self, width: int, height: int) -> None:
        """Make the page, not the window around it, this large in pixels."""
        self._chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def save(self, file: Path) -> None:
        """Save a picture of what is visible."""
        self._chrome.save_screenshot(str(file))

    def save_drawn(self, file: Path) -> None:
        """Save a picture of a graph's boxes, without what lies around the graph."""
        left, top, width, height = self._chrome.execute_script(_DRAWN)
        clip = {"x": left, "y": top, "width": width, "height": height, "scale": 1}
        file.write_bytes(base64.b64decode(self._chrome.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip})["data"]))

    def _shows(self, texts: tuple[str, ...]) -> bool:
        read = self.text()
        return all(text in read for text in texts)

    def _unfold(self, names: tuple[str, ...]) -> bool:
        """Press the key that folds and unfolds, and give the graph time to be laid out: a second press folds it again."""
        ActionChains(self._chrome).key_down(Keys.ALT).send_keys("e").key_up(Keys.ALT).perform()
        time.sleep(1.5)
        return self._shows(names)

    def _click(self, text: str) -> bool:
        self._chrome.find_element(By.XPATH, f"//*[normalize-space(text())='{text}']").click()
        return True

    def _wait(self, found: Callable[[], Any], complaint: str) -> Any:
        """Return what `found` returns as soon as that is true; while the page is being drawn, elements come and go."""
        deadline = time.monotonic() + SECONDS_TO_SHOW
        while time.monotonic() < deadline:
            try:
                if result := found():
                    return result
            except WebDriverException:
                pass
            time.sleep(0.2)
        raise TimeoutError(f"{self._chrome.current_url}: {complaint} within {SECONDS_TO_SHOW} s. The page reads:\n{self.text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return True
        except OSError:
            time.sleep(0.2)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started: politely, so that it ends its code server, then for certain."""
    for how, seconds in ((signal.SIGINT, 5), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, how)
            process.wait(seconds)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
