"""``python -m tests.alone.submit``: submit three requests as a shell would; print their ids as a JSON list."""

import json

import django

django.setup()

from jobs.models import AsyncRequest  # noqa: E402
from jobs.queue.wakeups import ring  # noqa: E402
from jobs.requests.submission import Accepted, Submission, submit_many  # noqa: E402

# The second result is too large for a row, so it becomes a file. Nobody serves the queue of the third.
ASKED = [("echo_async", "default", {"message": "hello"}), ("echo_async", "default", {"message": "x" * 70_000})]
ASKED += [("process_data", "ml", {})]

owner = {"tenant_id": "acme", "user_id": "alice", "estimated_seconds": 6.0}
submissions = [Submission(action=action, queue=queue, payload=payload, **owner) for action, queue, payload in ASKED]
outcomes = submit_many(submissions)
assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes
ring(submission.queue for submission in submissions)
# As if it had come over a connection, of which this project knows nothing.
AsyncRequest.objects.update(connection_id="00000000-0000-4000-8000-000000000007")
print(json.dumps([str(outcome.request_id) for outcome in outcomes]))
