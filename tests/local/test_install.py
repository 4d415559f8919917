"""The words of pip, as the installation shows them."""

from pathlib import Path

from streamer_site.local.install import State, count_packages

ROOT = Path(__file__).parents[2]
SAID = [
    "Ignoring colorama: markers 'sys_platform == \"win32\"' don't match your environment",
    "Collecting scikit-learn==1.8.0 (from -r requirements.lock (line 7))",
    "  Downloading scikit_learn-1.8.0-cp311-cp311-manylinux_2_27_x86_64.whl (8.9 MB)",
    "Requirement already satisfied: redis==8.1.0 in ./.venv/lib (from -r requirements.lock (line 9))",
]


def test_it_works() -> None:
    state, seen = State(packages=3), []
    for line in SAID:
        state.take(line)
        seen.append((state.fetched, state.packages, state.doing))
    assert seen == [
        (0, 2, "Reading the list"),
        (1, 2, "Fetching scikit-learn"),
        (1, 2, "Downloading scikit_learn 8.9 MB"),
        (2, 2, "Fetching redis"),
    ]
    state.take("Installing collected packages: scikit-learn")
    assert (state.installing, state.packages) == (True, 1)


def test_the_packages_of_the_lock_file_are_counted() -> None:
    hashes = (ROOT / "requirements.lock").read_text().count("==")
    assert 50 < count_packages(ROOT / "requirements.lock") <= hashes
