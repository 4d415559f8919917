"""Messages of a Redis Stream: those that are there, and those that arrive within the time limit."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import redis
from django.conf import settings

from jobs.conf.redis_url import redis_client
from jobs.contract.data_source import StreamSource
from jobs.contract.table import RowsRead
from jobs.data.datasets.formats.json_lines import JsonParser
from jobs.data.tables.failures import loading_failures, not_there
from jobs.data.tables.loaded import LoadedTable
from jobs.data.tables.run_database import run_database
from jobs.data.tables.staged import StagedRows
from jobs.errors import Retryable

UNPACKED = "data"
"""The field whose value, if it is a JSON object, becomes columns."""
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BATCH_MESSAGES = 1_000
_WAIT_SECONDS = 0.25


@contextmanager
def open_stream(
    source: StreamSource, tenant_id: str, scratch_dir: Path, check: Callable[[], None], on_rows: RowsRead | None
) -> Iterator[LoadedTable]:
    # The name has no colon, so the last colon of a key ends the tenant's id and no two tenants share a key.
    if not _NAME.fullmatch(source.stream_id):
        raise not_there("stream_id", "the name of a stream has letters, digits, '_', '-' and '.' only")
    key = f"{settings.STREAMER_STREAM_PREFIX}{tenant_id}:{source.stream_id}"
    with run_database(scratch_dir, [], check, on_rows) as database:
        with loading_failures(source.stream_id):
            staged, parser = StagedRows(database), JsonParser()
            for messages in _messages(key, source, check):
                staged.add(_split(fields, parser) for fields in messages)
                database.tell(staged.rows, None)
            if not staged.rows:
                raise not_there("stream_id", f"the stream '{source.stream_id}' has no messages, or does not exist")
            notes = staged.finish()
        yield LoadedTable(database.connection, source.stream_id, check, notes=notes)


def _messages(key: str, source: StreamSource, check: Callable[[], None]) -> Iterator[list[dict[bytes, bytes]]]:
    """Yield the fields of messages in batches, until a limit is reached. Messages that are there are always read."""
    ends_at = time.monotonic() + source.max_seconds
    after, left = b"0-0", source.max_messages
    try:
        with closing(redis_client(settings.REDIS_URL, socket_connect_timeout=5)) as client:
            while left > 0:
                check()
                wait_seconds = min(_WAIT_SECONDS, ends_at - time.monotonic())
                # BLOCK 0 would wait for ever; None returns the messages that are there.
                block = max(1, int(wait_seconds * 1_000)) if wait_seconds > 0 else None
                answer: Any = client.xread({key: after}, count=min(left, _BATCH_MESSAGES), block=block)
                found = _entries(answer)
                if found:
                    after, left = found[-1][0], left - len(found)
                    yield [fields for _, fields in found]
                elif block is None:
                    return
    except redis.ResponseError as error:
        raise not_there("stream_id", f"'{source.stream_id}' is no stream") from error
    except (redis.RedisError, OSError) as error:
        raise Retryable(f"The stream '{source.stream_id}' cannot be read at the moment.") from error


def _entries(answer: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Return the messages of Redis' answer: a list of pairs or, in its newer protocol, a mapping."""
    if not answer:
        return []
    if isinstance(answer, Mapping):
        [groups] = answer.values()
        return [entry for group in groups for entry in group]
    [(_, entries)] = answer
    return list(entries)


def _split(fields: Mapping[bytes, bytes], parser: JsonParser) -> tuple[dict[str, str], dict[str, Any]]:
    """Split a message into its fields as text, and the JSON of its field ``data``."""
    texts = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in fields.items()}
    unpacked = _object(texts.get(UNPACKED), parser)
    if unpacked is None:
        return texts, {}
    del texts[UNPACKED]
    return texts, unpacked


def _object(text: str | None, parser: JsonParser) -> dict[str, Any] | None:
    if text is None or not text.lstrip().startswith("{"):
        return None
    try:
        value = parser.parse(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    # Half a surrogate pair is legal in JSON, but no table can hold it.
    return _without_surrogates(value) if _SURROGATE.search(text) else value


def _without_surrogates(value: Any) -> Any:
    if type(value) is str:  # the digits of a number are another kind of text
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(one) for name, one in value.items()}
    return [_without_surrogates(one) for one in value] if isinstance(value, list) else value
