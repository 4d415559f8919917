"""The dashboard of Grafana asks for metrics that there are, and shows most of them."""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/streamer.json").read_text())
_SUFFIXES = re.compile(r"_bucket$")


def test_it_shows_what_there_is() -> None:
    reference = (ROOT / "docs/reference/metrics.md").read_text()
    there_are = set(re.findall(r"^\| `(streamer_\w+)", reference, re.MULTILINE))
    asked = {
        _SUFFIXES.sub("", name)
        for panel in BOARD["panels"]
        for target in panel.get("targets", ())
        for name in re.findall(r"\b(streamer_\w+)", target["expr"])
    }
    assert asked <= there_are
    assert there_are - asked == {
        "streamer_action_paused",
        "streamer_attempts_lost_recently",
        "streamer_circuit_open",
        "streamer_handshake_seconds",
        "streamer_queue_paused",
        "streamer_received_bytes_total",
        "streamer_requests_ended_recently",
        "streamer_sent_bytes_total",
        "streamer_web_processes",
    }


def test_no_panel_covers_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + column, place["y"] + row) for column in range(place["w"]) for row in range(place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
