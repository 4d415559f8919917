"""The format of the files in clients/transcripts, as types. ``json_schema`` is what clients in other languages get."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct, field

FOLDER: Final = Path(__file__).resolve().parents[3] / "clients" / "transcripts"
SCHEMA_FILE: Final = FOLDER / "format" / "transcript.schema.json"
WELCOME_FILE: Final = FOLDER / "format" / "welcome.json"

Text = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Frame = dict[str, Any]
Range = Annotated[tuple[Count, Count], Meta(description="The first and the last number")]


class Strict(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The base of all parts: a field that is spelled wrong is refused."""


# --- calls ------------------------------------------------------------------------------------------------------------


class Named(Strict):
    """A call with a name of its own."""

    name: Text = field(name="as")


class Asked(Named):
    """A request that the application asks for."""

    action: Text
    payload: Frame = {}
    id: Text | None = None
    metadata: Frame = {}


class Run(Asked, tag="run", tag_field="method"):
    pass


class Submit(Asked, tag="submit", tag_field="method"):
    takes: Count | None = None
    """The events that the application takes before the first ``take``; None: all of them."""
    result: bool = True
    """False: the application does not ask for the result."""


class SubmitMany(Strict, tag="submit_many", tag_field="method"):
    requests: Annotated[list[Asked], Meta(min_length=1)]


class Follow(Named, tag="follow", tag_field="method"):
    request_id: Text
    after_seq: Count = 0
    takes: Count | None = None
    result: bool = True


class Cancel(Named, tag="cancel", tag_field="method"):
    of: Text


class Status(Named, tag="status", tag_field="method"):
    of: Text


class Feed(Named, tag="feed", tag_field="method"):
    cursor: Text | None = None


class Topic(Named, tag="topic", tag_field="method"):
    topic: Text
    after_seq: Count | None = None
    """The number behind which it begins; None: what comes from now on."""


class Close(Named, tag="close", tag_field="method"):
    pass


AnyCall = Run | Submit | SubmitMany | Follow | Cancel | Status | Feed | Topic | Close

# --- steps ------------------------------------------------------------------------------------------------------------


class CallStep(Strict):
    call: AnyCall


class Accepted(Strict):
    token: Text | None = None
    welcome: Frame | Literal[False] = {}


class AcceptStep(Strict):
    accept: Accepted
    after_seconds: Seconds = 0
    within_seconds: Seconds = 1


class FailStep(Strict):
    fail: Literal[True]
    after_seconds: Seconds = 0
    within_seconds: Seconds = 1


class ExpectStep(Strict):
    expect: Frame
    within_seconds: Seconds = 0.2


class SendStep(Strict):
    send: Frame
    seqs: Range | None = None


class CloseStep(Strict):
    close: Annotated[int, Meta(ge=1000, le=4999)]


class DropStep(Strict):
    drop: Literal[True]


class ClosedStep(Strict):
    closed: Literal[True]
    within_seconds: Seconds = 1


class WaitStep(Strict):
    wait: Seconds


class SilenceStep(Strict):
    silence: Seconds
    strict: bool = False


class TakeStep(Strict):
    take: Count
    of: Text


STEPS: Final[Mapping[str, type[Strict]]] = {
    "call": CallStep,
    "accept": AcceptStep,
    "fail": FailStep,
    "expect": ExpectStep,
    "send": SendStep,
    "close": CloseStep,
    "drop": DropStep,
    "closed": ClosedStep,
    "wait": WaitStep,
    "silence": SilenceStep,
    "take": TakeStep,
}

# --- what the application must see ------------------------------------------------------------------------------------


class EventSeen(Strict):
    of: Text
    event: Frame


class SeqsSeen(Strict):
    of: Text
    seqs: Range


class ResultSeen(Strict):
    of: Text
    result: Any


class SeenError(Strict):
    kind: Text
    code: Text | None = None
    message: Text | None = None
    details: Frame = {}
    retryable: bool | None = None
    retry_after: Seconds | None = None


class ErrorSeen(Strict):
    of: Text
    error: SeenError


class EndSeen(Strict):
    of: Text
    end: Literal[True]


SEEN: Final[Mapping[str, type[Strict]]] = {
    "event": EventSeen,
    "seqs": SeqsSeen,
    "result": ResultSeen,
    "error": ErrorSeen,
    "end": EndSeen,
}

# --- a file -----------------------------------------------------------------------------------------------------------


class Client(Strict):
    """The options of the client that a file needs."""

    tokens: list[Text] = field(default_factory=lambda: ["token-1", "token-2", "token-3"])
    queue_limit: Count = 1000


class File(Strict, kw_only=True):
    """One conversation between a client and the server, and what the application sees of it."""

    name: Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
    describes: Text
    client: Client = field(default_factory=Client)
    steps: list[Frame]
    application: list[Frame]


class Transcript(Struct, frozen=True, kw_only=True):
    """One conversation, read and checked."""

    name: str
    describes: str
    client: Client
    steps: list[Any]
    """In their order; each is of a class in ``STEPS``."""
    application: list[Any]
    """Each is of a class in ``SEEN``."""


def read_transcript(path: Path) -> Transcript:
    """Read a file. Raises ``msgspec.ValidationError`` where it does not have the format."""
    file = msgspec.json.decode(path.read_bytes(), type=File)
    return Transcript(
        name=file.name,
        describes=file.describes,
        client=file.client,
        steps=[_read_as(STEPS, step) for step in file.steps],
        application=[_read_as(SEEN, seen) for seen in file.application],
    )


def _read_as(kinds: Mapping[str, type[Strict]], item: Frame) -> Strict:
    """Read an item as the kind that one of its fields names."""
    named = [kind for kind in kinds if kind in item]
    if len(named) != 1:
        raise msgspec.ValidationError(f"Expected one of {', '.join(kinds)}, got {', '.join(item) or 'nothing'}")
    return msgspec.convert(item, kinds[named[0]])


def json_schema() -> dict[str, Any]:
    """Build the JSON Schema of a file."""
    kinds = [File, *STEPS.values(), *SEEN.values()]
    _, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    body = components.pop("File")
    for part, kinds_of_part in (("steps", STEPS), ("application", SEEN)):
        items = [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds_of_part.values()]
        body["properties"][part] = {"type": "array", "items": {"oneOf": items}}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A transcript of Streamer's clients"}
    return {**head, **{name: body[name] for name in body if name != "title"}, "$defs": components}
