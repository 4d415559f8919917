import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.topics import topic_segment
from realtime.topics.names import fault_of, presence_group, topic_group


@pytest.mark.parametrize("name", ["weather", "tenant.acme.prices", "a.B-c_1.~40~2E", ".".join("a" * 16), "a" * 255])
def test_it_works(name: str) -> None:
    assert fault_of(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b",
        "a.*",
        "tenant.{tenant_id}.x",
        "é",
        "a\n",
        "a.~4",
        "a.~zz",
        "a.~2e",
        "a/b",
        "a%2Eb",
    ],
)
def test_other_characters_are_refused(name: str) -> None:
    assert fault_of(name) is not None


def test_names_are_bounded() -> None:
    assert fault_of(".".join("a" * 17)) is not None and fault_of("a" * 256) is not None


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), min_size=2, max_size=2, unique=True))
def test_no_two_texts_have_the_same_segment_and_each_is_one(texts: list[str]) -> None:
    first, second = map(topic_segment, texts)
    assert first != second
    assert fault_of(f"user.{first}.x") is None and f"user.{first}.x".count(".") == 2


def test_a_readable_text_stays_as_it_is() -> None:
    assert topic_segment("acme-2_B") == "acme-2_B"
    assert topic_segment("alice@example.org") == "alice~40example~2Eorg"


def test_groups_are_short_and_differ() -> None:
    groups = {make(name) for make in (topic_group, presence_group) for name in ("a" * 255, "a")}
    assert len(groups) == 4 and all(len(group) < 100 for group in groups)
