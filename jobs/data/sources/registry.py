"""Finds the sources that ``STREAMER_SOURCES`` registers."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pydantic import ValidationError

from jobs.data.sources.registered import RegisteredSource


def find_source(name: str) -> RegisteredSource | None:
    """Find the source called ``name``, or None. Raises ``ImproperlyConfigured`` if its definition is wrong."""
    if name not in settings.STREAMER_SOURCES:
        return None
    try:
        return parse_source(name)
    except ValidationError as error:
        raise ImproperlyConfigured(f"STREAMER_SOURCES['{name}']: {'; '.join(faults_of(error))}") from None


def parse_source(name: str) -> RegisteredSource:
    """Read one definition; raises pydantic's ``ValidationError``."""
    definition = settings.STREAMER_SOURCES[name]
    return RegisteredSource.model_validate({**definition, "name": name} if isinstance(definition, dict) else definition)


def faults_of(error: ValidationError) -> list[str]:
    """List the faults, each as ``field: text``."""
    return [
        ": ".join(filter(None, (".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, "))))
        for item in error.errors(include_url=False)
    ]
