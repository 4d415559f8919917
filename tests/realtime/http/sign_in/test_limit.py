"""The limit on sign-ins: one for all processes and all ways in, and closed without Redis."""

import subprocess
import sys
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from jobs.queue.wakeups import connection
from realtime.limits import sign_ins
from realtime.limits.rates import parse_rate
from tests.realtime.http.sign_in.conftest import ADMIN, PASSWORD, Post

pytestmark = pytest.mark.django_db
_COUNT_ELSEWHERE = """
import django
django.setup()
from django.conf import settings
settings.REDIS_URL, settings.STREAMER_TOKEN_RATE = {url!r}, "3/min"
from realtime.limits.sign_ins import seconds_to_wait
print([seconds_to_wait("127.0.0.1") is None for _ in range(2)])
"""


@pytest.fixture(autouse=True)
def three_a_minute(settings: Settings) -> None:
    settings.STREAMER_TOKEN_RATE = "3/min"
    sign_ins.breaker.close()


def codes(sign_in: Post, number: int, path: str = "/api/token/", **more: Any) -> list[int]:
    return [sign_in("wrong", path, **more).status_code for _ in range(number)]


def test_it_works(sign_in: Post, alice_user: User) -> None:
    assert codes(sign_in, 5) == [401] * 3 + [429] * 2
    refused = sign_in()
    assert refused.status_code == 429 and 0 < int(refused["Retry-After"]) <= 60
    error = refused.json()["error"]
    assert error["code"] == "RATE_LIMITED" and 0 < error["retry_after"] <= 60


def test_the_admin_looks_at_no_password_past_the_limit(sign_in: Post, alice_user: User, client: Client) -> None:
    assert [b"correct username" in sign_in("wrong", ADMIN).content for _ in range(3)] == [True] * 3
    right = sign_in(PASSWORD, ADMIN)
    assert right.status_code == 200 and b"Too many attempts. Try again in" in right.content
    assert "sessionid" not in client.cookies


def test_the_right_password_opens_the_admin(sign_in: Post, alice_user: User) -> None:
    assert sign_in(PASSWORD, ADMIN).status_code == 302


def test_all_ways_in_share_one_limit(sign_in: Post, refresh: Post) -> None:
    assert codes(sign_in, 1) + codes(sign_in, 1, ADMIN) == [401, 200]
    assert refresh({"refresh": "none"}).status_code == 401
    assert refresh({"refresh": "none"}).status_code == 429
    assert b"Too many attempts" in sign_in("wrong", ADMIN).content


def test_all_processes_share_one_limit(sign_in: Post, redis_url: str) -> None:
    program = _COUNT_ELSEWHERE.format(url=redis_url)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.strip() == "[True, True]"
    assert codes(sign_in, 2) == [401, 429]


def test_the_time_begins_with_the_first_attempt_and_does_not_begin_anew(sign_in: Post) -> None:
    codes(sign_in, 2)
    (key,) = connection().keys("streamer:sign-in:address:*")
    connection().expire(key, 7)
    assert codes(sign_in, 2) == [401, 429]
    assert connection().ttl(key) <= 7


def test_a_header_that_anybody_can_write_does_not_give_more_attempts(sign_in: Post) -> None:
    assert [sign_in("x", **{"X-Forwarded-For": f"10.0.0.{number}"}).status_code for number in range(4)][-1] == 429


