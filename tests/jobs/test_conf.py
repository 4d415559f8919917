import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as real_settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from pytest_django import Settings

from jobs import conf
from jobs.conf.checks import check_declared

JOBS = Path(conf.__file__).parent.parent
QUEUES = {"default": {"URL": "redis://there/1"}, "mail": {"URL": "redis://there/1"}}


def completed(**own: Any) -> SimpleNamespace:
    settings = SimpleNamespace(**{"RQ_QUEUES": QUEUES, **own})
    conf.complete(settings)
    return settings


def read_in_jobs() -> set[str]:
    """List every setting of Streamer that a module of jobs reads."""
    texts = [path.read_text() for path in JOBS.rglob("*.py") if path.parent.name != "conf"]
    return set(re.findall(r"\bsettings\.(STREAMER_\w+|REDIS_URL)", "\n".join(texts)))


def test_it_works() -> None:
    settings = completed(STREAMER_LEASE_SECONDS=7.0)
    assert settings.STREAMER_LEASE_SECONDS == 7.0
    assert settings.STREAMER_SHIFT_REQUESTS == 50 and settings.STREAMER_SWEEP_RULES == ["jobs.sweeper.rules.RULES"]


def test_nothing_that_jobs_reads_is_left_out() -> None:
    names = read_in_jobs()
    assert len(names) > 30 and names <= vars(completed()).keys()


@pytest.mark.parametrize(
    ("own", "scratch"),
    [
        ({"BASE_DIR": Path("/srv/shop")}, "/srv/shop/var/scratch"),
        ({"BASE_DIR": "/srv/shop", "STREAMER_DATA_DIR": "/data"}, "/data/scratch"),
        ({"BASE_DIR": "/srv/shop", "STREAMER_SCRATCH_DIR": "/fast"}, "/fast"),
        ({}, f"{Path.cwd()}/var/scratch"),
    ],
)
def test_folders_are_paths_below_the_one_for_data(own: dict[str, Any], scratch: str) -> None:
    assert Path(scratch) == completed(**own).STREAMER_SCRATCH_DIR


def test_redis_is_the_one_of_the_queues() -> None:
    assert completed().REDIS_URL == "redis://there/1"
    assert completed(REDIS_URL="redis://elsewhere/2").REDIS_URL == "redis://elsewhere/2"


@pytest.mark.parametrize("queues", [{}, {"default": {"HOST": "there"}}, {**QUEUES, "ml": {"URL": "redis://other/0"}}])
def test_a_redis_that_must_be_guessed_is_an_error(queues: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
        completed(RQ_QUEUES=queues)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STREAMER_LEASE_SECONDS", "15"),
        ("STREAMER_LEASE_SECONDS", float("nan")),
        ("STREAMER_SHIFT_REQUESTS", 2.5),
        ("STREAMER_PRELOAD", "false"),
        ("STREAMER_QUEUES", "default"),
        ("STREAMER_SOURCES", ["sales"]),
        ("STREAMER_DUCKDB_MEMORY", "much"),
    ],
)
def test_a_project_learns_of_a_wrong_value_from_a_system_check(name: str, value: Any, settings: Settings) -> None:
    assert check_declared() == []
    setattr(settings, name, value)
    (message,) = check_declared()
    assert message.id == "streamer.settings.E001" and message.msg.startswith(f"{name} is ")


def test_a_project_learns_of_a_misspelt_name(settings: Settings) -> None:
    settings.STREAMER_QUEUE = ["default"]
    (message,) = check_declared()
    assert message.id == "streamer.settings.W001" and "STREAMER_QUEUES" in str(message.hint)


def test_defaults_can_be_overridden_as_any_setting(settings: Settings) -> None:
    before = real_settings.STREAMER_SWEEP_SECONDS
    with override_settings(STREAMER_SWEEP_SECONDS=0.25):
        assert real_settings.STREAMER_SWEEP_SECONDS == 0.25
    settings.STREAMER_SWEEP_SECONDS = 0.5
    assert real_settings.STREAMER_SWEEP_SECONDS == 0.5 != before
