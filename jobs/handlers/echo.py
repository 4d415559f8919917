"""Answer with the message: inline (``echo``) or from a worker (``echo_async``)."""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field

from jobs.handler import Context, Handler, Payload, Result


class EchoPayload(Payload):
    """Any object."""

    model_config = ConfigDict(extra="allow")

    message: Any = Field(
        default="hello",
        title="Message",
        description="Any JSON. It comes back unchanged.",
        json_schema_extra={"x-form": {"help": "A text, or anything as JSON. It comes back unchanged."}},
    )

    @property
    def everything(self) -> dict[str, Any]:
        """The message, and all else that was sent."""
        return {"message": self.message, **(self.model_extra or {})}


class EchoResult(Result):
    """The payload, with ``message`` in any case."""

    model_config = ConfigDict(extra="allow")

    message: Any


class Echo(Handler[EchoPayload]):
    """Send a message and get it back at once."""

    action = "echo"
    group = "Service"
    result_model = EchoResult
    estimated_seconds = 0.01

    def run(self, payload: EchoPayload, context: Context) -> Mapping[str, Any]:
        return payload.everything


class EchoAsync(Handler[EchoPayload]):
    """Send a message and get it back from a worker."""

    action = "echo_async"
    group = "Service"
    result_model = EchoResult
    # It takes no time at all: the estimate only sends it through the queue.
    estimated_seconds = 6.0

    def run(self, payload: EchoPayload, context: Context) -> Mapping[str, Any]:
        context.report(50, "Read the message")
        return payload.everything
