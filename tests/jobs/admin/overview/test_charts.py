"""The charts draw what is known and leave gaps for what is not; each value can be read as text."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.admin.overview.charts import HEIGHT, area, charts, line
from jobs.metrics.history import SPANS, Point

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)


def points(*given: dict[str, Any]) -> list[Point]:
    return [Point(begin=NOON + timedelta(minutes=number), **fields) for number, fields in enumerate(given)]


def test_it_works() -> None:
    known = {"minutes": 1, "submitted": 4, "completed": 2, "failed": 1}
    times = {"ran_p50_seconds": 1.0, "ran_p95_seconds": 3.0}
    lag, throughput, durations = charts(
        points({"minutes": 1, "lag_seconds": 0.0}, {"lag_seconds": 90.0, **known, **times}), SPANS["1h"]
    )
    assert lag.summary == "at most 1 min 30 s, last 1 min 30 s" and lag.highest == "1 min 30 s"
    assert throughput.summary == "4 submitted, 2 completed, 1 failed" and throughput.highest == "4"
    assert durations.summary == "last: half within 1 s, 95 % within 3 s"
    assert json.loads(lag.readings) == ["waited 0 s at most", "waited 1 min 30 s at most"]
    assert json.loads(throughput.readings)[1] == "4 submitted, 2 completed, 1 failed"
    assert json.loads(durations.readings) == ["nothing ended", "half within 1 s, 95 % within 3 s"]
    assert (lag.width, lag.begin, lag.step_seconds) == (2, NOON.isoformat(), 60)


def test_the_limit_of_the_lag_is_drawn_where_it_is_reached() -> None:
    low, high = (charts(points({"minutes": 1, "lag_seconds": lag}), SPANS["1h"])[0] for lag in (59.0, 120.0))
    assert low.limit == "" and 0 < float(high.limit) < HEIGHT


def test_what_is_not_known_is_a_gap() -> None:
    assert line([None, 0.0, 1.0, None, 1.0], 1.0) == "M1 40.0 H2 V2.0 H3 M4 2.0 H5"
    assert area([None, 0.0, 1.0], 1.0) == "M2 40V2.0H3V40Z"


def test_with_no_history_they_say_so() -> None:
    lag, throughput, durations = charts(points({}, {}), SPANS["1h"])
    assert lag.summary == "not known yet" and durations.summary == "nothing ended"
    assert json.loads(throughput.readings) == ["not known", "not known"]
    assert not any(one.path for chart in (lag, throughput, durations) for one in chart.series)
