"""The context in memory and the real one agree: the same script comes to the same, whichever runs it."""

import io
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jobs.errors import AttemptLost, Cancelled, InvalidPayload, Permanent, Retryable, TimedOut
from jobs.testing import InProcessStack
from tests.jobs.testing.scripts import Scene, Script, in_memory, in_stack


def parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


def save(scene: Scene, filename: str, content: bytes = b"hello") -> Any:
    with scene.context.save_artifact(filename, "text/plain") as artifact:
        artifact.file.write(content)
    return {"artifact": artifact.describe(), "size": artifact.size_bytes, "sha256": artifact.sha256}


def save_rows(scene: Scene, name: str, content: bytes) -> Any:
    with scene.context.save_dataset(name) as dataset:
        dataset.file.write(content)
    return {name: value for name, value in dataset.describe().items() if name != "size_bytes"}


def raising(error: BaseException) -> Script:
    def script(scene: Scene) -> None:
        scene.context.report(40, "So far")
        scene.context.checkpoint({"rows": 4})
        save(scene, "early.txt")
        raise error

    return script


def stopped(make_stop: Callable[[], Any], call: Callable[[Scene], Any]) -> Script:
    def script(scene: Scene) -> None:
        scene.context.report(10, "Begun", stage="one")
        save(scene, "early.txt")
        scene.order(make_stop())
        call(scene)

    return script


def with_receipt(scene: Scene) -> None:
    scene.order(Cancelled(datetime.now(UTC)))
    try:
        scene.context.check()
    except Cancelled as stop:
        stop.receipt = {"rows": 5, "day": date(2024, 1, 31)}
        raise


def reports(scene: Scene) -> dict[str, Any]:
    for number, percentage in enumerate([-5, 10, 5, math.nan, "33.333", 50.004, math.inf, 20, 101]):
        scene.context.report(percentage, f"step {number}", stage=str(number))  # type: ignore[arg-type]
    return {}


def odd_values(scene: Scene) -> dict[str, Any]:
    context = scene.context
    for number, value in enumerate([math.nan, {1, 2}, date(2024, 1, 31), "a\x00b", b"bytes", {"a": ("b", None)}]):
        scene.attempt(context.report, number, f"value\x00 {number}", stage=number, value=value)
        scene.attempt(context.partial, {"value": value})
        scene.attempt(context.checkpoint, value)
    for value in (object(), {"object": object()}, "x" * 65_537):
        scene.attempt(context.report, 50, "no JSON", stage="object", value=value if len(str(value)) < 100 else object())
        scene.attempt(context.checkpoint, value)
    scene.attempt(context.partial, {"object": object()})
    scene.attempt(context.report, "many", "no number")
    scene.attempt(context.report, None, "no number")
    raise Retryable("So that the checkpoint is kept", details={"value": math.inf}, retry_after_seconds=1.23456)


def artifacts(scene: Scene) -> Any:
    context = scene.context
    saved = [save(scene, "first.txt"), save(scene, "../se cond?.txt", b""), save(scene, "long" * 100 + ".csv")]
    scene.attempt(save, scene, "..")
    scene.attempt(_break_off, scene)
    with context.save_artifact("seek.bin", "application/octet-stream") as file:
        file.file.write(b"0123456789")
        file.file.seek(2)
        assert file.file.read(3) == b"234"
        file.file.seek(0)
        file.file.write(b"X")
    return {"saved": saved}


def _break_off(scene: Scene) -> None:
    with scene.context.save_artifact("half.txt", "text/plain") as artifact:
        artifact.file.write(b"half")
        raise OSError("no space left")


def datasets(scene: Scene) -> Any:
    table = parquet([{"town": "Bern", "people": 134_000}, {"town": "Ulm", "people": None}])
    scene.attempt(scene.context.save_dataset, "No Name!")
    scene.attempt(scene.context.save_dataset, "sample")
    scene.attempt(save_rows, scene, "broken", b"no Parquet")
    scene.attempt(save_rows, scene, "empty", parquet([])[:0])
    scene.attempt(save_rows, scene, "nested", parquet([{"towns": [{"name": "Bern"}]}]))
    return {"dataset": scene.attempt(save_rows, scene, "towns", table)}


def twins(scene: Scene) -> Any:
    table = parquet([{"town": "Bern"}])
    save_rows(scene, "towns", table)
    save_rows(scene, "towns", table)
    return {}


