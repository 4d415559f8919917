"""``manage.py streamer_erase``: deletes all that is stored about one user or one tenant."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.management.choosing import seconds
from jobs.management.explaining import add_dry_run, add_json, explain
from jobs.requests.removal.erasure import Subject, cancel_live, count_stored, erase
from realtime.connections.erasure import count_connections, erase_connections, erase_memberships
from realtime.management.reaching import counted
from realtime.topics.erasure import count_messages, erase_messages

_LEFT = 1
_WRONG = 2
_WAIT_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Delete all that is stored about one user or one tenant, for good: requests with logs and files, datasets, "
        "connections, messages of topics, daily use. Their requests that run are cancelled first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--user", default="", help="id of the user (claim 'sub'); without --tenant, in every tenant"
        )
        parser.add_argument(
            "--tenant", default="", help="id of the tenant (claim 'tenant_id'); alone: all of the tenant"
        )
        parser.add_argument(
            "--keep-datasets", action="store_true", help="keep the datasets, which all users of the tenant may read"
        )
        parser.add_argument(
            "--wait",
            type=seconds,
            default=_WAIT_SECONDS,
            metavar="SECONDS",
            help=f"wait at most SECONDS for cancelled requests to end (default: {_WAIT_SECONDS:.0f})",
        )
        add_dry_run(parser, "how much there is")
        add_json(parser)
        explain(
            parser,
            examples={"streamer_erase --user bob --tenant acme --dry-run": "See how much is stored about a user."},
            exits={
                0: "done",
                1: "something is left; the command says what, and what to do",
                2: "wrong arguments",
            },
        )

    def handle(
        self,
        *,
        user: str,
        tenant: str,
        keep_datasets: bool,
        wait: float,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        if not (user or tenant):
            raise CommandError("Give --user, --tenant or both", returncode=_WRONG)
        subject, datasets = Subject(user_id=user, tenant_id=tenant), not keep_datasets
        before = _count(subject, datasets)
        if dry_run:
            self._say({"dry_run": True, "found": before}, f"Would erase {_in_words(before)}", as_json)
            return
        running = cancel_live(subject, wait)
        files = erase(subject, datasets=datasets)
        open_connections = _erase_realtime(subject)
        after = _count(subject, datasets)
        erased = {kind: max(0, count - after[kind]) for kind, count in before.items()}
        left = {"requests": running, "files": files, "connections": open_connections}
        self._say({"dry_run": False, "erased": erased, "left": left}, f"Erased {_in_words(erased)}", as_json)
        self._tell_left(left)
        if any(left.values()):
            raise SystemExit(_LEFT)

    def _tell_left(self, left: dict[str, int]) -> None:
        if running := left["requests"]:
            requests = counted(running, "request has", "requests have")
            self.stderr.write(f"{requests} not ended yet; run the command again")
        if left["files"]:
            files = counted(left["files"], "file", "files")
            self.stderr.write(f"{files} could not be deleted; the sweeper tries again")
        if left["connections"]:
            connections = counted(left["connections"], "connection is", "connections are")
            self.stderr.write(f"{connections} open; streamer_revoke ends them, then run this again")

    def _say(self, body: dict[str, Any], text: str, as_json: bool) -> None:
        self.stdout.write(json.dumps(body) if as_json else text)


def _count(subject: Subject, datasets: bool) -> dict[str, int]:
    counts = count_stored(subject, datasets=datasets)
    counts["connections"] = count_connections(subject.rows)
    if subject.is_tenant:
        counts["messages"] = count_messages(subject.tenant_id)
    return counts


def _erase_realtime(subject: Subject) -> int:
    if subject.is_tenant:
        erase_messages(subject.tenant_id)
    elif not subject.tenant_id:
        erase_memberships(subject.user_id)
    return erase_connections(subject.rows)


def _in_words(counts: dict[str, int]) -> str:
    return ", ".join(counted(count, kind.removesuffix("s"), kind) for kind, count in counts.items())
