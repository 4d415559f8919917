import pytest
from django.test import RequestFactory

from realtime.http.requests.preferences import preferred_wait


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5),
        ('respond-async, WAIT = "07" ; note=1', 7),
        ("wait=60", 60),
        ("wait=61", 60),
        ("wait=" + "9" * 5_000, 60),
        ("wait=5, wait=9", 5),
        ("wait=0", 0),
        ("", 0),
        ("wait", 0),
        ("wait=", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait=٣", 0),
        ("await=5", 0),
        ('wait="5', 0),
    ],
)
def test_a_wait_is_whole_seconds_and_at_most_a_minute(header: str, seconds: int) -> None:
    request = RequestFactory().post("/", HTTP_PREFER=header)
    assert preferred_wait(request) == seconds


def test_without_the_header_there_is_none() -> None:
    assert preferred_wait(RequestFactory().post("/")) == 0
