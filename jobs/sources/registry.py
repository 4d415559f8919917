"""Finds the sources that ``STREAMER_SOURCES`` registers."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pydantic import ValidationError

from jobs.sources.definition import Source


def source_names() -> tuple[str, ...]:
    """The names of the registered sources."""
    return tuple(settings.STREAMER_SOURCES)


def default_source() -> str:
    """The name of the source that is read when a payload names none."""
    return str(settings.STREAMER_DEFAULT_SOURCE)


def find_source(name: str) -> Source | None:
    """The source of that name, or None. Raises ``ImproperlyConfigured`` if its definition is wrong."""
    if name not in settings.STREAMER_SOURCES:
        return None
    try:
        return parse_source(name)
    except ValidationError as error:
        raise ImproperlyConfigured(f"STREAMER_SOURCES['{name}']: {'; '.join(faults_of(error))}") from None


def parse_source(name: str) -> Source:
    """Read one definition; raises pydantic's ``ValidationError``."""
    definition = settings.STREAMER_SOURCES[name]
    return Source.model_validate({**definition, "name": name} if isinstance(definition, dict) else definition)


def faults_of(error: ValidationError) -> list[str]:
    """Each fault as ``field: what is wrong``."""
    return [
        ": ".join(filter(None, (".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, "))))
        for item in error.errors(include_url=False)
    ]
