"""Measures the parts of a request's path alone, in one process with the settings of a stack, and prints JSON.

For each part it has the calls a second, by several threads together, and the processor time of this process for each
call. The scenario ``capacity`` of the bench starts it, once Django is set up.
"""

import argparse
import json
import threading
import time
from collections.abc import Callable, Sequence

from channels.layers import get_channel_layer
from django.db import connections
from django.utils import timezone

from jobs.log.events import Draft, EventType, append
from jobs.models import AsyncRequest
from jobs.queue.claims import Claim, claim_next
from jobs.requests.reads import changed_after
from jobs.requests.submission import Submission, submit_many

_QUEUE = "default"
_GROUP_MESSAGE = {"type": "request.events", "events": "x" * 300}
_FOLLOWED = 1_000


def submit(count: int, tenant: str = "capacity") -> None:
    """Store requests in one commit. Nobody is woken for them."""
    one = Submission(tenant_id=tenant, user_id="user", action="delay", queue=_QUEUE, payload={}, estimated_seconds=6.0)
    submit_many([one] * count)


def claims(count: int) -> list[Claim]:
    """Claim requests of as many tenants, so that no fair share holds one back."""
    for number in range(count):
        submit(1, f"tenant-{number}")
    found = [claim_next([_QUEUE], worker=f"capacity-{number}") for number in range(count)]
    return [one for one in found if one is not None]


def rate(work: Sequence[Callable[[], object]], seconds: float) -> dict[str, float]:
    """Call each function again and again in a thread of its own. Return calls a second, and CPU in µs a call."""
    counts = [0] * len(work)
    ends_at = time.monotonic() + seconds

    def repeat(number: int) -> None:
        while time.monotonic() < ends_at:
            work[number]()
            counts[number] += 1
        connections.close_all()

    threads = [threading.Thread(target=repeat, args=(number,)) for number in range(len(work))]
    begun, cpu = time.monotonic(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, calls = time.monotonic() - begun, max(1, sum(counts))
    return {"calls/s": calls / took, "CPU us/call": (time.process_time() - cpu) * 1e6 / calls}


def measure(threads: int, seconds: float) -> dict[str, dict[str, float]]:
    """Measure every part."""
    layer = get_channel_layer()
    running = claims(threads)
    points = {
        "submit, one a commit": rate([lambda: submit(1)] * threads, seconds),
        "submit, 100 a commit": rate([lambda: submit(100)] * threads, seconds),
        "append": rate([_appending(claim) for claim in running], seconds),
        "publish": rate([lambda: layer.group_send_now("request.capacity", _GROUP_MESSAGE)] * threads, seconds),
    }
    moment = timezone.now()
    newest = AsyncRequest.objects.order_by("-created_at").values("pk")[:_FOLLOWED]
    AsyncRequest.objects.filter(pk__in=list(newest.values_list("pk", flat=True))).update(changed_at=timezone.now())
    points[f"check that finds {_FOLLOWED:,} changes"] = rate([lambda: changed_after(moment)], seconds)
    now = timezone.now()
    points["check that finds none"] = rate([lambda: changed_after(now)], seconds)
    return points


def _appending(claim: Claim) -> Callable[[], object]:
    data = {"percentage": 50, "message": "half", "metadata": {}, "attempt": claim.attempt}
    draft = Draft(type=EventType.PROGRESS, data=data)
    return lambda: append(claim.request_id, [draft], where=claim.fence, changes={"percentage": 50})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each part")
    given = parser.parse_args()
    print(json.dumps(measure(given.threads, given.seconds)))
