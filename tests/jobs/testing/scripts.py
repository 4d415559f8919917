"""Scripts that a handler follows, run in memory and by the real runner, and what is seen of each run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from jobs.errors import AttemptLost, Cancelled, Stop, TimedOut
from jobs.execution.contexts import AttemptContext
from jobs.handler import Context, Handler, NoPayload, Retry
from jobs.models import Dataset
from jobs.testing import InProcessStack, MemoryContext, SavedArtifact, run_handler

Script = Callable[["Scene"], Any]
_VARYING = {"request_id", "timestamp", "retry_at", "correlation_id", "seconds", "artifact_id", "dataset_id", "url"}


class Scene:
    """The tools of a script: the context, ways to have the run stopped, and a memory of what it met."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.met: list[tuple[str, str]] = []

    def attempt(self, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call it, and remember the error that it raises, if it does."""
        try:
            return call(*args, **options)
        except Exception as error:
            self.met.append((type(error).__name__, str(error)))
            return None

    def order(self, stop: Stop) -> None:
        """Have the next call of the context raise ``stop``."""
        if isinstance(self.context, AttemptContext):
            self.context._reporter.stop_handler(stop)
        else:
            assert isinstance(self.context, MemoryContext)
            _ordered.append(stop)


_ordered: list[Stop] = []


class Scripted(Handler[NoPayload]):
    """Follow a script."""

    action = "zoo_scripted"
    estimated_seconds = 6.0
    timeout_seconds = 60.0
    retry = Retry(max_attempts=3, base_seconds=0.01, cap_seconds=0.05)
    script: ClassVar[Script]
    scenes: ClassVar[list[Scene]]

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        scene = Scene(context)
        self.scenes.append(scene)
        returned: Mapping[str, Any] = type(self).script(scene)
        return returned


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything that can be seen of one run, without what differs from run to run."""

    status: str
    result: Any
    error: Any
    messages: list[Any] | None
    """None for a lost attempt: how much of its progress was written in time is chance."""
    resume_state: Any
    """None after the end, when no attempt follows."""
    artifacts: list[tuple[str, str, bytes]] = field(default_factory=list)
    datasets: list[tuple[str, int, Any]] = field(default_factory=list)
    met: list[tuple[str, str]]


def handler_of(script: Script) -> type[Scripted]:
    members = {"script": staticmethod(script), "scenes": [], "payload_model": NoPayload}
    return type("Following", (Scripted,), members)


def in_memory(script: Script, **options: Any) -> Seen:
    """Run the script with ``run_handler``."""
    handler = handler_of(script)
    _ordered.clear()

    def ordered(kind: type[Stop]) -> Callable[[MemoryContext], bool]:
        return lambda context: any(isinstance(stop, kind) for stop in _ordered)

    stops = {"cancel_after": Cancelled, "time_out_after": TimedOut, "lose_after": AttemptLost}
    run = run_handler(handler, {}, **{name: ordered(kind) for name, kind in stops.items()}, **options)
    return Seen(
        status=run.status,
        result=steady(run.result),
        error=steady(run.error),
        messages=None if run.status == "processing" else steady(run.messages),
        resume_state=run.resume_state if run.status == "retrying" else None,
        artifacts=_files(run.artifacts),
        datasets=[(one.name, len(one.rows()), one.columns) for one in run.datasets],
        met=handler.scenes[-1].met,
    )


def in_stack(streamer: InProcessStack, script: Script) -> Seen:
    """Run the script with the real runner and its context: one attempt."""
    handler = handler_of(script)
    request = streamer.submit(handler)
    assert streamer.run_next() == request
    row = request.row
    lost = row.status == "processing"
    seen = Seen(
        status=row.status,
        result=steady(request.result),
        error=steady(row.error),
        messages=None if lost else steady(request.events()),
        resume_state=row.resume_state if row.status == "retrying" else None,
        artifacts=_files(request.artifacts()),
        datasets=[
            (one.name, one.rows, {column["name"]: column["type"] for column in one.columns})
            for one in Dataset.objects.filter(user_id="alice").order_by("created_at")
        ],
        met=handler.scenes[-1].met,
    )
    if not row.is_final:
        type(row).objects.filter(id=row.id).delete()  # the next script is to be the next request
    Dataset.objects.filter(user_id="alice").delete()
    return seen


def steady(value: Any) -> Any:
    """Leave out of ``value`` what differs between two runs of the same."""
    if isinstance(value, Mapping):
        kept = {name: steady(item) for name, item in value.items() if name not in _VARYING and name != "expires_at"}
        if value.get("code") == "INTERNAL_ERROR":
            kept["message"] = str(kept["message"]).split(" (reference")[0]
        return kept
    if isinstance(value, list | tuple):
        return [steady(item) for item in value]
    return value


def _files(artifacts: Any) -> list[tuple[str, str, bytes]]:
    files: list[SavedArtifact] = list(artifacts)
    return [(one.filename, one.media_type, one.content) for one in files]
