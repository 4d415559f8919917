"""The form field for the permissions that a token carries: one name a line, a list of texts in the database."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from jobs.contract.permissions import permissions_of_items
from jobs.contract.registry import all_handlers

_NAME = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}(\.\*)?")
_GENERAL = mark_safe(
    "<li><code>tenant.read</code> to follow, read and list the requests of all users of the tenant</li>"
    "<li><code>reports.*</code> for all that begin with <code>reports.</code></li>"
    "<li><code>*</code> for everything but <code>tenant.read</code></li>"
)
_HOLDS_FROM = "Issued tokens keep their permissions until they expire."


class PermissionNamesField(forms.Field):
    """A field that cleans to ``["reports.generate", …]``: each name once, in the order of the lines."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 40, "class": "vLargeTextField st-names", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        names = list(dict.fromkeys(str(value or "").split()))
        wrong = [name for name in names if not _NAME.fullmatch(name)]
        if wrong:
            raise ValidationError(
                "Not the name of a permission: %(names)s. Write one name a line, without quotes, commas or brackets.",
                code="invalid",
                params={"names": ", ".join(wrong)},
            )
        return names

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != str(data or "").split()


def permission_help() -> SafeString:
    """Write the help text, which names the permissions that the registered handlers ask for."""
    asked = asked_permissions()
    names = format_html_join("", "<li><code>{}</code> for {}</li>", ((name, ", ".join(for_)) for name, for_ in asked))
    head = "One name a line. The handlers here ask for:" if asked else "One name a line. No handler here asks for any."
    return format_html("{}<ul>{}{}</ul>{}", head, names, _GENERAL, _HOLDS_FROM)


def asked_permissions() -> Sequence[tuple[str, list[str]]]:
    """Map permission → the actions that ask for it, or may ask for it, sorted."""
    actions: dict[str, list[str]] = {}
    for action, handler in all_handlers().items():
        for permission in permissions_of_items(handler):
            actions.setdefault(permission, []).append(action)
    return sorted(actions.items())
