from typing import Any

import pytest
from pytest_django import Settings

from jobs.handler import InvalidPayload
from jobs.handlers.generate_report import GenerateReport
from jobs.handlers.generate_report.payload import ReportPayload

YEAR = {"start_date": "2024-01-01", "end_date": "2024-12-31"}


def parse(**payload: Any) -> ReportPayload:
    return GenerateReport().parse(payload)


def faults(**payload: Any) -> dict[str, str]:
    with pytest.raises(InvalidPayload) as caught:
        parse(**payload)
    return {fault["path"]: fault["message"] for fault in caught.value.faults}


def test_it_works_with_the_dates_alone() -> None:
    payload = parse(**YEAR)
    assert (payload.format, payload.report_type, payload.include_charts) == ("pdf", "monthly", True)
    assert (payload.filters, payload.source, payload.days) == ({}, "sample", 366)


def test_a_leap_year_fits_and_a_day_more_does_not() -> None:
    assert parse(**YEAR).days == 366
    assert "367 days" in faults(start_date="2024-01-01", end_date="2025-01-01")["end_date"]


def test_every_fault_comes_at_once() -> None:
    found = faults(
        start_date="2024-02-01",
        end_date="2024-01-01",
        format="word",
        report_type="hourly",
        include_charts="yes",
        filters={"region": [], "category": None},
        source="nowhere",
        colour="red",
    )
    assert list(found) == [
        "end_date",
        "format",
        "report_type",
        "include_charts",
        "filters.region",
        "filters.category",
        "source",
        "colour",
    ]
    assert found["end_date"] == "2024-01-01 is before the first day, 2024-02-01"
    assert found["source"] == "no source is called 'nowhere'; there are: sample"


def test_every_fault_of_the_further_fields_comes_at_once(drinks: object) -> None:
    found = faults(
        **YEAR,
        compare="yesterday",
        group_by=["a", "b", "c"],
        sources=["sample", "nowhere"],
        filters={"region": []},
    )
    assert list(found) == ["filters.region", "compare", "group_by", "sources[1]"]
    assert faults(**YEAR, sources=["sample"]).keys() == {"sources"}
    assert faults(**YEAR, sources=["sample", "sample"], group_by=["a", "a"]) == {
        "group_by": "repeated names: a",
        "sources": "repeated names: sample",
    }
    assert faults(**YEAR, group_by=[""], sources=["sample"] * 6).keys() == {"group_by[0]", "sources"}


def test_a_source_beside_sources_is_a_fault_unless_it_is_the_default(drinks: object, settings: Settings) -> None:
    settings.STREAMER_SOURCES = {**settings.STREAMER_SOURCES, "more": settings.STREAMER_SOURCES["drinks"]}
    assert parse(**YEAR, sources=["drinks", "more"], source="sample").covered == ("drinks", "more")
    assert parse(**YEAR, source="drinks").covered == ("drinks",)
    assert faults(**YEAR, sources=["sample", "more"], source="drinks") == {"source": "give either a source or sources"}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03-01", "2024-03-01"),
        ("2024-03-01T23:30:00Z", "2024-03-01"),
        ("2024-03-01T23:30:00-02:00", "2024-03-02"),
        ("2024-03-01T00:30:00.250+02:00", "2024-02-29"),
        ("2024-03-01T10:00:00", "2024-03-01"),
    ],
)
def test_date_times_are_taken_in_utc(text: str, day: str) -> None:
    assert parse(start_date=text, end_date="2024-12-31").start_date.isoformat() == day


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-02-30", "20240101", "2024-W01-1", "2024-01-01T10", 20240101, None]
)
def test_what_is_no_date_is_a_fault(text: Any) -> None:
    assert list(faults(start_date=text, end_date="2024-12-31")) == ["start_date"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_refused(day: str) -> None:
    assert "start_date" in faults(start_date=day, end_date=day)


def test_the_schema_describes_every_field_of_the_form() -> None:
    schema = ReportPayload.model_json_schema()
    fields = schema["properties"]
    assert all({"title", "description"} <= set(field) for field in fields.values())
    assert fields["start_date"]["format"] == "date"
    assert fields["source"]["format"] == "streamer-source"
    assert fields["source"]["default"] == "sample"
    assert schema["required"] == ["start_date", "end_date"]


def test_only_a_short_csv_of_the_sample_is_estimated_as_quick() -> None:
    estimate = GenerateReport().estimate
    week = {"start_date": "2024-01-01", "end_date": "2024-01-07"}
    assert estimate(parse(**week, format="csv")) < 5
    assert estimate(parse(**YEAR, format="csv")) > 5
    assert estimate(parse(**week, format="pdf", include_charts=False)) > 5
    assert estimate(parse(**week, format="excel", include_charts=False)) > 5


def test_what_is_compared_or_combined_is_estimated_longer(drinks: object) -> None:
    estimate = GenerateReport().estimate
    month = {"start_date": "2024-05-01", "end_date": "2024-05-31", "format": "csv"}
    assert estimate(parse(**month)) < estimate(parse(**month, compare="previous_period")) < 5
    assert estimate(parse(**month, compare="previous_year")) > 5
    one, two = parse(**month, source="drinks"), parse(**month, sources=["sample", "drinks"])
    assert estimate(two) == 2 * estimate(one)


def test_a_source_of_unknown_size_is_always_queued(drinks: object) -> None:
    assert GenerateReport().estimate(parse(**YEAR, format="csv", source="drinks")) > 5
