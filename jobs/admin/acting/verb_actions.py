"""The verbs on the list of requests and on the page of one: a page that asks, and the act itself."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from jobs.admin.acting.selecting import NotSelectable, selection_of_list
from jobs.admin.acting.witness import log_begin
from jobs.admin.formatting import owner_lines, request_name, when
from jobs.admin.progress import status_badge
from jobs.formatting import format_count, format_counted
from jobs.models import AsyncRequest, OperatorAct
from jobs.operations.acts import Actor, begin, carry_on
from jobs.operations.selection import Count, Selection
from jobs.operations.tally import Tally, count_words, is_complete
from jobs.operations.verbs import MAX_PRIORITY, VERBS, Verb

MAX_SELECTED: Final = 500
"""The most requests that are chosen one by one. A filter reaches any number."""
FIRST_SECONDS: Final = 1.0
"""For so long the confirming request works itself; the sweeper does what is left."""
_MAX_LINKS: Final = 10
_HEAVY: Final = ("payload", "result", "metadata", "resume_state")


class PriorityForm(forms.Form):
    priority = forms.IntegerField(
        min_value=0, max_value=MAX_PRIORITY, initial=0, label="Seconds of head start", help_text=f"0 to {MAX_PRIORITY}"
    )


@dataclass(frozen=True, kw_only=True)
class Example:
    """One of the requests that an act is about, on the page that asks."""

    url: str
    name: SafeString
    badge: SafeString
    owner: SafeString
    created: SafeString | str


class VerbActions(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """Actions of the list, each of which asks first, and buttons of a page, which do not."""

    actions = tuple(f"{name}_selected" for name in VERBS)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        steer = wrap(require_POST(self.steer_view))
        return [
            path("act/", wrap(require_POST(self.act_view)), name="jobs_asyncrequest_act"),
            *(
                path(f"<uuid:request_id>/{name}/", steer, {"verb": name}, name=f"jobs_asyncrequest_{name}")
                for name in VERBS
            ),
            *super().get_urls(),
        ]

    def has_steer_permission(self, request: HttpRequest) -> bool:
        """Allow staff with the permission to steer requests. Nobody may edit a row by hand."""
        return bool(request.user.has_perm("jobs.change_asyncrequest"))

    def has_prune_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("jobs.delete_asyncrequest"))

    @admin.action(description="Cancel", permissions=["steer"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[AsyncRequest]) -> HttpResponse | None:
        return self._ask(request, VERBS["cancel"])

    @admin.action(description="Retry what failed or was cancelled", permissions=["steer"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[AsyncRequest]) -> HttpResponse | None:
        return self._ask(request, VERBS["retry"])

    @admin.action(description="Run again, as new requests", permissions=["steer"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[AsyncRequest]) -> HttpResponse | None:
        return self._ask(request, VERBS["replay"])

    @admin.action(description="Change the priority", permissions=["steer"])
    def priority_selected(self, request: HttpRequest, queryset: QuerySet[AsyncRequest]) -> HttpResponse | None:
        return self._ask(request, VERBS["priority"])

    @admin.action(description="Delete with logs and files", permissions=["prune"])
    def prune_selected(self, request: HttpRequest, queryset: QuerySet[AsyncRequest]) -> HttpResponse | None:
        return self._ask(request, VERBS["prune"])

    # --- the page that asks ---

    def _ask(self, request: HttpRequest, verb: Verb) -> HttpResponse | None:
        """Show how many requests it would reach, and some of them. Nothing is done yet."""
        try:
            selection = self._chosen(request)
        except NotSelectable as error:
            text = f"The whole list cannot be taken at once, because of: {error}. Select rows on the page instead."
            self.message_user(request, text, messages.ERROR)
            return None
        count = selection.count(verb.statuses)
        chosen = None if selection.ids is None else len(selection.ids)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{verb.label}?",
            "opts": self.opts,
            "media": self.media,
            "verb": verb,
            "count": count,
            "is_one": count.number == 1 and not count.is_least,
            "words": format_counted(chosen, "request") if chosen and chosen > 1 else selection.words(),
            "left_out": 0 if chosen is None else chosen - count.number,
            "examples": _examples(count),
            "selection": json.dumps(selection.as_json()),
            "form": PriorityForm() if verb.takes_priority else None,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/jobs/asyncrequest/confirm.html", context)

    def _chosen(self, request: HttpRequest) -> Selection:
        if request.POST.get("select_across") == "1":
            return selection_of_list(request, self.readings)
        try:
            ids = [UUID(one) for one in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        except ValueError:
            raise BadRequest("No such request") from None
        if len(ids) > MAX_SELECTED:
            text = f"Only the first {MAX_SELECTED} of the selected requests were taken; a filter reaches any number."
            self.message_user(request, text, messages.WARNING)
        return Selection(ids=ids[:MAX_SELECTED])

    # --- the act ---

    def act_view(self, request: HttpRequest) -> HttpResponse:
        """Begin what was confirmed, and lead to the list if it is done soon, else to the page of the act."""
        if not (self.has_steer_permission(request) or self.has_prune_permission(request)):
            raise PermissionDenied
        verb = VERBS.get(request.POST.get("verb", ""))
        if verb is None:
            raise BadRequest("There is no such act")
        self._check_may(request, verb)
        try:
            selection = Selection.of_json(json.loads(request.POST.get("selection", "")))
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise BadRequest("The selection of requests cannot be read") from None
        argument = self._argument(request, verb)
        count = selection.count(verb.statuses)
        act = self._begin(request, verb, selection, argument, count)
        log_begin(act, verb.label, str(count))
        tallies = list(carry_on(act.id, FIRST_SECONDS))
        act.refresh_from_db()
        if act.finished_at is None:
            return HttpResponseRedirect(reverse("admin:jobs_operatoract_change", args=[act.id]))
        self._tell(request, act, tallies)
        return HttpResponseRedirect(_back(request))

    def steer_view(self, request: HttpRequest, request_id: UUID, verb: str) -> HttpResponse:
        """Do it to one request, from its page."""
        self._check_may(request, VERBS[verb])
        argument = self._argument(request, VERBS[verb])
        act = self._begin(request, VERBS[verb], Selection(ids=[request_id]), argument, None)
        tallies = list(carry_on(act.id))
        act.refresh_from_db()
        self._tell(request, act, tallies)
        if AsyncRequest.objects.filter(id=request_id).exists():
            return HttpResponseRedirect(request_url(request_id))
        return HttpResponseRedirect(reverse("admin:jobs_asyncrequest_changelist"))

    def _check_may(self, request: HttpRequest, verb: Verb) -> None:
        if not (self.has_view_permission(request) and request.user.has_perm(verb.permission)):
            raise PermissionDenied

    def _argument(self, request: HttpRequest, verb: Verb) -> int | None:
        if not verb.takes_priority:
            return None
        form = PriorityForm(request.POST)
        if not form.is_valid():
            raise BadRequest(f"The priority must be a whole number of seconds from 0 to {MAX_PRIORITY}")
        return int(form.cleaned_data["priority"])

    def _begin(
        self, request: HttpRequest, verb: Verb, selection: Selection, argument: int | None, count: Count | None
    ) -> OperatorAct:
        actor = Actor(name=request.user.get_username(), key=str(request.user.pk))
        total, is_least = (1, False) if count is None else (count.number, count.is_least)
        if selection.ids is not None:
            total = len(selection.ids)
        return begin(verb, selection, actor, argument=argument, total=total, is_total_least=is_least)

    def _tell(self, request: HttpRequest, act: OperatorAct, tallies: Sequence[Tally]) -> None:
        made = [new for tally in tallies for new in tally.made]
        links = format_html_join(
            ", ", '<a href="{}">{}</a>', [(request_url(new), str(new)[:8]) for new in made[:_MAX_LINKS]]
        )
        words = count_words(act.counts) or "No request was left that this could be done to"
        text = format_html("{}: {}", words, links) if links else f"{words}."
        done = bool(act.counts) and is_complete(act.counts)
        self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)

    readings: Callable[[str], Any]


def request_url(request_id: UUID | str) -> str:
    return reverse("admin:jobs_asyncrequest_change", args=[request_id])


def total_words(act: OperatorAct) -> str:
    """Write the number of requests that the act was to reach."""
    if act.total is None:
        return ""
    return f"{'at least ' if act.is_total_least else ''}{format_count(act.total)}"


def _examples(count: Count) -> list[Example]:
    rows = AsyncRequest.objects.defer(*_HEAVY).filter(id__in=count.examples).order_by("-created_at", "-id")
    return [
        Example(
            url=request_url(row.id),
            name=request_name(row),
            badge=status_badge(row),
            owner=owner_lines(row.user_id, row.tenant_id),
            created=when(row.created_at),
        )
        for row in rows
    ]


def _back(request: HttpRequest) -> str:
    """Return the list from which it was asked. Nothing but a list of requests is led to."""
    listing = reverse("admin:jobs_asyncrequest_changelist")
    back = request.POST.get("back", "")
    return back if back == listing or back.startswith(f"{listing}?") else listing
