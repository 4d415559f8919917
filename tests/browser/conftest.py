"""``live_stack``: the whole service in real processes, the same one that acceptance/ uses."""

import pytest

from tests import live


def pytest_configure(config: pytest.Config) -> None:
    live.register(config)
