"""The limits of PostgreSQL's connections, without which a cut one would be waited for."""

import json
import re
from pathlib import Path

import pytest

from streamer_site.database import with_options
from tests.streamer_site.starting.test_data_folder import run

_SHOW = "import json; from django.conf import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))"
_PLACE = """
from django.conf import settings
from jobs.queue.health.services import database_place
database = settings.DATABASES['default']
print(database['HOST'], database['PORT'], database['PASSWORD'], database_place())
"""
LIMIT_SECONDS = 8
POSTGRESQL = "django.db.backends.postgresql"


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str | int]:
    url = "postgres://streamer@db.example.org/streamer"
    shown: dict[str, str | int] = json.loads(run("-c", _SHOW, STREAMER_DATA_DIR=str(tmp_path), DATABASE_URL=url).stdout)
    return shown


def test_a_server_that_is_cut_off_is_given_up_soon(options: dict[str, int]) -> None:
    idle = options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"]
    assert max(idle, options["tcp_user_timeout"] / 1000, options["connect_timeout"]) <= LIMIT_SECONDS


def test_a_process_that_stands_still_blocks_others_no_longer(options: dict[str, str]) -> None:
    seconds = dict(re.findall(r"(\w+)=(\d+)s", options["options"]))
    assert int(seconds["idle_in_transaction_session_timeout"]) <= LIMIT_SECONDS < int(seconds["lock_timeout"]) <= 10


def test_of_several_hosts_the_primary_is_taken() -> None:
    database = with_options({"ENGINE": POSTGRESQL, "HOST": "one,two", "PORT": "5432,5433"})
    assert database["OPTIONS"]["target_session_attrs"] == "read-write"
    assert "target_session_attrs" not in with_options({"ENGINE": POSTGRESQL, "HOST": "one"})["OPTIONS"]


def test_a_pooler_gets_nothing_that_the_next_transaction_would_not_have() -> None:
    database = with_options({"ENGINE": POSTGRESQL, "HOST": "one"}, pooler="transaction")
    assert database["DISABLE_SERVER_SIDE_CURSORS"] and "options" not in database["OPTIONS"]


def test_a_url_of_several_hosts_is_read(tmp_path: Path) -> None:
    url = "postgres://me:a%2Cb@one:5432,two:5433/streamer"
    shown = run("-c", _PLACE, STREAMER_DATA_DIR=str(tmp_path), DATABASE_URL=url).stdout
    assert shown.strip() == "one,two 5432,5433 a,b one:5432, two:5433"
