"""``python -m tests.alone.visit ID WAITING_ID``: visit the admin's pages and print what they answer, as JSON."""

import json
import sys

import django
import django_rq
from django.conf import settings

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402

from jobs.models import AsyncRequest, Dataset  # noqa: E402
from tests.alone.settings import FOREIGN  # noqa: E402

request_id, waiting_id = sys.argv[1:]
client = Client()
client.force_login(get_user_model().objects.create_superuser("operator", password="x"))
dataset = Dataset.objects.create(
    tenant_id="acme", user_id="alice", name="sales", rows=1, uploaded_bytes=1, size_bytes=1
)
PATHS = {
    "first page": "/admin/",
    "requests": "/admin/jobs/asyncrequest/?status=completed",
    "request": f"/admin/jobs/asyncrequest/{request_id}/change/",
    "live part": f"/admin/jobs/asyncrequest/{request_id}/live/",
    "files": "/admin/jobs/artifact/",
    "datasets": "/admin/jobs/dataset/",
    "dataset": f"/admin/jobs/dataset/{dataset.id}/change/",
    "pauses": "/admin/jobs/pausedaction/",
    "pause": "/admin/jobs/pausedaction/add/",
    "queues of RQ": "/admin/django_rq/dashboard/",
}
pages = {name: client.get(path) for name, path in PATHS.items()}
pages["cancelled"] = client.post(f"/admin/jobs/asyncrequest/{waiting_id}/cancel/", follow=True)
answers = {name: {"status": page.status_code, "text": page.content.decode()} for name, page in pages.items()}
dataset.delete()  # it has no file, which the doctor would find
default = django_rq.get_queue("default")
queues = {
    "mail": django_rq.get_queue("mail").count,
    "default": default.count,
    "failed": [
        default.fetch_job(job_id).latest_result().exc_string for job_id in default.failed_job_registry.get_job_ids()
    ],
}
statuses = dict(AsyncRequest.objects.values_list("id", "status"))
print(
    json.dumps(
        {
            "pages": answers,
            "statuses": {str(key): status for key, status in statuses.items()},
            "queues": queues,
            "noted": sorted(path.stem for path in settings.BASE_DIR.glob("*.txt")),
            "imported": sorted(FOREIGN & {name.partition(".")[0] for name in sys.modules}),
        }
    )
)
