"""The quickstart, the README and the guides for clients, as a newcomer meets them: written down, run, used.

Only ``make run``'s installation is left out, because the tests run in an installed environment already.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from playwright.sync_api import Browser, Page, expect

from streamer_site.local.ports import listen, port_of
from streamer_site.local.stack import PROJECT_DIR
from tests.live import sample_dir_for
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]

QUICKSTART = (PROJECT_DIR / "docs/quickstart.md").read_text()
GUIDE_FOR_BROWSERS = (PROJECT_DIR / "docs/how-to/follow-from-a-browser.md").read_text()
README = (PROJECT_DIR / "README.md").read_text()
FILE = re.compile(r"Save this as `([^`]+)`[^:`]*(?:`[^`]+`[^:`]*)*:\n\n```\w+\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```bash\n(.*?)```", re.DOTALL)
FIRST_START = "make run"
START = "STREAMER_HANDLERS=my_handlers make run"
PREPARE = ("mkdir my_handlers\ntouch my_handlers/__init__.py", "mkdir my_page")
PUBLISH = """
export STREAMER_HANDLERS=my_handlers
SAY="from realtime.topics import publish; publish('tenant.default.news', {'text': 'Hello'})"
.venv/bin/python manage.py shell -c "$SAY"
""".strip()
SERVE_PAGE = "python3 -m http.server 8080 --bind 127.0.0.1 --directory my_page"
PROGRESS = re.compile(r"^[\d,]+ below [\d,]+$")
RESULT = re.findall(r"the page says `(\d+ primes)`", QUICKSTART)[0]
START_SECONDS = 90
SETTINGS = ("STREAMER_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "LOG_")
RUN_TIMEOUT_MS = 60_000

SHORTCUTS = {
    # The heavy libraries of the other handlers would take most of the test's time.
    "STREAMER_PRELOAD": "false",
    # So that a killed worker is noticed sooner than after the half minute that the page names.
    "STREAMER_LEASE_SECONDS": "3",
}


class Terminal:
    """A command that runs in a terminal of its own, so that Ctrl-C reaches it alone."""

    def __init__(self, command: str, folder: Path, env: Mapping[str, str]) -> None:
        with NamedTemporaryFile("w", dir=folder, suffix=".log", delete=False) as output:
            self._log = Path(output.name)
            self._process = subprocess.Popen(
                command,
                shell=True,
                cwd=folder,
                env=env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def press_ctrl_c(self) -> None:
        os.killpg(self._process.pid, signal.SIGINT)

    def wait(self) -> None:
        self._process.wait(60)

    def close(self) -> None:
        if self._process.poll() is None:
            self.press_ctrl_c()
            self.wait()

    def read(self, pattern: str, what: str) -> str:
        """Wait for a line of output that matches, and return its first group."""

        def look() -> re.Match[str] | None:
            found = re.search(pattern, self._log.read_text(), re.MULTILINE)
            assert found or self._process.poll() is None, self._log.read_text()
            return found

        found = eventually(look, what, START_SECONDS)
        assert found
        return found[1]


class Newcomer:
    """A copy of the project in which somebody follows the quickstart. ``running`` is its first terminal."""

    running: Terminal
    token: str

    def __init__(self, folder: Path, sample: Path) -> None:
        self.folder = folder
        self.port, self._page_port = a_free_port(), a_free_port()
        # The shell of a newcomer has no settings; pytest's own would put the stack on another data folder.
        plain = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        self.env = {**plain, **SHORTCUTS, "STREAMER_SAMPLE_DIR": str(sample)}
        for part in ("jobs", "realtime", "streamer_site", "templates"):
            shutil.copytree(PROJECT_DIR / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("manage.py", "Makefile"):
            shutil.copy(PROJECT_DIR / part, folder)
        (folder / ".venv").symlink_to(sys.prefix)
        for command in PREPARE:
            subprocess.run(command, shell=True, check=True, cwd=folder)
        for name, text in FILE.findall(QUICKSTART):
            (folder / name).write_text(text.replace("8000", str(self.port)))

    @property
    def page_url(self) -> str:
        return f"http://127.0.0.1:{self._page_port}/"

    def serve_page(self) -> Terminal:
        command = SERVE_PAGE.replace("8080", str(self._page_port))
        return Terminal(f"exec {command}", self.folder, self.env)

    def run(self, command: str) -> str:
        """Run a command of the README with the token, and return its output."""
        env = {**self.env, "TOKEN": self.token, "no_proxy": "*"}
        command = command.replace("8000", str(self.port))
        done = subprocess.run(command, shell=True, cwd=self.folder, env=env, capture_output=True, text=True, timeout=90)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Do all of ``make run`` but the installation, which counts as done. Return when it prints the token."""
        command = START.replace("make run", f"make --old-file=install run PORT={self.port} WORKERS=1")
        self.running = Terminal(command, self.folder, self.env)
        self.token = self.running.read(r"^(eyJ\S+\.\S+\.\S+)$", "Streamer runs")


def a_free_port() -> int:
    with listen() as listener:
        return port_of(listener)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    newcomer = Newcomer(tmp_path_factory.mktemp("newcomer"), sample_dir_for(tmp_path_factory))
    with closing(newcomer.serve_page()):
        try:
            newcomer.start()
            yield newcomer
        finally:
            newcomer.running.close()


@pytest.fixture
def page(newcomer: Newcomer, browser: Browser) -> Iterator[Page]:
    """Open the page that the quickstart makes."""
    page = browser.new_page()
    page.goto(newcomer.page_url)
    yield page
    page.close()


def count(page: Page, token: str) -> None:
    """Press the button, and wait until the bar has moved."""
    page.locator("#token").fill(token)
    page.locator("#start").click()
    expect(page.locator("#text")).to_have_text(PROGRESS, timeout=RUN_TIMEOUT_MS)


