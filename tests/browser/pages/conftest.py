"""``admin``: a page of the admin, signed in."""

import pytest
from playwright.sync_api import Page, expect

from tests.live import LiveStack


@pytest.fixture
def admin(page: Page, live_stack: LiveStack) -> Page:
    """Sign in to the admin, and wait until the scripts of its first page listen."""
    page.goto("/admin/")
    page.get_by_label("Username").fill(live_stack.user)
    page.get_by_label("Password").fill(live_stack.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.wait_for_load_state()
    return page
