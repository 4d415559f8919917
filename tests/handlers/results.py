"""More of the zoo: results of every kind, files, interim results, and results that are given again."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.handler import Context, Handler, NoPayload, Payload, Permanent


class BigResult(Handler[NoPayload]):
    """Return more than fits into a message."""

    action = "zoo_big_result"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return {"numbers": list(range(30_000))}


class OddResult(Handler[NoPayload]):
    """Return what JSON, or a database, has no word for."""

    action = "zoo_odd_result"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return {"nan": float("nan"), "nul": "a\x00b", "infinity": float("inf")}


class NoJson(Handler[NoPayload]):
    """Return something that is no JSON at all."""

    action = "zoo_no_json"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return {"object": object()}


class FilePayload(Payload):
    fail: bool = False
    text: str = "hello"


class SavesFile(Handler[FilePayload]):
    """Make a file, and fail after that if it is told to."""

    action = "zoo_file"
    estimated_seconds = 6.0

    def run(self, payload: FilePayload, context: Context) -> Mapping[str, Any]:
        with context.save_artifact("hello.txt", "text/plain") as artifact:
            artifact.file.write(payload.text.encode())
        if payload.fail:
            raise Permanent("After the file")
        return artifact.describe()


class InlineFile(SavesFile):
    """Make a file while somebody waits."""

    action = "zoo_inline_file"
    estimated_seconds = 0.1
    payload_model = FilePayload


class Locked(Handler[NoPayload]):
    """Ask for a permission that few have."""

    action = "zoo_locked"
    estimated_seconds = 0.1
    permission = "zoo.enter"

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return {"inside": True}


class Partial(Handler[NoPayload]):
    """Send interim results between the progress."""

    action = "zoo_partial"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        for number in range(1, 4):
            context.report(10 * number, f"before {number}")
            context.report(10 * number + 1, f"just before {number}")
            context.partial({"number": number})
        return {"partials": 3}


class PartialsPayload(Payload):
    count: int
    size_bytes: int = 0


class Partials(Handler[PartialsPayload]):
    """Send as many interim results as it is told to, as fast as it can."""

    action = "zoo_partials"
    estimated_seconds = 6.0

    def run(self, payload: PartialsPayload, context: Context) -> Mapping[str, Any]:
        for number in range(1, payload.count + 1):
            context.partial({"number": number, **({"text": "x" * payload.size_bytes} if payload.size_bytes else {})})
        return {"partials": payload.count}


class TextPayload(Payload):
    texts: list[str]


class OddTexts(Handler[TextPayload]):
    """Report texts as they come out of file names: with bytes that are no characters, or with NUL."""

    action = "zoo_odd_texts"
    estimated_seconds = 6.0

    def run(self, payload: TextPayload, context: Context) -> Mapping[str, Any]:
        for number, text in enumerate(payload.texts):
            context.report(number, text.encode().decode("unicode_escape"), stage=str(number))
        return {"texts": len(payload.texts)}


class FileThenWait(Handler[NoPayload]):
    """Make a file, then work on until it is told to stop."""

    action = "zoo_file_then_wait"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        with context.save_artifact("early.txt", "text/plain") as artifact:
            artifact.file.write(b"too early")
        (context.scratch_dir / "spilled").write_bytes(b"rows")
        context.report(50, "The file is there", folder=str(context.scratch_dir))
        while True:
            context.check()
            time.sleep(0.02)


class FileThenDeaf(Handler[NoPayload]):
    """Make a file, then never ask whether to stop."""

    action = "zoo_file_then_deaf"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        with context.save_artifact("early.txt", "text/plain") as artifact:
            artifact.file.write(b"too early")
        context.report(50, "Not listening from now on")
        while True:
            time.sleep(0.05)


class KeptPayload(Payload):
    text: str = "hello"
    data: str = ""
    """The path of a file that the result depends on."""


class Kept(Handler[KeptPayload]):
    """Make a file that may be given again as long as another one has not changed."""

    action = "zoo_kept"
    estimated_seconds = 6.0
    cache_seconds = 600.0

    def cache_key(self, payload: KeptPayload, tenant_id: str) -> str | None:
        if payload.text == "never the same":
            return None
        return Path(payload.data).read_text() if payload.data else ""

    def run(self, payload: KeptPayload, context: Context) -> Mapping[str, Any]:
        context.report(50, "Writing")
        with context.save_artifact("kept.txt", "text/plain") as artifact:
            artifact.file.write(payload.text.encode())
        return {**artifact.describe(), "text": payload.text}


class JsonPayload(Payload):
    value: Any


class KeptJson(Handler[JsonPayload]):
    """Give back what it was given, and be known by it."""

    action = "zoo_kept_json"
    estimated_seconds = 6.0
    cache_seconds = 600.0

    def run(self, payload: JsonPayload, context: Context) -> Mapping[str, Any]:
        return {"value": payload.value}


class TicksPayload(Payload):
    path: str
    seconds: float = 0.02


class Ticks(Handler[TicksPayload]):
    """Send interim results, with a pause between them, until there is such a file."""

    action = "zoo_ticks"
    estimated_seconds = 6.0

    def run(self, payload: TicksPayload, context: Context) -> Mapping[str, Any]:
        number = 0
        while not Path(payload.path).exists():
            number += 1
            context.partial({"number": number})
            time.sleep(payload.seconds)
        return {"ticks": number}
