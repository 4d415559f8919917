import pytest

from realtime.http.artifacts.presentation import presentation


def test_it_works() -> None:
    headers = presentation("text/csv", "bericht ü.csv", inline=False)
    assert headers["Content-Disposition"] == "attachment; filename*=utf-8''bericht%20%C3%BC.csv"
    assert headers["Content-Type"] == "text/csv" and "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("media_type", "shown"),
    [
        ("application/pdf", "application/pdf"),
        ("image/png", "image/png"),
        ("text/csv; charset=utf-8", "text/plain; charset=utf-8"),
        ("Application/JSON", "text/plain; charset=utf-8"),
    ],
)
def test_what_cannot_act_is_shown(media_type: str, shown: str) -> None:
    headers = presentation(media_type, "a", inline=True)
    assert headers["Content-Disposition"] == 'inline; filename="a"' and headers["Content-Type"] == shown
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "x", ""])
def test_all_else_is_saved(media_type: str) -> None:
    headers = presentation(media_type, "a", inline=True)
    assert headers["Content-Disposition"].startswith("attachment") and headers["Content-Type"] == media_type
    assert "sandbox" in headers["Content-Security-Policy"]
