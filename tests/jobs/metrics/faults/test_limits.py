"""The faults have the names, limits and urgency of the alerts for Prometheus, so that both say the same."""

import re
from pathlib import Path
from typing import get_args

from jobs.metrics.faults import limits
from jobs.metrics.faults.limits import SEVERITIES

_FILE = Path(__file__).parents[4] / "deploy" / "prometheus" / "alerts.yml"
_METRICS = Path(__file__).parents[4] / "docs" / "reference" / "metrics.md"
_RULE = re.compile(r"- alert: (\w+)\n +expr: (.*?)\n +(?:for: .*?\n +)?labels: \{severity: (\w+)\}", re.DOTALL)
ALERTS = {name: (expr, severity) for name, expr, severity in _RULE.findall(_FILE.read_text())}
ONLY_PROMETHEUS = {"StreamerAway", "StreamerSlowAcknowledgments", "StreamerProgressLag", "StreamerAttack"}
"""Without a web process there is no overview; the others need the rate of a counter over minutes."""


def test_it_works() -> None:
    assert set(SEVERITIES) == set(ALERTS) - ONLY_PROMETHEUS == set(get_args(limits.Name))
    assert {name: ALERTS[name][1] for name in SEVERITIES} == SEVERITIES


def test_the_limits_are_those_of_the_alerts() -> None:
    def ends(name: str) -> str:
        return ALERTS[name][0]

    assert ends("StreamerQueueLag").endswith(f"> {limits.LAG_SECONDS}")
    assert f"> {limits.UNSERVED_SECONDS} unless" in ends("StreamerQueueWithoutWorker")
    assert ends("StreamerPartSlow").endswith(f"> {limits.SLOW_SECONDS}")
    assert ends("StreamerDiskFull").startswith(f"streamer_disk_free_bytes < {limits.DISK_SHARE} *")
    assert ends("StreamerClientsRefused").endswith(f"[{limits.REFUSED_SECONDS // 60}m])) > {limits.REFUSED_PER_SECOND}")
    fails = ends("StreamerActionFails")
    assert f">= {limits.FAILED_COUNT}\n" in fails and f"> {limits.FAILED_SHARE} *" in fails
    reference = _METRICS.read_text()
    for name, minutes in (("requests_ended", limits.FAILED_MINUTES), ("attempts_lost", limits.LOST_MINUTES)):
        (row,) = re.findall(rf"^\| `streamer_{name}_recently` .*$", reference, re.MULTILINE)
        assert f"in the last {minutes} minutes" in row