def bar(page: Page) -> float:
    return float(page.locator("#bar").evaluate("bar => bar.value"))


def test_every_command_of_the_page_is_tried_here() -> None:
    commands = [block.strip() for block in COMMANDS.findall(QUICKSTART)]
    assert commands == [FIRST_START, PREPARE[0], START, PREPARE[1], SERVE_PAGE, PUBLISH]
    assert START.endswith(FIRST_START)
    files = ["my_handlers/primes.py", "my_page/index.html", "my_handlers/news.py", "my_page/news.html"]
    assert [name for name, _ in FILE.findall(QUICKSTART)] == files


def test_the_page_of_ones_own_takes_no_more_than_twenty_lines() -> None:
    page = dict(FILE.findall(QUICKSTART))["my_page/index.html"]
    assert len(page.splitlines()) <= 20
    assert max(map(len, page.splitlines())) <= 100


def test_every_block_of_the_readme_is_tried_somewhere() -> None:
    commands = [block.split()[0] for block in COMMANDS.findall(README)]
    assert commands == ["make", "make", "TOKEN=$(.venv/bin/python", "curl"]
    assert [name for name, _ in FILE.findall(README)] == ["talk.py", "jobs/handlers/count_words.py"]


def test_the_link_that_is_printed_signs_in_once(newcomer: Newcomer, browser: Browser) -> None:
    link = newcomer.running.read(r"^Console\s+(\S+)$", "it prints the link")
    with closing(browser.new_page()) as tab, closing(browser.new_page()) as other:
        tab.goto(link)
        expect(tab.get_by_test_id("who")).to_have_text("admin at default")
        assert "#" not in tab.url
        other.goto(link)
        expect(other.get_by_test_id("signin-error")).to_contain_text("This sign-in link has been used.")
        assert "#" not in other.url


def test_the_page_shows_progress_and_the_result_and_survives_a_reload(newcomer: Newcomer, page: Page) -> None:
    count(page, newcomer.token)
    before = bar(page)
    assert 0 < before < 100
    page.reload()
    page.wait_for_function(f"document.getElementById('bar').value >= {before}", timeout=RUN_TIMEOUT_MS)
    expect(page.locator("#text")).to_have_text(RESULT, timeout=RUN_TIMEOUT_MS)
    assert bar(page) == 100


def test_the_page_of_news_shows_what_is_published(newcomer: Newcomer, page: Page) -> None:
    page.goto(f"{newcomer.page_url}news.html")
    page.locator("#token").fill(newcomer.token)
    page.locator("#follow").click()
    expect(page.locator("#news")).to_have_text("Nothing yet")
    with closing(Terminal(PUBLISH, newcomer.folder, newcomer.env)):
        expect(page.locator("#news")).to_have_text("Hello", timeout=RUN_TIMEOUT_MS)


def test_the_page_shows_why_a_token_is_refused(newcomer: Newcomer, page: Page) -> None:
    page.locator("#token").fill("eyJub3QiOiJhIn0.eyJ0b2tlbiI6MX0.c2ln")
    page.locator("#start").click()
    expect(page.locator("#text")).to_have_text("The token is not valid")


def test_the_client_of_the_readme_follows_a_report(newcomer: Newcomer, page: Page) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    client = next(block for block in blocks if "websockets.connect" in block)
    done = subprocess.run(
        [sys.executable, "-c", client.replace("8000", str(newcomer.port)), newcomer.token],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert any(line.startswith("progress ") for line in said)
    assert said[-2].startswith("complete")
    assert page.request.get(said[-1]).body().startswith(b"%PDF")


def test_the_handler_of_the_readme_is_taken_over_while_streamer_runs(newcomer: Newcomer) -> None:
    name, text = FILE.findall(README)[-1]
    ask = [block for block in COMMANDS.findall(README) if "count_words" in block][0]
    (newcomer.folder / name).write_text(text)
    newcomer.running.read(r"(Handlers reloaded after a change of \S+count_words.py; new: count_words)", "it says so")
    said = newcomer.run(ask)
    assert '"words":6' in said.replace(" ", "")
    (newcomer.folder / name).write_text(text.replace("words = 0", "words = 1_000"))
    newcomer.running.read(r"(Handlers reloaded after a change of \S+count_words.py +\[)", "it says so again")
    assert '"words":1006' in newcomer.run(ask).replace(" ", "")


def test_the_module_of_the_browser_guide_follows_a_request(newcomer: Newcomer, page: Page) -> None:
    name, module = FILE.findall(GUIDE_FOR_BROWSERS)[0]
    (newcomer.folder / "my_page" / name).write_text(module.replace("8000", str(newcomer.port)))
    types, result = page.evaluate(
        """async ([url, token]) => {
            const { follow } = await import("/follow.js");
            const types = [];
            const show = (event) => types.push(event.type);
            const result = await follow(url, () => token, "echo_async", { message: 7 }, show);
            return [types, result];
        }""",
        [f"ws://127.0.0.1:{newcomer.port}/ws/", newcomer.token],
    )
    assert types[0] in ("waiting", "started")
    assert "progress" in types and types[-1] == "complete"
    assert result["message"] == 7


def test_the_page_comes_back_when_everything_was_killed(newcomer: Newcomer, page: Page) -> None:
    count(page, newcomer.token)
    newcomer.running.press_ctrl_c()
    newcomer.running.read("^(Stopping)", "it says that it stops")
    newcomer.running.press_ctrl_c()
    newcomer.running.wait()
    expect(page.locator("#text")).to_have_text(PROGRESS)
    newcomer.start()
    expect(page.locator("#text")).to_have_text(RESULT, timeout=RUN_TIMEOUT_MS)
