"""More of the zoo, for tests that find, kill or freeze the process that runs a request. Only for real workers."""

import os
import re
import signal
import time
from collections.abc import Mapping
from typing import Any

from jobs.handler import Context, Handler, NoPayload, Payload, Permanent


class SlowPayload(Payload):
    seconds: float = 1.0
    steps: int = 10
    path: str | None = None
    """If a file is named, the work does not end before there is one."""

    def await_end(self, context: Context) -> None:
        while self.path is not None and not os.path.exists(self.path):
            context.check()
            time.sleep(0.05)


class Slow(Handler[SlowPayload]):
    """Take its time, and say in which process it is."""

    action = "zoo_slow"
    estimated_seconds = 6.0

    def run(self, payload: SlowPayload, context: Context) -> Mapping[str, Any]:
        for number in range(1, payload.steps + 1):
            context.report(100 * number / payload.steps, f"Step {number} of {payload.steps}", pid=os.getpid())
            time.sleep(payload.seconds / payload.steps)
        payload.await_end(context)
        return {"pid": os.getpid(), "attempt": context.attempt}


class UntilPayload(Payload):
    path: str


class Until(Handler[UntilPayload]):
    """Say again and again in which process it is, until there is such a file: so the test says when it ends."""

    action = "zoo_until"
    estimated_seconds = 6.0

    def run(self, payload: UntilPayload, context: Context) -> Mapping[str, Any]:
        context.report(1, "Waiting for the file", pid=os.getpid())
        while not os.path.exists(payload.path):
            context.report(1, "Waiting for the file", pid=os.getpid())
            time.sleep(0.05)
        return {"pid": os.getpid(), "attempt": context.attempt}


class Length(Handler[UntilPayload]):
    """Say how long a file is, whenever that has changed, up to 100 bytes: so the test says when there is news."""

    action = "zoo_length"
    estimated_seconds = 6.0

    def run(self, payload: UntilPayload, context: Context) -> Mapping[str, Any]:
        length = -1
        while length < 100:
            context.check()
            found = os.path.getsize(payload.path) if os.path.exists(payload.path) else 0
            if found > length:
                context.report(found, f"{found} bytes", stage=str(found))
                length = found
            time.sleep(0.02)
        return {"length": length}


class Resumes(Handler[SlowPayload]):
    """Take its time in steps, and go on with the one that the last attempt had not done."""

    action = "zoo_resumes"
    estimated_seconds = 6.0

    def run(self, payload: SlowPayload, context: Context) -> Mapping[str, Any]:
        begun_at = context.resume_state or 0
        for number in range(begun_at, payload.steps):
            context.report(100 * number / payload.steps, f"Step {number}", pid=os.getpid(), done=number)
            time.sleep(payload.seconds / payload.steps)
            context.checkpoint(number + 1)
        payload.await_end(context)
        return {"begun_at": begun_at}


class ReceiptUntil(Handler[UntilPayload]):
    """Fail, and make a receipt that takes until there is such a file; who makes it is written beside that file."""

    action = "zoo_receipt_until"
    estimated_seconds = 6.0

    def run(self, payload: UntilPayload, context: Context) -> Mapping[str, Any]:
        raise Permanent("It cannot be done")

    def receipt(self, payload: UntilPayload, context: Context) -> Mapping[str, Any]:
        with open(f"{payload.path}.pids", "a") as file:
            file.write(f"{os.getpid()}\n")
        with context.save_artifact("done.txt", "text/plain") as saved:
            saved.file.write(b"done")
        while not os.path.exists(payload.path):
            context.check()
            time.sleep(0.05)
        return {"pid": os.getpid()}


class Poison(Handler[NoPayload]):
    """Take the process down with it, every time."""

    action = "zoo_poison"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        context.report(10, "Drinking it")
        os.kill(os.getpid(), signal.SIGKILL)
        return {}


class Gil(Handler[NoPayload]):
    """Let no other thread of its process run, for far longer than any lease."""

    action = "zoo_gil"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        # Tries every way to split the letters between the two loops: 2 to the power of 64 of them, all in C.
        return {"matched": re.fullmatch(r"(a+)+", "a" * 64 + "b") is not None}


class LedgerPayload(Payload):
    path: str
    number: int
    seconds: float = 0.0
    poison: bool = False


class Ledger(Handler[LedgerPayload]):
    """Add a line to a file: its process and its number. Then take its time, or take the process down."""

    action = "zoo_ledger"
    estimated_seconds = 0.01

    def run(self, payload: LedgerPayload, context: Context) -> Mapping[str, Any]:
        with open(payload.path, "a") as file:
            file.write(f"{os.getpid()} {payload.number}\n")
        if payload.poison:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(payload.seconds)
        return {"pid": os.getpid()}
