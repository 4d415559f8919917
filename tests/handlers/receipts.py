"""A handler of the zoo that makes receipts, and does what a test asks for while it makes one."""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from jobs.handler import Context, Handler, Payload, Permanent


class ReceiptsPayload(Payload):
    end: Literal["fail", "crash", "wait", "deaf", "return"] = "fail"


class Receipts(Handler[ReceiptsPayload]):
    """End as it is told to, and tell afterwards what was done."""

    action = "zoo_receipts"
    estimated_seconds = 6.0
    receipts: ClassVar[list[Callable[[Context], object]]] = []
    """Orders for the next calls of ``receipt``, the last one first."""

    def run(self, payload: ReceiptsPayload, context: Context) -> Mapping[str, Any]:
        context.report(10, "Begun")
        with context.save_artifact("result.txt", "text/plain") as saved:
            saved.file.write(b"result")
        if payload.end == "fail":
            raise Permanent("It cannot be done")
        if payload.end == "crash":
            raise KeyError("a secret of the inside")
        while payload.end == "wait":
            context.check()
            time.sleep(0.01)
        while payload.end == "deaf":
            time.sleep(0.01)
        return {"steps": 10}

    def receipt(self, payload: ReceiptsPayload, context: Context) -> Mapping[str, Any] | None:
        context.report(0, "Not shown")
        with context.save_artifact("done.txt", "text/plain") as saved:
            saved.file.write(b"done")
        if self.receipts:
            self.receipts.pop()(context)
        return {"steps": 3, "file": saved.describe()}
