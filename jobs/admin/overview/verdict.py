"""The verdict: one sentence, and for each fault its words and the links to what explains and what mends it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.admin.formatting import at, relative
from jobs.admin.overview.addresses import add_url, list_url, request_url, requests_url
from jobs.admin.overview.runbook import entry_url
from jobs.formatting import format_count
from jobs.metrics.faults.fault import Fault

_COMMAND = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, kw_only=True)
class Link:
    label: str
    url: str
    permission: str
    """Whoever lacks it gets no link."""


@dataclass(frozen=True, kw_only=True)
class ShownFault:
    id: str
    text: str
    advice: SafeString
    since: SafeString | str
    kind: str
    """``failed`` for what must be mended now, else ``retrying``: the colours of the badges."""
    links: Sequence[Link]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    headline: str
    kind: str
    faults: Sequence[ShownFault]


def verdict(faults: Sequence[Fault]) -> Verdict:
    """Put the faults into words. Without one, all is well."""
    shown = [_shown(fault) for fault in faults]
    if not shown:
        return Verdict(headline="All is well.", kind="completed", faults=())
    headline = "One thing is wrong." if len(shown) == 1 else f"{format_count(len(shown))} things are wrong."
    kind = "failed" if any(one.kind == "failed" for one in shown) else "retrying"
    return Verdict(headline=headline, kind=kind, faults=shown)


def _shown(fault: Fault) -> ShownFault:
    return ShownFault(
        id=f"fault-{fault.name}-{re.sub(r'[^A-Za-z0-9_-]', '-', fault.subject)}",
        text=fault.text,
        advice=_with_commands(fault.advice),
        since=at(fault.since, f"began {relative(fault.since)}") if fault.since else "",
        kind="failed" if fault.severity == "page" else "retrying",
        links=list(_links(fault)),
    )


def _with_commands(advice: str) -> SafeString:
    """Mark what stands between backticks as something to type."""
    parts = _COMMAND.split(advice)
    texts = ((part,) for part in parts[::2])
    commands = [*(format_html("<code>{}</code>", part) for part in parts[1::2]), ""]
    pairs = ((*text, command) for text, command in zip(texts, commands, strict=True))
    return format_html_join("", "{}{}", pairs)


def _links(fault: Fault) -> Iterator[Link]:
    view = "jobs.view_asyncrequest"
    if fault.request_id:
        yield Link(label="The request", url=request_url(fault.request_id), permission=view)
    elif fault.requests:
        yield Link(label="Its requests", url=requests_url(**fault.requests), permission=view)
    if more := _MORE.get(fault.name):
        yield from more(fault.subject)
    if url := entry_url(fault.name):
        yield Link(label="Runbook", url=url, permission=view)


def _pause(action: str) -> Iterator[Link]:
    yield Link(label="Pause it", url=add_url("pausedaction", action=action), permission="jobs.add_pausedaction")


def _quota(tenant: str) -> Iterator[Link]:
    url = add_url("tenantquota", tenant_id=tenant)
    yield Link(label="Give it a quota", url=url, permission="jobs.add_tenantquota")
    yield Link(label="Daily use", url=list_url("dailyusage"), permission="jobs.view_dailyusage")


def _stored(folder: str) -> Iterator[Link]:
    yield Link(label="Files", url=list_url("artifact"), permission="jobs.view_artifact")
    yield Link(label="Datasets", url=list_url("dataset"), permission="jobs.view_dataset")


_MORE: Mapping[str, Callable[[str], Iterator[Link]]] = MappingProxyType(
    {
        "StreamerActionFails": _pause,
        "StreamerRequestStuck": _pause,
        "StreamerTenantFloods": _quota,
        "StreamerDiskFull": _stored,
    }
)
