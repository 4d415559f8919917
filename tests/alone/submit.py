"""``python -m tests.alone.submit``: submit three requests as a shell would, and enqueue jobs that are not Streamer's.

Prints the ids of the requests as a JSON list.
"""

import json

import django
import django_rq
from django.conf import settings

django.setup()

from jobs.models import AsyncRequest  # noqa: E402
from jobs.queue.wakeups import ring  # noqa: E402
from jobs.requests.submission import Accepted, Submission, submit_many  # noqa: E402
from tests.alone.foreign import note  # noqa: E402

# The second result is too large for a row, so it becomes a file. Nobody serves the queue of the third.
ASKED = [("echo_async", "default", {"message": "hello"}), ("echo_async", "default", {"message": "x" * 70_000})]
ASKED += [("process_data", "ml", {})]

owner = {"tenant_id": "acme", "user_id": "alice", "estimated_seconds": 6.0}
submissions = [Submission(action=action, queue=queue, payload=payload, **owner) for action, queue, payload in ASKED]
outcomes = submit_many(submissions)
assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes
ring(submission.queue for submission in submissions)
folder = str(settings.BASE_DIR)
django_rq.get_queue("mail").enqueue(note, folder, "mail")
django_rq.get_queue("default", serializer="rq.serializers.JSONSerializer").enqueue(note, folder, "own")
django_rq.get_queue("default").enqueue(note, folder, "pickled")
# As if it had come over a connection, of which this project knows nothing.
AsyncRequest.objects.update(connection_id="00000000-0000-4000-8000-000000000007")
print(json.dumps([str(outcome.request_id) for outcome in outcomes]))
