from django.test import Client


def test_it_works(client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200 and page["Content-Type"].startswith("text/html") and b"<html" in page.content


def test_the_page_may_load_and_be_framed_by_nothing_foreign(client: Client) -> None:
    page = client.get("/")
    policy = page["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert page["Referrer-Policy"] == "no-referrer" and page["X-Frame-Options"] == "DENY"


def test_it_is_there_to_read(client: Client) -> None:
    assert client.post("/").status_code == 405
