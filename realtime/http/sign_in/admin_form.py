"""The sign-in form of the admin, under the same limit as the endpoints for tokens."""

from math import ceil
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.db import connection

from jobs.formatting import format_duration
from realtime.http.sign_in.log import log_refused_sign_in
from realtime.limits.addresses import address_of
from realtime.limits.sign_ins import LimitUnavailable, seconds_to_wait


class LimitedAdminForm(AdminAuthenticationForm):
    """Django's form, which looks at no password of an address that has tried too often.

    Nobody could use it without the database. Then it raises ``django.db.Error``, so that the page says so at once.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def clean(self) -> dict[str, Any]:
        try:
            seconds = seconds_to_wait(address_of(self.request), self.cleaned_data.get("username") or "")
        except LimitUnavailable:
            log_refused_sign_in(self.request, "limit_unavailable")
            raise ValidationError("Nobody can sign in right now. Try again in a minute.", "unavailable") from None
        if seconds is not None:
            log_refused_sign_in(self.request, "rate_limited")
            text = f"Too many attempts. Try again in {format_duration(ceil(seconds))}."
            raise ValidationError(text, "rate_limited")
        return super().clean()

    def confirm_login_allowed(self, user: Any) -> None:
        if user.is_active and not user.is_staff:
            log_refused_sign_in(self.request, "not_staff", user.get_username())
        super().confirm_login_allowed(user)
