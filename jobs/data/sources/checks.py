"""System checks over the sources, so that a wrong definition stops the start of a process and not a report."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from pydantic import ValidationError

from jobs.contract.source import default_source, source_names
from jobs.data.sources.definition import SourceDefinition
from jobs.data.sources.registry import faults_of, parse_source


def check_sources(**_: Any) -> list[CheckMessage]:
    """Check every definition, and the default source. Opens no file and no database."""
    messages: list[CheckMessage] = []
    for name in source_names():
        messages += _check_source(name)
    if default_source() and default_source() not in source_names():
        messages.append(
            Error(
                f"STREAMER_DEFAULT_SOURCE is '{default_source()}', which is no registered source.",
                hint=f"Registered are: {', '.join(source_names())}.",
                id="streamer.sources.E002",
            )
        )
    return messages


def _check_source(name: str) -> list[CheckMessage]:
    try:
        source = parse_source(name)
    except ValidationError as error:
        hint = "docs/reference/settings.md lists the keys of a definition under STREAMER_SOURCES."
        return [
            Error(f"STREAMER_SOURCES['{name}']: {fault}.", hint=hint, id="streamer.sources.E001")
            for fault in faults_of(error)
        ]
    return _check_database(source) + _check_files(source)


def _check_database(source: SourceDefinition) -> list[CheckMessage]:
    if source.database is None or source.database in settings.DATABASES:
        return []
    return [
        Error(
            f"STREAMER_SOURCES['{source.name}'] reads the database '{source.database}', which is not configured.",
            hint=f"DATABASES has: {', '.join(settings.DATABASES)}.",
            id="streamer.sources.E003",
        )
    ]


def _check_files(source: SourceDefinition) -> list[CheckMessage]:
    # A warning only, because files may be mounted or created after the start.
    missing = [table for table in source.files if not source.paths_of(table)]
    if not missing:
        return []
    hint = "Run 'manage.py streamer_sample'." if source.name == "sample" else "Check the paths and who may read them."
    return [
        Warning(
            f"STREAMER_SOURCES['{source.name}'] has no file yet for: {', '.join(missing)}.",
            hint=hint,
            id="streamer.sources.W001",
        )
    ]
