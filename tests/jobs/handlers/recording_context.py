"""A ``Context`` for tests of handlers: real folders, artifacts on disk, and a record of all that was reported."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from jobs.contract.source import Source
from jobs.data.sources import find_source
from jobs.execution.checkpoints import storable
from jobs.handler import Permanent


@dataclass(frozen=True, kw_only=True)
class Report:
    """One call of ``report``."""

    percentage: float
    message: str
    metadata: Mapping[str, Any]


class SavedFile:
    """An artifact in a folder of the test."""

    file: BinaryIO

    def __init__(self, path: Path, media_type: str) -> None:
        self.id = uuid4()
        self.path = path
        self.media_type = media_type
        self.url = f"https://files.test/{self.id}"
        self.expires_at = datetime.now(UTC) + timedelta(days=7)
        self.size_bytes = 0
        self.sha256 = ""

    def seal(self) -> None:
        content = self.path.read_bytes()
        self.size_bytes, self.sha256 = len(content), hashlib.sha256(content).hexdigest()

    def describe(self) -> dict[str, Any]:
        return {
            "artifact_id": str(self.id),
            "url": self.url,
            "filename": self.path.name,
            "media_type": self.media_type,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "expires_at": self.expires_at.isoformat(),
        }


@dataclass(kw_only=True)
class RecordingContext:
    """Give ``on_check`` to raise ``Cancelled`` and the like; it is called by ``report`` and ``check`` alike."""

    scratch_dir: Path
    artifact_dir: Path
    request_id: UUID = field(default_factory=uuid4)
    tenant_id: str = "acme"
    user_id: str = "alice"
    attempt: int = 1
    resume_state: Any = None
    on_check: Callable[[], None] = lambda: None
    reports: list[Report] = field(default_factory=list)
    partials: list[Mapping[str, Any]] = field(default_factory=list)
    checkpoints: list[Any] = field(default_factory=list)
    artifacts: list[SavedFile] = field(default_factory=list)

    def report(self, percentage: float, message: str = "", **metadata: Any) -> None:
        self.on_check()
        self.reports.append(Report(percentage=percentage, message=message, metadata=metadata))

    def check(self) -> None:
        self.on_check()

    def partial(self, data: Mapping[str, Any]) -> None:
        self.on_check()
        self.partials.append(data)

    def checkpoint(self, state: Any) -> None:
        self.on_check()
        self.checkpoints.append(storable(state))

    @contextmanager
    def save_artifact(self, filename: str, media_type: str) -> Iterator[SavedFile]:
        saved = SavedFile(self.artifact_dir / filename, media_type)
        with saved.path.open("w+b") as file:
            saved.file = file
            yield saved
        saved.seal()
        self.artifacts.append(saved)

    def save_dataset(self, name: str, *, expires_in_days: float | None = None) -> AbstractContextManager[Any]:
        raise Permanent("this context keeps no datasets")

    def get_source(self, name: str) -> Source:
        source = find_source(name)
        if source is None:
            raise Permanent(f"no source is called '{name}'")
        return source

    def stages(self) -> list[str]:
        """The stages in the order they were first reported."""
        return list(dict.fromkeys(report.metadata["stage"] for report in self.reports if "stage" in report.metadata))

    def jumps(self) -> list[float]:
        """How far each report is above the one before, from 0 on."""
        steps = [0.0, *(report.percentage for report in self.reports)]
        return [after - before for before, after in zip(steps, steps[1:], strict=False)]


def new_context(folder: Path, kind: type[RecordingContext] = RecordingContext, **changes: Any) -> RecordingContext:
    """A context whose scratch and artifact folders are made inside ``folder``."""
    scratch, artifacts = folder / "scratch", folder / "artifacts"
    scratch.mkdir()
    artifacts.mkdir()
    return kind(scratch_dir=scratch, artifact_dir=artifacts, **changes)
