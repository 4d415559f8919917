"""``python -m tests.people.visit``: set the site up, sign in, visit the pages of memberships; print it all as JSON."""

import io
import json
from typing import Any

import django
from django.conf import settings

django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from realtime.auth import verify  # noqa: E402
from realtime.models import Membership  # noqa: E402
from streamer_site.local.accounts import admin_name, ensure_admin  # noqa: E402

ADD, LIST = "/admin/realtime/membership/add/", "/admin/realtime/membership/"


def say(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def post(path: str, body: dict[str, str]) -> Any:
    return Client().post(path, body, content_type="application/json")


def claims(access: str) -> dict[str, Any]:
    identity = verify(access)
    return {"user": identity.user_id, "tenant": identity.tenant_id, "permissions": sorted(identity.permissions)}


faults = say("check", "--fail-level", "ERROR")
say("migrate", "--verbosity", "0")
missing = say("makemigrations", "--check", "--dry-run")

password = ensure_admin(settings.DATA_DIR)
model = get_user_model()
alice = model.objects.create_user("alice@example.org", "secret")
alone = post("/api/token/", {"username": "alice@example.org", "password": "secret"}).json()

client = Client()
signed_in = client.post("/admin/login/?next=/admin/", {"username": admin_name(), "password": password}, follow=True)
pages = {"first": signed_in, "users": client.get("/admin/people/person/"), "add": client.get(ADD)}
pages["added"] = client.post(ADD, {"user": alice.pk, "tenant_id": "acme", "permissions": "a.b"}, follow=True)
pages["list"] = client.get(LIST, {"q": "alice@"})
pages["change"] = client.get(f"{LIST}{Membership.objects.get(user=alice).pk}/change/")
admin.site.unregister(model)
pages["add without a page of users"] = client.get(ADD)
member = post("/api/token/", {"username": "alice@example.org", "password": "secret"}).json()
renewed = post("/api/token/refresh/", {"refresh": alone["refresh"]}).json()
actions = Client().get("/api/actions/", headers={"Authorization": f"Bearer {member['access']}"})
print(
    json.dumps(
        {
            "faults": faults,
            "missing": missing,
            "admin": admin_name(),
            "pages": {name: page.content.decode() for name, page in pages.items()},
            "statuses": {name: page.status_code for name, page in pages.items()},
            "alone": claims(alone["access"]),
            "member": claims(member["access"]),
            "renewed": claims(renewed["access"]),
            "wrong": post("/api/token/", {"username": "alice@example.org", "password": "wrong"}).status_code,
            "actions": actions.status_code,
        }
    )
)
