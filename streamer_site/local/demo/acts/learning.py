"""The fifth act: a table of the user's own is uploaded, a model is learned from it, and the model predicts."""

import asyncio
import importlib.util
import time
from pathlib import Path
from typing import Any

from jobs.formatting import format_bytes, format_duration
from streamer_site.local.client import Followed
from streamer_site.local.demo.stage import ActFailed, Scene, Stage
from streamer_site.local.demo.upload import upload

_COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
_TARGET = "species"
_UNSEEN = (0, 50, 100)
"""The rows that are kept out of the upload: one of each species, to be predicted."""


async def play(stage: Stage) -> None:
    """Learn the species of irises, and predict three that were not in the table."""
    story = "Measures of 147 irises. Three more are kept back, for the model to tell their species."
    with stage.act("A table is uploaded, a model is learned", story) as scene:
        rows = _irises()
        await _upload(stage, [row for number, row in enumerate(rows) if number not in _UNSEEN])
        model = await _learn(stage, scene)
        await _predict(stage, scene, model, [rows[number] for number in _UNSEEN])


async def _upload(stage: Stage, rows: list[list[str]]) -> None:
    file = stage.folder / "irises.csv"
    file.write_text("".join(f"{','.join(row)}\n" for row in [[*_COLUMNS, _TARGET], *rows]))
    started_at = time.monotonic()
    made = await asyncio.to_thread(upload, stage.stack.http_url, stage.token, file)
    seconds = time.monotonic() - started_at
    text = f"Uploaded {file.name}: {made['rows']} rows, {len(made['columns'])} columns"
    stage.display.tick(text, f"{format_bytes(file.stat().st_size)} in {format_duration(seconds)}")


async def _learn(stage: Stage, scene: Scene) -> Followed:
    payload = {
        "pipeline": "classification",
        "data_source": {"type": "dataset", "dataset_id": "irises"},
        "options": {"target": _TARGET, "seed": 1},
    }
    [learned] = await stage.ask(scene, [("Learn the species", "process_data", payload)])
    if learned.status != "completed":
        raise ActFailed("; ".join(learned.faults()))
    summary = learned.result["summary"]
    accuracy, baseline = (summary[name]["accuracy"] for name in ("metrics", "baseline"))
    stage.display.tick(
        f"The model is right about {100 * accuracy:.0f} % of the irises it was not shown",
        f"{100 * baseline:.0f} % without learning",
    )
    return learned


async def _predict(stage: Stage, scene: Scene, learned: Followed, rows: list[list[str]]) -> None:
    payload = {
        "model": learned.result["artifacts"]["model"]["artifact_id"],
        "data_source": {"type": "inline", "rows": [dict(zip(_COLUMNS, map(float, row), strict=False)) for row in rows]},
        "output": {"format": "csv"},
    }
    [predicted] = await stage.ask(scene, [("Predict three more", "predict", payload)])
    if predicted.status != "completed":
        raise ActFailed("; ".join(predicted.faults()))
    told = [one["prediction"] for one in _preview(predicted)]
    right = sum(one == row[-1] for one, row in zip(told, rows, strict=True))
    stage.display.tick(f"It says {', '.join(told)}", f"{right} of {len(rows)} are right")


def _preview(predicted: Followed) -> list[dict[str, Any]]:
    return list(predicted.result["preview"])


def _irises() -> list[list[str]]:
    """Read Fisher's irises, which come with scikit-learn. Importing that would take seconds."""
    spec = importlib.util.find_spec("sklearn")
    assert spec and spec.origin
    heading, *lines = (Path(spec.origin).parent / "datasets/data/iris.csv").read_text().split()
    species = heading.split(",")[2:]
    rows = [line.split(",") for line in lines]
    return [[*row[:-1], species[int(row[-1])]] for row in rows]