def nothing_there(scene: Scene) -> Any:
    scene.attempt(scene.context.get_source, "nope")
    folder = scene.context.scratch_dir
    (folder / "spilled").write_bytes(b"rows")
    return {"files": [path.name for path in folder.iterdir()], "resume_state": scene.context.resume_state}


def swallows(scene: Scene) -> Any:
    scene.order(Cancelled(datetime.now(UTC)))
    for _ in range(3):
        try:
            scene.context.report(50, "never shown")
        except Cancelled:
            scene.met.append(("Cancelled", "swallowed"))
    return {"done": True}


SCRIPTS: dict[str, Script] = {
    "returns": lambda scene: {"rows": 5, "nan": math.nan, "day": date(2024, 1, 31), "text": "a\x00b"},
    "returns nothing": lambda scene: None,
    "returns no JSON": lambda scene: {"object": object()},
    "returns much": lambda scene: {"numbers": list(range(20_000))},
    "reports": reports,
    "odd values": odd_values,
    "artifacts": artifacts,
    "datasets": datasets,
    "two datasets of one name": twins,
    "nothing there": nothing_there,
    "permanent": raising(Permanent("The file has no rows", details={"rows": 0})),
    "retryable": raising(Retryable("Not now", retry_after_seconds=60)),
    "invalid": raising(InvalidPayload([{"path": "file", "message": "is not there", "type": "value_error"}])),
    "bug": raising(KeyError("a secret of the inside")),
    "exit": raising(SystemExit(3)),
    "odd details": raising(Permanent("Two\x00words", details={"object": object()})),
    "cancelled in report": stopped(lambda: Cancelled(datetime.now(UTC)), lambda scene: scene.context.report(90)),
    "cancelled in check": stopped(lambda: Cancelled(datetime.now(UTC)), lambda scene: scene.context.check()),
    "cancelled in partial": stopped(lambda: Cancelled(datetime.now(UTC)), lambda scene: scene.context.partial({})),
    "cancelled in checkpoint": stopped(
        lambda: Cancelled(datetime.now(UTC)), lambda scene: scene.context.checkpoint(object())
    ),
    "cancelled in artifact": stopped(lambda: Cancelled(datetime.now(UTC)), lambda scene: save(scene, "late.txt")),
    "cancelled in dataset": stopped(
        lambda: Cancelled(datetime.now(UTC)), lambda scene: scene.context.save_dataset("No Name!")
    ),
    "cancelled with a receipt": with_receipt,
    "cancelled and swallowed": swallows,
    "timed out": stopped(lambda: TimedOut(seconds=60.0), lambda scene: scene.context.check()),
    "lost": stopped(AttemptLost, lambda scene: scene.context.check()),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_both_see_the_same(streamer: InProcessStack, name: str) -> None:
    assert in_memory(SCRIPTS[name]) == in_stack(streamer, SCRIPTS[name])


percentages = st.one_of(st.floats(), st.integers(-10, 120))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(), st.text(max_size=8), st.dates()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
# A stage has two reports at most. Of more, the clock decides which are sent.
steps = st.one_of(
    st.tuples(st.just("stage"), st.lists(st.tuples(percentages, st.text(max_size=8), values), min_size=1, max_size=2)),
    st.tuples(st.just("partial"), st.dictionaries(st.text(max_size=5), values, max_size=3)),
    st.tuples(st.just("checkpoint"), values),
    st.tuples(st.just("artifact"), st.binary(max_size=20)),
    st.tuples(st.just("check"), st.none()),
)
endings = st.sampled_from(
    [
        None,
        Retryable("Again"),
        Permanent("Never"),
        ValueError("A bug"),
        Cancelled(datetime.now(UTC)),
        TimedOut(seconds=60.0),
        AttemptLost(),
    ]
)


@given(script=st.lists(steps, max_size=8), ending=endings)
@settings(
    max_examples=40,
    deadline=None,
    # Each try runs the whole stack, so the search for a shorter script would last for minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_both_see_the_same_of_any_script(streamer: InProcessStack, script: list[Any], ending: Any) -> None:
    def follow(scene: Scene) -> Any:
        context = scene.context
        for number, (kind, detail) in enumerate(script):
            if kind == "stage":
                for percentage, text, value in detail:
                    context.report(percentage, text, stage=number, value=value)
            elif kind == "artifact":
                save(scene, f"{number}.bin", detail)
            elif kind == "check":
                context.check()
            else:
                getattr(context, kind)(detail)
        if isinstance(ending, Exception):
            raise ending
        if ending is not None:
            scene.order(ending)
            context.check()
        return {"steps": len(script)}

    assert in_memory(follow) == in_stack(streamer, follow)
