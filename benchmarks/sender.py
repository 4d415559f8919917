"""Sends messages to the connections of a stack, as a process of the service would, at each order on standard input.

An order is one line of JSON: the user, or null for the whole tenant, and how many messages are sent at once. Each
message holds the time at which it was sent. The answer is one line: the seconds that the calls took.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django

_AT_ONCE = 8


def main() -> None:
    django.setup()
    from realtime.sending import Report, send_to_tenant, send_to_user  # noqa: PLC0415  # they need Django

    def send(user: str | None) -> Report:
        message = {"sent_at": time.time()}
        return send_to_user("default", user, message) if user else send_to_tenant("default", message)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        print("ready", flush=True)
        for line in sys.stdin:
            order = json.loads(line)
            begun = time.perf_counter()
            reports = list(pool.map(send, [order["user"]] * order["count"]))
            refused = sum(report.unavailable for report in reports)
            print(json.dumps({"seconds": time.perf_counter() - begun, "refused": refused}), flush=True)


if __name__ == "__main__":
    main()
