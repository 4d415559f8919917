"""``manage.py streamer_erase``: deletes all that is stored about one user or one tenant."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.requests.removal.erasure import Subject, cancel_live, count_stored, erase
from realtime.connections.erasure import count_connections, erase_connections, erase_memberships
from realtime.topics.erasure import count_messages, erase_messages

_LEFT = 1
_WRONG = 2
_WAIT_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Delete all that is stored about one user or one tenant: requests with logs and files, datasets, connections, "
        "messages of topics, daily use. Exit status: 0 done, 1 something is left, 2 the command line is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", default="", help="the claim 'sub', in every tenant unless --tenant is given")
        parser.add_argument("--tenant", default="")
        parser.add_argument("--keep-datasets", action="store_true", help="datasets stay, for the rest of the tenant")
        parser.add_argument(
            "--wait", type=float, default=_WAIT_SECONDS, metavar="SECONDS", help="for running requests (default 60)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how much there is")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")

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
            raise CommandError("Name --user, --tenant or both", returncode=_WRONG)
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
        if left["requests"]:
            self.stderr.write(f"{left['requests']:,} requests have not ended yet; run the command again")
        if left["files"]:
            self.stderr.write(f"{left['files']:,} files could not be deleted; the sweeper tries again")
        if left["connections"]:
            self.stderr.write(
                f"{left['connections']:,} connections are open; streamer_revoke ends them, then run this again"
            )

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
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
