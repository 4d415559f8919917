"""The logs that the processes wrote during all other tests. Collected last; see ``conftest.py``."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.client import connect, open_socket
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# As text for people, and in JSON.
TRACEBACKS = ("Traceback", '"exc_type"')


@pytest.fixture(params=["live_stack", "crash_stack"])
def stack(request: pytest.FixtureRequest) -> LiveStack:
    stack: LiveStack = request.getfixturevalue(request.param)
    return stack


async def test_no_secret_is_written_down(stack: LiveStack, alice: str) -> None:
    """Search above all for tokens of the query string, which are in the URL of the handshake."""
    good = stack.token(alice)
    bad = stack.token(alice, signing_key="k" * 64)
    for field in ("token=", "Authorization=Bearer%20"):
        for token in (good, bad):
            async with open_socket(f"{stack.ws_urls[0]}?{field}{token}") as client:
                await client.until(lambda: client.messages, "the first message")
    # The middle part of a token holds its claims; only the last part makes it valid.
    secrets = {part for token in stack.tokens for part in token.split(".")[1:]}
    secrets |= {stack.signing_key, urlsplit(stack.stack.env["REDIS_URL"]).password or stack.signing_key}
    for log in _logs(stack, "*"):
        text = log.read_text()
        assert not [secret for secret in secrets if secret in text], log.name


async def test_a_failure_is_found_by_its_reference_and_shows_no_values(stack: LiveStack, alice: str) -> None:
    """Check that the log has the place of a handler's failure, but no values of its user."""
    async with connect(stack, alice) as client:
        # A negative wait makes this handler fail.
        stream = await client.whole_stream(await client.submit("zoo_slow", {"seconds": -1234.5678, "steps": 1}))
    error = stream[-1]["error"]
    assert error["code"] == "INTERNAL_ERROR"
    logs = _logs(stack, "worker-*")
    # For people, the failure stands in lines of its own below that of the reference.
    wanted = (error["details"]["correlation_id"], "sleep length must be non-negative")
    await asyncio.to_thread(
        eventually,
        lambda: any(all(part in text for part in wanted) for text in [log.read_text() for log in logs]),
        "the reference and the failure are in the log of a worker",
    )
    assert not [log.name for log in logs if "1234.5678" in log.read_text()]


def test_no_web_process_met_an_error_it_did_not_expect(stack: LiveStack) -> None:
    for log in _logs(stack, "web-*"):
        lines = log.read_text().splitlines()
        bad = [number for number, line in enumerate(lines) if any(mark in line for mark in TRACEBACKS)]
        shown = "\n".join(line[:500] for line in lines[max(0, bad[0] - 1) : bad[0] + 40]) if bad else ""
        assert not bad, f"{len(bad)} tracebacks in {log.name}, the first:\n{shown}"


def _logs(stack: LiveStack, names: str) -> list[Path]:
    """List the logs of the running processes, and of those that they replaced."""
    logs = sorted(stack.log_dir.glob(f"{names}.log*"))
    assert logs
    return logs
