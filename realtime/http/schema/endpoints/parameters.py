"""Parameters that several endpoints have."""

from realtime.http.schema.declarations import Parameter

CURSOR = Parameter(
    name="cursor", description="The `next_cursor` of the page before.", schema={"type": "string", "maxLength": 200}
)


def limit(*, default: int, most: int) -> Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Parameter(name="limit", description="The most that one page has.", schema=schema)


def after_seq(description: str) -> Parameter:
    schema = {"type": "integer", "minimum": 0, "maximum": 999_999_999, "default": 0}
    return Parameter(name="after_seq", description=description, schema=schema)
