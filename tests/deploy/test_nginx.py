"""Streamer behind a real nginx with TLS, at the root of its host and below a prefix."""

import asyncio
import http.client
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import websockets

from tests.acceptance.client import SUBPROTOCOL, Client
from tests.acceptance.event_streams import EventStream
from tests.deploy.nginx import Nginx, check_configuration, run_nginx
from tests.live import LiveStack, run_live_stack
from tests.local.waiting import DEADLINE_SECONDS, eventually
from tests.realtime.server_sent import Event

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
MAX_UPLOAD_BYTES = 12_000_000
_STRANGER = "127.0.0.3"
_ENV = {
    "TRUST_PROXY": "true",
    "TRUSTED_PROXIES": "127.0.0.1",
    "STREAMER_PATH_PREFIX": "/streamer",
    "SECURE_SSL_REDIRECT": "true",
    "SECURE_COOKIES": "true",
    "STREAMER_DATASET_MAX_BYTES": str(MAX_UPLOAD_BYTES),
    "STREAMER_PRELOAD": "false",
    "STREAMER_STOP_GRACE_SECONDS": "2",
}


@dataclass(frozen=True)
class Site:
    """A running stack, and nginx in front of its two web processes: once as a host of its own, once below a prefix."""

    live: LiveStack
    root: Nginx
    below: Nginx

    @property
    def home(self) -> str:
        """Return the address of the console below the prefix."""
        return f"{self.below.url}/streamer/"

    def http(self, nginx: Nginx, user: str = "alice") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.live.token(user)}"}
        base = self.home if nginx is self.below else nginx.url
        return httpx.AsyncClient(base_url=base, headers=headers, verify=nginx.trust, trust_env=False, timeout=60)

    @asynccontextmanager
    async def connect(
        self, nginx: Nginx, query: str = "", *, address: str = "127.0.0.1", headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Client]:
        """Open a socket from an own ``address``. With a ``query`` its token is there, else in the subprotocol."""
        prefix = "/streamer" if nginx is self.below else ""
        protocols = [SUBPROTOCOL] if query else [SUBPROTOCOL, f"bearer.{self.live.token('alice')}"]
        socket = await websockets.connect(
            f"wss://localhost:{nginx.port}{prefix}/ws/{query}",
            ssl=nginx.trust,
            subprotocols=[websockets.Subprotocol(name) for name in protocols],
            additional_headers=headers,
            local_addr=(address, 0),
            family=AF_INET,
            proxy=None,
            max_size=None,
        )
        client = Client(socket)
        try:
            yield client
        finally:
            await client.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as cleanup:
        live = cleanup.enter_context(run_live_stack(tmp_path_factory, "nginx", redis_offset=2, env=_ENV))
        webs = [urlsplit(url).netloc for url in live.http_urls]
        root, below = (
            cleanup.enter_context(run_nginx(tmp_path_factory.mktemp(name), webs, prefix=name == "below"))
            for name in ("root", "below")
        )
        yield Site(live, root, below)


@pytest.fixture(params=["root", "below"])
def nginx(site: Site, request: pytest.FixtureRequest) -> Nginx:
    found: Nginx = getattr(site, request.param)
    return found


async def test_it_works(site: Site, nginx: Nginx) -> None:
    async with site.connect(nginx) as client:
        stream = await client.whole_stream(await client.submit("zoo_count", {"updates": 3}))
    assert stream[-1]["type"] == "complete" and "progress" in {one["type"] for one in stream}


def test_the_files_need_no_warning(site: Site) -> None:
    assert check_configuration(site.root.folder / "nginx.conf") == ""


async def test_a_stream_arrives_while_the_request_runs(site: Site, nginx: Nginx, tmp_path: Path) -> None:
    there = tmp_path / "there"
    async with site.http(nginx) as http_client:
        accepted = await http_client.post(
            "api/requests/", json={"action": "zoo_until", "payload": {"path": str(there)}}
        )
        path = f"api/requests/{accepted.json()['request_id']}/events/"
        async with http_client.stream("GET", path, headers={"Accept": "text/event-stream"}) as response:
            stream = EventStream(response)
            async with asyncio.timeout(DEADLINE_SECONDS):
                while (event := await stream.read()) is not None and type_of(event) != "progress":
                    pass
            assert event is not None, "it came to its end, which the request had not"
            there.touch()
            events = await stream.read_all()
        assert type_of(events[-1]) == "complete"
        polled = (await http_client.get(path, params={"after_seq": 0, "wait": 30})).json()["events"]
    assert polled[-1]["type"] == "complete"


async def test_a_wait_for_the_end_is_held(site: Site, nginx: Nginx) -> None:
    body = {"action": "zoo_slow", "payload": {"seconds": 1, "steps": 4}}
    async with site.http(nginx) as http_client:
        answer = await http_client.post("api/requests/", json=body, headers={"Prefer": "wait=60"})
    assert (answer.status_code, answer.json()["type"]) == (200, "complete")


