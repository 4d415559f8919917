"""Reports unexpected errors to Sentry, or to a service that speaks its protocol. Off unless ``SENTRY_DSN`` is set.

An unexpected error is what the log has with a traceback. Each is reported once, wherever it was logged, with the
request, the action and the tenant, and without tokens, payloads and local variables.
"""

import atexit
import logging
import os
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from jobs import incidents
from jobs.facts import current_work
from jobs.tracing.attempts import traced_now
from streamer_site.diagnostics.redaction import Redaction

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

FLUSH_SECONDS: Final = 2.0
"""The longest wait for reports to be sent before a process ends."""
_MARK = "_is_reported_by_streamer"
_TAGS = ("request_id", "correlation_id", "action", "tenant", "attempt")
# They may have headers, addresses, settings, or the values of variables.
_LEFT_OUT = ("request", "user", "extra", "breadcrumbs", "modules")


def has_extra() -> bool:
    """Return True if the package of ``requirements-sentry.txt`` is installed."""
    return find_spec("sentry_sdk") is not None


def start_reporting(dsn: str, *, shows_payloads: bool = False) -> None:
    """Report from now on, in this process and in those that are forked from it. Starts no thread."""
    if not dsn or not has_extra():
        return
    # The library is loaded only where it is used.
    import sentry_sdk  # noqa: PLC0415
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415

    def scrub(event: "Event", hint: "Hint") -> "Event":
        return _scrubbed(event, Redaction(shows_payload=shows_payloads))

    sentry_sdk.init(
        dsn=dsn,
        # Without one, the library would ask git at each start of a process.
        release=os.environ.get("SENTRY_RELEASE", ""),
        # Those of the library would report more than once, and what is no error here.
        default_integrations=False,
        integrations=[ExcepthookIntegration()],
        ignore_errors=[KeyboardInterrupt],
        auto_enabling_integrations=False,
        include_local_variables=False,
        send_default_pii=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        before_send=scrub,
    )
    handler = ReportHandler(logging.ERROR)
    logging.getLogger().addHandler(handler)
    incidents.BEFORE_END.append(_flush)
    atexit.register(_flush)


class ReportHandler(logging.Handler):
    """Reports the records with an exception."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or getattr(error, _MARK, False):
            return
        with suppress(AttributeError):  # an exception with slots
            setattr(error, _MARK, True)
        try:
            _report(record, error)
        except Exception:
            self.handleError(record)


def _report(record: logging.LogRecord, error: BaseException) -> None:
    import sentry_sdk  # noqa: PLC0415

    names = {**current_work().names, **{name: record.__dict__[name] for name in _TAGS if name in record.__dict__}}
    with sentry_sdk.new_scope() as scope:
        for name in _TAGS:
            if name in names:
                scope.set_tag(name, str(names[name]))
        if (parent := traced_now()) is not None:
            scope.set_tag("trace_id", f"{parent.trace_id:032x}")
        scope.set_tag("logger", record.name)
        scope.set_transaction_name(record.getMessage())
        sentry_sdk.capture_exception(error)


def _flush() -> None:
    import sentry_sdk  # noqa: PLC0415

    sentry_sdk.flush(FLUSH_SECONDS)


def _scrubbed(event: "Event", redaction: Redaction) -> "Event":
    plain: dict[str, Any] = dict(event)
    for name in _LEFT_OUT:
        plain.pop(name, None)
    for exception in plain.get("exception", {}).get("values", []):
        exception["value"] = redaction.text(str(exception.get("value") or ""))
        for frame in (exception.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    for name in ("transaction", "message"):
        if isinstance(plain.get(name), str):
            plain[name] = redaction.text(plain[name])
    return plain  # type: ignore[return-value]
