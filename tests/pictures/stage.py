"""A running stack with the sample data, and a browser on its console."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from streamer_site.local.demo.story import SAMPLE_DIR
from streamer_site.local.stack import PROJECT_DIR, Stack

Scheme = Literal["light", "dark"]
PICTURES = PROJECT_DIR / "docs/pictures"
_RUN_SECONDS = 120.0
# A worker that dies on a picture is noticed while one watches.
_LEASE_SECONDS = "4"


@dataclass(frozen=True, kw_only=True)
class Stage:
    stack: Stack
    browser: Browser
    token: str
    folder: Path
    """For files on the way to a picture."""

    def user(self, name: str) -> "Stage":
        """Return the stage of another user, who has no requests yet."""
        return replace(self, token=self.stack.token(name, tenant="acme"))

    def page(self, *, width: int, height: int, scheme: Scheme = "light", scale: float = 2) -> Page:
        """Open the console at a size in CSS pixels, signed in and connected."""
        page = self.browser.new_page(
            base_url=self.stack.http_url,
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme=scheme,
            locale="en-GB",
        )
        page.goto("/")
        page.get_by_test_id("token-tab").click()
        page.get_by_test_id("token-input").fill(self.token)
        page.get_by_test_id("token-submit").click()
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        return page

    def submit(self, page: Page, action: str, payload: Mapping[str, Any], *, wait: bool = True) -> dict[str, Any]:
        """Send a request over HTTP, and return its state; with ``wait``, once it has ended."""
        headers = self._headers | ({"Prefer": f"wait={_RUN_SECONDS:.0f}"} if wait else {})
        answer = page.request.post(
            "/api/requests/",
            headers=headers,
            data={"action": action, "payload": payload},
            timeout=1000 * _RUN_SECONDS,
        )
        assert answer.ok, answer.text()
        request_id = answer.json()["request_id"]
        state: dict[str, Any] = page.request.get(f"/api/requests/{request_id}/", headers=self._headers).json()
        assert not wait or state["status"] == "completed", state
        return state

    def upload(self, page: Page, name: str, content: bytes) -> None:
        """Store a dataset."""
        file = {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": content}
        multipart: dict[str, Any] = {"name": name, "file": file}
        answer = page.request.post("/api/datasets/", headers=self._headers, multipart=multipart)
        assert answer.ok, answer.text()

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    """Start two workers and a browser. Ends with a message where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium on the PATH")
    PICTURES.mkdir(exist_ok=True)
    env = {"STREAMER_SAMPLE_DIR": str(SAMPLE_DIR), "STREAMER_LEASE_SECONDS": _LEASE_SECONDS}
    stack = Stack(folder / "data", env=env, inherit_settings=False, prepare=["streamer_sample"])
    with stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--hide-scrollbars"])
        yield Stage(stack=stack, browser=browser, token=stack.token("alice", tenant="acme"), folder=folder)
        browser.close()
