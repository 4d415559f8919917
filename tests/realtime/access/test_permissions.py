"""A token grants a permission by its name, by a wildcard before it, or by the star; what is others' by name alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.permissions import TENANT_READ, grants

WORDS = ["reports", "generate", "tenant", "read", "*", ""]
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(".".join)
HELD = st.frozensets(NAMES, max_size=4)


def model(held: frozenset[str], wanted: str) -> bool:
    """Decide as the documentation does, one permission of the token at a time."""
    for one in held:
        if one == wanted:
            return True
        if one == "*" and wanted != "tenant.read":
            return True
        if len(one) > 2 and one.endswith(".*") and wanted.startswith(one[:-1]):
            return True
        if one == ".*" and wanted.startswith("."):
            return True
    return False


@given(HELD, NAMES)
def test_it_decides_as_the_model(held: frozenset[str], wanted: str) -> None:
    assert grants(held, wanted) is model(held, wanted)


@given(HELD, HELD, NAMES)
def test_more_permissions_never_grant_less(held: frozenset[str], more: frozenset[str], wanted: str) -> None:
    assert grants(held | more, wanted) >= grants(held, wanted)


@given(NAMES)
def test_without_permissions_nothing_is_granted(wanted: str) -> None:
    assert not grants(frozenset(), wanted) and grants(frozenset(), None)


@pytest.mark.parametrize(
    ("held", "wanted", "granted"),
    [
        ("reports.*", "reports.generate", True),
        ("reports.*", "reports.generate.large", True),
        ("reports.*", "reports", False),
        ("reports.*", "reportsx.generate", False),
        ("rep*", "reports.generate", False),
        ("*.generate", "reports.generate", False),
        ("reports.generate", "reports.*", False),
        ("*", "reports.generate", True),
        ("*", TENANT_READ, False),
        ("tenant.*", TENANT_READ, True),
        (TENANT_READ, TENANT_READ, True),
    ],
)
def test_examples(held: str, wanted: str, granted: bool) -> None:
    assert grants({held}, wanted) is granted
