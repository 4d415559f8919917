"""Named bad handlers, and one that is good: each does the one thing its name says."""

import time
from collections.abc import Mapping
from datetime import date
from typing import Any

from jobs.handler import Context, Handler, NoPayload, Payload, Permanent, Retry, Retryable


class CountPayload(Payload):
    updates: int = 100
    stages: int = 1


class Count(Handler[CountPayload]):
    """Report as often as it is told to, as fast as it can."""

    action = "zoo_count"
    estimated_seconds = 6.0

    def run(self, payload: CountPayload, context: Context) -> Mapping[str, Any]:
        for number in range(1, payload.updates + 1):
            stage = number * payload.stages // (payload.updates + 1)
            context.report(100 * number / payload.updates, f"{number} of {payload.updates}", stage=f"stage {stage}")
        return {"updates": payload.updates}


class SayPayload(Payload):
    message: Any = None


class Say(Handler[SayPayload]):
    """Give back the one field that it knows."""

    action = "zoo_say"
    estimated_seconds = 0.01

    def run(self, payload: SayPayload, context: Context) -> Mapping[str, Any]:
        return {"message": payload.message}


class AlwaysPermanent(Handler[NoPayload]):
    """Say that it cannot be done."""

    action = "zoo_permanent"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        context.report(30, "Looking for the file")
        raise Permanent("The file has no rows", details={"rows": 0})


class AlwaysRetryable(Handler[NoPayload]):
    """Say, every time, that it may work later."""

    action = "zoo_retryable"
    estimated_seconds = 6.0
    retry = Retry(max_attempts=3, base_seconds=0.01, cap_seconds=0.05)

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        raise Retryable(f"Not today (attempt {context.attempt})")


class SecondTime(Handler[NoPayload]):
    """Fail once, then work."""

    action = "zoo_second_time"
    estimated_seconds = 6.0
    retry = Retry(max_attempts=3, base_seconds=0.01, cap_seconds=0.05)

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        context.report(10, "Trying")
        if context.attempt == 1:
            raise Retryable("Not the first time")
        return {"attempt": context.attempt}


class GoesOn(Handler[NoPayload]):
    """Do one step an attempt, and say what each attempt began with."""

    action = "zoo_goes_on"
    estimated_seconds = 6.0
    retry = Retry(max_attempts=3, base_seconds=0.01, cap_seconds=0.05)

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        begun_with = [*(context.resume_state or {"begun_with": []})["begun_with"], context.resume_state is not None]
        context.checkpoint({"begun_with": "overwritten at once"})
        context.checkpoint({"begun_with": begun_with})
        if len(begun_with) < 3:
            raise Retryable("One step is done")
        return {"begun_with": begun_with}


class Scarce(Handler[NoPayload]):
    """Use something of which there is only one or two."""

    action = "zoo_scarce"
    estimated_seconds = 6.0
    max_running = 2

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return {}


class Crash(Handler[NoPayload]):
    """Have a bug."""

    action = "zoo_crash"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        raise KeyError("a secret of the inside")


class InlineCrash(Crash):
    """Have a bug while somebody waits."""

    action = "zoo_inline_crash"
    estimated_seconds = 0.1
    payload_model = NoPayload


class Swallow(Handler[NoPayload]):
    """Catch every Exception there is, and go on."""

    action = "zoo_swallow"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        while True:
            try:
                context.report(5, "Still here")
                time.sleep(0.02)
            except Exception:
                continue


class Deaf(Handler[NoPayload]):
    """Never ask whether to stop."""

    action = "zoo_deaf"
    estimated_seconds = 6.0
    timeout_seconds = 60.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        context.report(1, "Not listening from now on")
        while True:
            time.sleep(0.05)


class Late(Handler[NoPayload]):
    """Take longer than it may, but listen."""

    action = "zoo_late"
    estimated_seconds = 6.0
    timeout_seconds = 0.5

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        while True:
            context.report(50, "Working")
            time.sleep(0.02)


class Silent(Late):
    """Work on for ever without a word."""

    action = "zoo_silent"
    payload_model = NoPayload
    timeout_seconds = 60.0
    silence_seconds = 0.3

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        context.report(50, "The last word")
        while True:
            time.sleep(0.02)


class TooOften(Handler[NoPayload]):
    """Fail again and again, with less and less time left."""

    action = "zoo_too_often"
    estimated_seconds = 6.0
    total_seconds = 600.0
    retry = Retry(max_attempts=100, base_seconds=0.01, cap_seconds=0.05)

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        raise Retryable("Not yet")


class TooLong(Late):
    """Listen, but take longer than all attempts may together."""

    action = "zoo_too_long"
    payload_model = NoPayload
    timeout_seconds = 60.0
    total_seconds = 0.3


class SlowInline(Handler[NoPayload]):
    """Say that it is quick, and be slow."""

    action = "zoo_slow_inline"
    estimated_seconds = 0.1

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        while True:
            context.check()
            time.sleep(0.02)


class Exit(Handler[NoPayload]):
    """End the interpreter, as a script would."""

    action = "zoo_exit"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        raise SystemExit("a secret of the inside")


class Library(Handler[NoPayload]):
    """Meet an error of a library that is known to pass."""

    action = "zoo_library"
    estimated_seconds = 6.0
    retry = Retry(max_attempts=2, base_seconds=0.01, cap_seconds=0.05)
    retry_on = (ConnectionError,)

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        raise ConnectionResetError("a secret of the inside")


class ComeBackLater(Handler[NoPayload]):
    """Know when it will work again."""

    action = "zoo_come_back_later"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        raise Retryable("The other side wants a pause", retry_after_seconds=120)


class OddError(Handler[NoPayload]):
    """Fail with details that JSON, or a database, has no word for."""

    action = "zoo_odd_error"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        raise Permanent("Two\x00words", details={"day": date(2026, 1, 31)})


class Internal(Handler[NoPayload]):
    """Be there for other handlers and for code, but not for clients."""

    action = "zoo_internal"
    internal = True

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return {}


class Submits(Handler[NoPayload]):
    """Submit another request when it is done."""

    action = "zoo_submits"
    estimated_seconds = 6.0

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        handle = Count.submit({"updates": 1}, user_id=context.user_id, tenant_id=context.tenant_id)
        return {"next": str(handle.id)}
