from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import MAX_FAULTS
from jobs.handler import Handler, InvalidPayload, NoPayload, Payload, Retry, SourceName


class Filters(Payload):
    region: str
    years: list[int] = []


class ReportPayload(Payload):
    start: date
    rows: int = 10
    share: float = 0.5
    draft: bool = False
    filters: Filters | None = None


class Report(Handler[ReportPayload]):
    """A report. This line is not shown."""

    action = "a_report"


def faults_of(payload: dict[str, Any], handler: Handler[Any] | None = None) -> dict[str, str]:
    """Map path → type of each fault."""
    with pytest.raises(InvalidPayload) as caught:
        (handler or Report()).parse(payload)
    return {fault["path"]: fault["type"] for fault in caught.value.faults}


def test_it_works() -> None:
    payload = Report().parse({"start": "2026-01-31", "filters": {"region": "north", "years": [2025]}})
    assert payload == ReportPayload(start=date(2026, 1, 31), filters=Filters(region="north", years=[2025]))
    assert Report().estimate(payload) == Report.estimated_seconds and Report.payload_model is ReportPayload


def test_all_faults_come_at_once_with_their_paths() -> None:
    payload = {"rows": "ten", "share": None, "colour": "red", "filters": {"years": [2025, "2026"]}}
    assert faults_of(payload) == {
        "start": "missing",
        "rows": "int_type",
        "share": "float_type",
        "colour": "extra_forbidden",
        "filters.region": "missing",
        "filters.years[1]": "int_type",
    }


def test_the_text_names_the_first_fault_and_counts_the_others() -> None:
    with pytest.raises(InvalidPayload) as caught:
        Report().parse({"start": "2026-01-31", "rows": "ten", "colour": "red"})
    body = caught.value.body()
    assert body["message"].startswith("rows: ") and body["message"].endswith("(and 1 more)")
    assert body["code"] == "VALIDATION_ERROR" and body["details"]["faults"] == caught.value.faults
    assert body["retryable"] is False


def test_thousands_of_faults_are_counted_but_not_listed() -> None:
    with pytest.raises(InvalidPayload) as caught:
        Report().parse({"rows": "ten", **{f"unknown{n}": n for n in range(90_000)}})
    assert len(caught.value.faults) == MAX_FAULTS and caught.value.message.endswith("(and 90001 more)")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rows", "10"),
        ("rows", 1.5),
        ("rows", True),
        ("share", "0.5"),
        ("draft", "yes"),
        ("draft", 1),
        ("start", 20260131),
        ("start", "31.01.2026"),
        ("filters", []),
    ],
)
def test_types_are_strict(field: str, value: Any) -> None:
    assert field in faults_of({"start": "2026-01-31", field: value})


def test_a_source_that_nobody_registered_is_a_fault_that_names_those_there_are() -> None:
    class SourcePayload(Payload):
        source: SourceName

    class Reads(Handler[SourcePayload]):
        action = "reads"

    assert Reads().parse({"source": "sample"}).source == "sample"
    with pytest.raises(InvalidPayload, match="no source is called 'nope'; there are: .*sample"):
        Reads().parse({"source": "nope"})


def test_a_strict_payload_that_takes_nothing_refuses_everything() -> None:
    class Nothing(Handler[NoPayload]):
        action = "nothing"
        strict = True

    assert Nothing().parse({}) == NoPayload()
    assert faults_of({"a": 1}, Nothing()) == {"a": "extra_forbidden"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("ab"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["start", "rows", "share", "draft", "filters", "x"]), json_values))
def test_whatever_json_comes_it_is_a_payload_or_a_list_of_faults(payload: dict[str, Any]) -> None:
    try:
        assert isinstance(Report().parse(payload), ReportPayload)
    except InvalidPayload as error:
        assert error.faults


# --- mistakes in a class ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["Report", "a-report", "1st", "_a", "a b", "ü", "a" * 65, "a\n"])
def test_a_bad_action_name_is_refused_where_it_is_written(action: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="not a valid action name"):
        type("Bad", (Report,), {"action": action})


def test_a_payload_must_be_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Handler\[MyPayload\]"):
        type("Bad", (Handler,), {"action": "bad"})


@pytest.mark.parametrize("attributes", [{"timeout_seconds": 0}, {"timeout_seconds": -1}, {"estimated_seconds": -1}])
def test_times_must_make_sense(attributes: dict[str, float]) -> None:
    with pytest.raises(ImproperlyConfigured, match="must be positive"):
        type("Bad", (Report,), {"action": "bad", **attributes})


@pytest.mark.parametrize("name", ["silence_seconds", "total_seconds", "cache_seconds"])
def test_an_optional_time_is_none_or_above_nought(name: str) -> None:
    type("Good", (Report,), {"action": "good", name: None})
    with pytest.raises(ImproperlyConfigured, match="above 0 seconds, or None"):
        type("Bad", (Report,), {"action": "bad", name: 0})


def test_a_cap_of_nought_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="1 or more"):
        type("Bad", (Report,), {"action": "bad", "max_running": 0})


def test_a_class_without_an_action_is_abstract_and_its_children_inherit_the_payload() -> None:
    class Base(Handler[ReportPayload]):
        pass

    class Child(Base):
        action = "child"

    assert Child.payload_model is ReportPayload


def test_a_handler_without_run_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"Report\.run"):
        Report().run(None, None)  # type: ignore[arg-type]


# --- the retry policy ------------------------------------------------------------------------------------------------


@given(st.floats(0, 100), st.floats(0, 1000), st.integers(1, 200))
def test_the_longest_pause_doubles_up_to_the_cap(base: float, cap: float, attempt: int) -> None:
    policy = Retry(max_attempts=3, base_seconds=base, cap_seconds=cap)
    pause = policy.longest_pause_seconds(attempt)
    assert 0 <= pause <= cap
    assert policy.longest_pause_seconds(1) == min(base, cap)
    assert policy.longest_pause_seconds(attempt + 1) == min(2 * base * 2 ** (attempt - 1), cap)


@pytest.mark.parametrize("fields", [{"max_attempts": 0}, {"base_seconds": -1}, {"cap_seconds": -0.1}])
def test_a_policy_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="is not valid"):
        Retry(**fields)
