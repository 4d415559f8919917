"""Times, lengths and states as people read them, in text and in HTML."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.models import AsyncRequest

NOTHING = "–"
_DAY = 86_400
_UNITS = ((_DAY, "d"), (3600, "h"), (60, "min"), (1, "s"))


def relative(moment: datetime) -> str:
    """Write ``5 min ago`` or ``in 5 min``, in the largest unit that fits."""
    seconds = (timezone.now() - moment).total_seconds()
    size, unit = next((item for item in _UNITS if abs(seconds) >= item[0]), (1, "s"))
    rough = f"{int(abs(seconds) // size)} {unit}"
    return f"{rough} ago" if seconds >= 0 else f"in {rough}"


def exact(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"


def clock(moment: datetime) -> str:
    """Write ``28 Nov, 14:05 UTC``."""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b, %H:%M %Z}"


def when(moment: datetime | None) -> SafeString | str:
    """Show the time and, below it, how far from now it is. ``times.js`` brings it into the reader's zone."""
    if moment is None:
        return NOTHING
    return format_html(
        '<time datetime="{}" title="{}"><span class="st-clock">{}</span> <span class="st-ago">{}</span></time>',
        moment.isoformat(),
        exact(moment),
        clock(moment),
        relative(moment),
    )


def at(moment: datetime, text: str) -> SafeString:
    """Show ``text``, with the time in its title."""
    return format_html('<time datetime="{}" title="{}" data-exact>{}</time>', moment.isoformat(), exact(moment), text)


def badge(kind: str, text: str, title: str = "") -> SafeString:
    """Show a state as text with a sign. ``kind`` chooses sign and colour in the style sheet."""
    return format_html('<span class="st-badge" data-kind="{}" title="{}">{}</span>', kind, title, text)


def short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def shortened(text: str, length: int) -> SafeString:
    """Show the first ``length`` characters, with the whole text in the title."""
    return format_html('<span title="{}">{}</span>', text, short(text, length))


def request_name(row: AsyncRequest) -> SafeString:
    """Show the title, with the action and the beginning of the id. Without a title the action takes its place."""
    below = f"{row.action} {str(row.id)[:8]}" if row.title else str(row.id)[:8]
    return format_html('<bdi>{}</bdi> <span class="st-id">{}</span>', row.name, below)


def owner_lines(user_id: str, tenant_id: str) -> SafeString:
    """Show the user, and the tenant below."""
    tenant = shortened(tenant_id, 32)
    return format_html('{} <span class="st-below">{}</span>', shortened(user_id, 32), tenant)