def test_behind_a_proxy_each_client_has_its_own(sign_in: Post, settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    assert [sign_in("x", **{"X-Forwarded-For": f"10.0.0.{number}"}).status_code for number in range(4)] == [401] * 4


@pytest.mark.parametrize(
    ("addresses", "are_one"),
    [
        (["2001:db8::1", "2001:db8::2", "2001:db8::3:4", "2001:db8::5"], True),
        (["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1", "2001:db8:0:4::1"], False),
        (["10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1", "::ffff:10.0.0.1"], True),
        (["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], False),
        (["", "", "", ""], True),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(addresses: list[str], are_one: bool) -> None:
    clients = [Client(REMOTE_ADDR=address) for address in addresses]
    answers = [client.post("/api/token/", {}, content_type="application/json") for client in clients]
    assert [answer.status_code for answer in answers] == [400] * 3 + [429 if are_one else 400]


def test_without_redis_nobody_can_sign_in(
    sign_in: Post, refresh: Post, alice_user: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(sign_ins, "_count", fail)
    answer = sign_in()
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert answer.json()["error"]["retry_after"] == float(answer["Retry-After"]) > 0
    assert refresh({"refresh": "none"}).status_code == 503
    page = sign_in(PASSWORD, ADMIN)
    assert page.status_code == 200 and b"Nobody can sign in right now" in page.content
    refused = [record for record in caplog.records if record.getMessage() == "Sign-in refused"]
    assert [vars(record)["reason"] for record in refused] == ["limit_unavailable"] * 3


# --- by account ------------------------------------------------------------------------------------------------------


@pytest.fixture
def few_for_an_account(settings: Settings) -> None:
    settings.STREAMER_TOKEN_RATE_PER_ACCOUNT = "4/min"


def from_address(number: int, name: Any = "alice", path: str = "/api/token/") -> Any:
    fields = {"username": name, "password": "wrong"}
    kind = {"content_type": "application/json"} if path.startswith("/api/") else {}
    return Client(REMOTE_ADDR=f"10.0.0.{number}").post(path, fields, **kind)


def test_guesses_from_many_addresses_count_for_the_account(alice_user: User, few_for_an_account: None) -> None:
    assert [from_address(number).status_code for number in range(5)] == [401] * 4 + [429]
    assert b"Too many attempts" in from_address(6, path=ADMIN).content
    assert from_address(7, "bob").status_code == 401


@pytest.mark.parametrize("names", [["alice", " Alice", "ALICE ", "\uff41lice", "aLiCe"], [7, "7", 7, " 7", "7"]])
def test_other_spellings_give_no_more_attempts(names: list[Any], few_for_an_account: None, db: None) -> None:
    assert [from_address(number, name).status_code for number, name in enumerate(names)] == [401] * 4 + [429]


def test_who_is_refused_at_an_address_uses_up_no_attempts_of_the_account(
    sign_in: Post, alice_user: User, few_for_an_account: None
) -> None:
    assert codes(sign_in, 20) == [401] * 3 + [429] * 17
    assert from_address(1).status_code == 401


def test_redis_has_no_names_and_no_addresses(sign_in: Post, alice_user: User) -> None:
    sign_in()
    keys = connection().keys("streamer:sign-in:*")
    assert len(keys) == 2 and not any(b"alice" in key or b"127.0" in key for key in keys)
    assert all(connection().ttl(key) > 0 for key in keys)


def test_names_that_are_no_text_are_answered(few_for_an_account: None, db: None) -> None:
    answers = [from_address(1, name).status_code for name in ("\ud800", None, ["alice"])]
    assert answers == [401, 400, 400] or answers == [400, 400, 400]


def test_a_body_that_cannot_be_read_counts_too(client: Client, db: None) -> None:
    answers = [client.post("/api/token/", "{", content_type="application/json") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400] * 3 + [429]


def test_zero_means_no_limit_and_needs_no_redis(
    sign_in: Post, alice_user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STREAMER_TOKEN_RATE = settings.STREAMER_TOKEN_RATE_PER_ACCOUNT = "0"
    monkeypatch.delattr(sign_ins, "_count")
    assert codes(sign_in, 5) == [401] * 5


# --- rates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", ["30/min", "5/s", "1000/hour", "2/d", "7/m", "30/minutes", "5/second"])
def test_rates(rate: str) -> None:
    most, seconds = parse_rate(rate)
    assert rate.startswith(f"{most}/") and seconds in (1, 60, 3600, 86_400)


@pytest.mark.parametrize(
    "rate", ["", "30", "0/min", "30/week", "30/month", "5/decade", "1/ms", "-1/s", "30/min/min", "many/min"]
)
def test_what_is_no_rate(rate: str) -> None:
    with pytest.raises(ValueError, match="the units are"):
        parse_rate(rate)
