"""Times, lengths and states as people read them, in text and in HTML."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = "–"
_DAY = 86_400
_UNITS = ((_DAY, "d"), (3600, "h"), (60, "min"), (1, "s"))


def duration(seconds: float) -> str:
    """Write a duration: ``1.3 s``, ``42 s``, ``2 min 05 s``, ``1 h 12 min``, ``3 d 4 h``."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < _DAY:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // _DAY} d {whole % _DAY // 3600} h"


def relative(moment: datetime) -> str:
    """Write ``5 min ago`` or ``in 5 min``, in the largest unit that fits."""
    seconds = (timezone.now() - moment).total_seconds()
    size, unit = next((item for item in _UNITS if abs(seconds) >= item[0]), (1, "s"))
    rough = f"{int(abs(seconds) // size)} {unit}"
    return f"{rough} ago" if seconds >= 0 else f"in {rough}"


def exact(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"


def when(moment: datetime | None) -> SafeString | str:
    """Show the time relative to now, with the exact one in its title."""
    if moment is None:
        return NOTHING
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact(moment), relative(moment))


def badge(kind: str, text: str, title: str = "") -> SafeString:
    """Show a state as text with a sign. ``kind`` chooses sign and colour in the style sheet."""
    return format_html('<span class="st-badge" data-kind="{}" title="{}">{}</span>', kind, title, text)


def short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def shortened(text: str, length: int) -> SafeString:
    """Show the first ``length`` characters, with the whole text in the title."""
    return format_html('<span title="{}">{}</span>', text, short(text, length))


def owner_lines(user_id: str, tenant_id: str) -> SafeString:
    """Show the user, and the tenant below."""
    tenant = shortened(tenant_id, 32)
    return format_html('{} <span class="st-below">{}</span>', shortened(user_id, 32), tenant)