async def test_uploads_have_streamers_limits_and_other_bodies_those_of_nginx(site: Site, nginx: Nginx) -> None:
    head, row = b"a,b\n", b"12345,67890\n"
    fits = head + row * ((MAX_UPLOAD_BYTES - 1_000) // len(row))
    name = urlsplit(nginx.url).port
    async with site.http(nginx) as http_client:
        made = await http_client.post("api/datasets/", files={"file": (f"large-{name}.csv", fits)})
        assert made.status_code == 201 and made.json()["rows"] == fits.count(b"\n") - 1, made.text
        refused = await http_client.post("api/datasets/", files={"file": ("larger.csv", fits + row * 100)})
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
        assert (await http_client.post("api/requests/", content=b" " * 9_000_000)).status_code == 413


async def test_pages_and_what_they_load_are_found_below_the_prefix(site: Site) -> None:
    async with site.http(site.below) as http_client:
        redirect = await http_client.get(f"{site.below.url}/streamer")
        assert (redirect.status_code, redirect.headers["Location"]) == (308, site.home)
        for page in ("", "api/docs/", "admin/login/"):
            answer = await http_client.get(page)
            assert answer.status_code == 200, page
            loaded = re.findall(r'(?:src|href)="([^"#][^"]*)"', answer.text)
            assert any("static" in found for found in loaded)
            for found in loaded:
                url = urljoin(str(answer.url), found.replace("&amp;", "&"))
                assert urlsplit(url).path.startswith("/streamer/"), f"{found} on {page}"
                assert (await http_client.get(url, follow_redirects=True)).status_code == 200, url
        missing = await http_client.get("api/nothing/")
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NOT_FOUND")
        assert (await http_client.get("metrics")).status_code == 404


async def test_a_person_signs_in_below_the_prefix(site: Site) -> None:
    account = {"username": site.live.user, "password": site.live.password}
    async with httpx.AsyncClient(base_url=site.home, verify=site.below.trust, trust_env=False, timeout=60) as browser:
        answer = await browser.post("api/token/", json=account)
        assert answer.status_code == 200 and answer.json()["access"]
        asked = await browser.get("admin/")
        assert asked.headers["Location"] == "/streamer/admin/login/?next=/streamer/admin/"
        form = await browser.get("admin/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
        assert token and browser.cookies.jar and {one.path for one in browser.cookies.jar} == {"/streamer/"}
        data = {**account, "csrfmiddlewaretoken": token[1], "next": "/streamer/admin/"}
        signed_in = await browser.post(
            "admin/login/", data=data, headers={"Referer": f"{site.home}admin/login/", "Origin": site.below.url}
        )
        assert (signed_in.status_code, signed_in.headers["Location"]) == (302, "/streamer/admin/"), signed_in.text
        overview = await browser.get("admin/")
        links = set(re.findall(r'href="(/[^"]*)"', overview.text))
        assert links and all(link.startswith("/streamer/") for link in links), links


async def test_the_urls_that_workers_sign_have_the_prefix(site: Site) -> None:
    body = {"action": "zoo_file", "payload": {"text": "hello"}}
    async with site.http(site.below) as http_client:
        answer = await http_client.post("api/requests/", json=body, headers={"Prefer": "wait=60"})
        (artifact,) = answer.json()["artifacts"]
        assert artifact["url"].startswith("/streamer/api/artifacts/")
        assert answer.headers["Location"].startswith("/streamer/api/requests/")
        fetched = await http_client.get(urljoin(site.home, artifact["url"]))
        assert (fetched.status_code, fetched.text) == (200, "hello")
        shared = await http_client.post(f"{urljoin(site.home, answer.headers['Location'])}token/")
        assert shared.json()["events_url"].startswith("/streamer/api/requests/")


async def test_what_the_proxy_says_counts_and_what_a_client_says_does_not(site: Site) -> None:
    claims = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    web = site.live.http_urls[0]
    assert _ask(web, "/readyz", {}, _STRANGER)[0] == 200, "probes speak plain HTTP"
    status, headers = _ask(web, "/api/docs/", claims, _STRANGER)
    assert (status, headers["Location"]) == (301, f"https://{urlsplit(web).netloc}/api/docs/")
    async with site.http(site.below) as http_client:
        assert (await http_client.get("", headers=claims)).status_code == 200
        plain = await http_client.get(f"http://localhost:{site.below.plain_port}/streamer/")
        assert (plain.status_code, plain.headers["Location"]) == (308, "https://localhost/streamer/")
    async with site.connect(site.below, address=_STRANGER, headers=claims) as client:
        await client.find("a welcome", lambda message: message["type"] == "welcome")
        # The client has to answer pings meanwhile.
        await asyncio.to_thread(eventually, lambda: _is_listed(site, _STRANGER), "the row of its connection is written")


async def test_no_token_is_in_its_logs(site: Site) -> None:
    token = site.live.token("alice")
    async with site.connect(site.root, f"?token={token}") as client:
        await client.ping()
    async with site.http(site.root) as http_client:
        await http_client.get(f"/api/requests/?token={token}", headers={"Referer": f"https://localhost/?token={token}"})
    nowhere = site.root.folder.parent / "nowhere"
    nowhere.mkdir(exist_ok=True)
    with run_nginx(nowhere, ["127.0.0.1:1"], prefix=False) as broken:
        context = broken.trust
        async with httpx.AsyncClient(verify=context, trust_env=False) as http_client:
            assert (await http_client.get(f"{broken.url}/?token={token}")).status_code == 502
    eventually(lambda: "/ws/" in site.root.logs and " 502 " in broken.logs, "the logs tell of all requests")
    logs = site.root.logs + site.below.logs + broken.logs
    assert not [one for one in site.live.tokens if one in logs]
    assert "token=" not in logs


def _is_listed(site: Site, address: str) -> bool:
    return f'"address": "{address}"' in site.live.stack.manage("streamer_connections", "list", "--json")


def type_of(event: Event) -> str | None:
    """Return the type of the message in a block; None for a comment."""
    return event.message["type"] if event.message else None


def _ask(url: str, path: str, headers: dict[str, str], address: str) -> tuple[int, Any]:
    """Ask a web process itself, from an address of one's own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, source_address=(address, 0), timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()
