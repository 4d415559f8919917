from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from streamer_site.checks import check_deployment, check_settings, require_sound_settings


def test_it_works() -> None:
    assert check_settings() == []
    require_sound_settings()


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("SECRET_KEY", "short", "streamer.E011"),
        ("JWT_SIGNING_KEY", "short", "streamer.E002"),
        ("REDIS_URL", "localhost:6379", "streamer.E012"),
        ("STREAMER_LEASE_SECONDS", 0.5, "streamer.E004"),
        ("STREAMER_INLINE_THREADS", 0, "streamer.E005"),
        ("STREAMER_SCRATCH_DIR", "/data?/scratch", "streamer.E013"),
    ],
)
def test_no_server_starts_with_a_mistake_in_its_settings(name: str, value: Any, fault: str, settings: Settings) -> None:
    setattr(settings, name, value)
    assert [one.id for one in check_settings()] == [fault]
    with pytest.raises(ImproperlyConfigured, match=fault):
        require_sound_settings()


def test_what_is_made_for_one_machine_is_told_before_it_goes_live(settings: Settings) -> None:
    settings.STREAMER_LOCAL_SECRETS = ["SECRET_KEY"]
    settings.ALLOWED_HOSTS = ["localhost"]
    assert [one.id for one in check_deployment()] == ["streamer.W001", "streamer.W002"]
    settings.STREAMER_LOCAL_SECRETS, settings.ALLOWED_HOSTS = [], ["reports.example.org"]
    assert check_deployment() == []


@pytest.mark.parametrize(("algorithm", "fault"), [("none", "streamer.E001"), ("RS256", "streamer.E003")])
def test_tokens_must_be_verifiable(algorithm: str, fault: str, settings: Settings) -> None:
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "ALGORITHM": algorithm}
    assert [one.id for one in check_settings()] == [fault]
