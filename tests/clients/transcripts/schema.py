"""Writes the JSON Schema of the transcripts anew: ``python -m tests.clients.transcripts.schema``."""

import json

from tests.clients.transcripts.transcript import SCHEMA_FILE, json_schema


def write_schema() -> None:
    SCHEMA_FILE.write_text(json.dumps(json_schema(), indent=2) + "\n")


if __name__ == "__main__":
    write_schema()
