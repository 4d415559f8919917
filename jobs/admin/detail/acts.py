"""The acts of operators on a row, as the admin's log has it: who, when, what."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.utils.safestring import SafeString

from jobs.admin.formatting import when
from jobs.models import OperatorAct
from jobs.operations.tally import count_words

MAX_ACTS = 50


@dataclass(frozen=True, kw_only=True)
class Act:
    at: SafeString | str
    who: str
    what: str


def acts_of(row: Model) -> Sequence[Act]:
    """List the last acts, the newest first."""
    entries = _entries_of(row).select_related("user").order_by("-action_time", "-id")
    acts = [
        (
            entry.action_time,
            entry.user.get_username(),
            entry.get_change_message() or entry.get_action_flag_display(),
        )
        for entry in entries[:MAX_ACTS]
    ]
    acts += [(act.begun_at, act.actor, _what(act)) for act in _commands_on(row)[:MAX_ACTS]]
    acts.sort(reverse=True)
    return [Act(at=when(moment), who=who, what=what) for moment, who, what in acts[:MAX_ACTS]]


def has_acts(row: Model) -> bool:
    return _entries_of(row).exists() or _commands_on(row).exists()


def _commands_on(row: Model) -> QuerySet[OperatorAct]:
    """Select the acts of commands on this row alone: those of the admin are in the admin's log."""
    return OperatorAct.objects.filter(target=str(row.pk), via=OperatorAct.Via.COMMAND).defer("selection")


def _what(act: OperatorAct) -> str:
    words = count_words(act.counts) or act.detail
    return f"{act.verb.capitalize()}: {words}" if words else act.verb.capitalize()


def _entries_of(row: Model) -> QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(type(row), for_concrete_model=False)
    return LogEntry.objects.filter(content_type=kind, object_id=str(row.pk))
