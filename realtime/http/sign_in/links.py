"""Sign-in links: each lets one account in once, within minutes. Only a hash of its code is stored."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from jobs.formatting import format_duration
from realtime.http.sign_in.log import Reason
from realtime.models import SignInLink

LIFE: Final = timedelta(minutes=5)
"""The time in which a link lets its user in."""
_KEPT: Final = timedelta(days=1)
"""The time for which the row of a link is kept, so that who comes late is told why."""


class LinkRefused(Exception):
    """The link lets nobody in. The text tells the person why."""

    def __init__(self, text: str, reason: Reason, user: str | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.user = user


def link_fragment(user: Any) -> str:
    """Make a link for the account. Return the fragment that the URL of the console gets: ``#sign-in=…``.

    Browsers send a fragment to no server, so it is in no access log and in no ``Referer``.
    """
    now = timezone.now()
    SignInLink.objects.filter(expires_at__lt=now - _KEPT).delete()
    code = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        digest=_digest(code),
        user=user,
        password_state=user.get_session_auth_hash(),
        issued_at=now,
        expires_at=now + LIFE,
    )
    return f"#sign-in={code}"


def use_link(code: str) -> tuple[Any, datetime]:
    """Use the link up. Return its account and when the link was made. Raises ``LinkRefused``."""
    now, digest = timezone.now(), _digest(code)
    usable = Q(digest=digest, used_at=None, expires_at__gt=now)
    # Of two tabs that open it at the same moment, one changes the row.
    if not SignInLink.objects.filter(usable).update(used_at=now):
        raise _refusal(SignInLink.objects.select_related("user").filter(digest=digest).first())
    link = SignInLink.objects.select_related("user").filter(digest=digest).first()
    if link is None:  # its account was deleted by a release that does not know of links
        raise _refusal(None)
    name = link.user.get_username()
    if not link.user.is_active:
        raise LinkRefused("The account of this sign-in link is not active.", "inactive_user", name)
    if not constant_time_compare(link.password_state, link.user.get_session_auth_hash()):
        text = "The password has been changed since this sign-in link was made."
        raise LinkRefused(text, "password_changed", name)
    return link.user, link.issued_at


def _refusal(link: SignInLink | None) -> LinkRefused:
    if link is None:
        return LinkRefused("There is no such sign-in link here.", "link_unknown")
    name = link.user.get_username()
    if link.used_at is not None:
        return LinkRefused("This sign-in link has been used. Each lets in once.", "link_used", name)
    life = format_duration(LIFE.total_seconds())
    return LinkRefused(f"This sign-in link has expired. It was good for {life}.", "link_expired", name)


def _digest(code: str) -> str:
    # The code is random and long, so that no slow hash is needed.
    return hashlib.sha256(code.encode("utf-8", "backslashreplace")).hexdigest()
