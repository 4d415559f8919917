"""Sources that operators register: what is told of a mistake."""

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from jobs.contract.source import default_source, source_names
from jobs.data.sources import check_sources, find_source
from tests.jobs.data.sources.opening import EVENTS
from tests.jobs.handlers.report_tables import definition


def test_the_sample_is_registered_and_the_default() -> None:
    assert source_names() == ("sample",)
    assert default_source() == "sample"
    source = find_source("sample")
    assert source is not None
    assert source.label == "Sample orders (generated)"
    assert list(source.files) == ["transactions", "customers", "products", "web_analytics"]
    assert find_source("other") is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"files": {}}, "either 'files' or a 'database'"),
        ({"database": "default"}, "either 'files' or a 'database'"),
        ({"files": {}, "database": "default"}, "a 'database' needs a 'query'"),
        ({"files": {"one": "a.csv", "two": "b.csv"}}, "several tables need a 'query'"),
        ({"files": "a.xlsx"}, "ends in none of"),
        ({"files": ["a.csv", "b.parquet"]}, "all Parquet or all CSV"),
        ({"files": {"Bad name": "a.csv"}}, "no table name"),
        ({"table_dates": {"orders": "day"}}, "table_dates: names tables that are not in 'files': orders"),
        ({"currency": "francs"}, "currency: String should match pattern"),
        ({"currency": "CHF", "units": {"amount": "kg"}}, "'amount' has either a 'currency' or one of the 'units'"),
        ({"value": ""}, "value: String should have at least 1 character"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_definition_is_an_error_at_start_up(settings: Settings, change: dict[str, Any], fault: str) -> None:
    settings.STREAMER_SOURCES = {"sample": definition("a.csv"), "drinks": {**definition("a.csv"), **change}}
    errors = [message for message in check_sources() if isinstance(message, Error)]
    assert [error.id for error in errors] == ["streamer.sources.E001"]
    assert fault in errors[0].msg and "STREAMER_SOURCES['drinks']" in errors[0].msg
    with pytest.raises(ImproperlyConfigured, match="STREAMER_SOURCES"):
        find_source("drinks")


def test_a_definition_that_is_no_dictionary_is_an_error(settings: Settings) -> None:
    settings.STREAMER_SOURCES = {"sample": definition("a.csv"), "drinks": "drinks.csv"}
    assert "streamer.sources.E001" in [message.id for message in check_sources()]


def test_other_mistakes_in_the_settings_are_found(settings: Settings) -> None:
    settings.STREAMER_SOURCES = {"drinks": {**EVENTS, "database": "warehouse", "query": "SELECT 1"}}
    assert {message.id for message in check_sources()} == {
        "streamer.sources.E002",
        "streamer.sources.E003",
    }


def test_files_that_are_not_there_yet_are_a_warning(settings: Settings, tmp_path: Path) -> None:
    settings.STREAMER_SOURCES = {"sample": definition(tmp_path / "none.csv")}
    [message] = check_sources()
    assert (message.id, message.hint) == ("streamer.sources.W001", "Run 'manage.py streamer_sample'.")
