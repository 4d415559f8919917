"""Names of files: they say what the file is, and every system takes them."""

import pytest
from hypothesis import given, strategies

from jobs.handler import name_file


@pytest.mark.parametrize(
    ("parts", "ending", "name"),
    [
        (("churn", "classification", "report"), "pdf", "churn-classification-report.pdf"),
        (("Sample orders (generated)", "clusters"), "csv", "sample-orders-generated-clusters.csv"),
        (("../..\\up/und_über", "2025-01-31"), "xlsx", "up-und-über-2025-01-31.xlsx"),
        (("年収 📏", "v1.5"), "pdf", "年収-v1.5.pdf"),
        (("???",), "csv", "file.csv"),
    ],
)
def test_it_works(parts: tuple[str, ...], ending: str, name: str) -> None:
    assert name_file(*parts, ending=ending) == name


@given(parts=strategies.lists(strategies.text(max_size=300), max_size=4))
def test_any_words_make_a_name_that_every_system_takes(parts: list[str]) -> None:
    name = name_file(*parts, ending="pdf")
    assert len(name.encode()) <= 160 and name.endswith(".pdf") and len(name) > 4
    assert not set(name) & set('/\\:*?"<>|\0\n ') and name[0] not in "-." and name[-5] not in "-."
