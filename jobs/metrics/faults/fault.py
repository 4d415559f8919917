"""One fault: its name, its words, and where it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.metrics.faults.limits import SEVERITIES, Name, Severity


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that is wrong now."""

    name: Name
    """The name of the alert and of its entry in the runbook."""
    subject: str
    """The name of the part, queue, action, tenant, worker, folder, breaker or limit that it is about."""
    text: str
    """One sentence for people."""
    advice: str
    """The way to mend it, with the command, in one sentence."""
    since: datetime | None = None
    """None: nobody knows, so it is said when it was first noticed."""
    requests: Mapping[str, str] = field(default_factory=dict)
    """The filters of the admin's list that show the requests that it is about. Empty: there are none."""
    request_id: UUID | None = None
    """The only request that it is about."""

    @property
    def severity(self) -> Severity:
        return SEVERITIES[self.name]

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.subject

    def as_json(self) -> dict[str, Any]:
        """Return it for machines. ``since`` is an ISO time, or None."""
        return {
            "name": self.name,
            "severity": self.severity,
            "subject": self.subject,
            "text": self.text,
            "advice": self.advice,
            "since": None if self.since is None else self.since.isoformat(timespec="seconds"),
        }
