"""``manage.py streamer_schema``: writes the OpenAPI and AsyncAPI documents of this installation."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from realtime.http.schema.asyncapi import build_asyncapi
from realtime.http.schema.audience import public_handlers
from realtime.http.schema.openapi import build_openapi
from realtime.http.schema.yaml_text import to_yaml

BUILDERS = {"openapi.yaml": build_openapi, "asyncapi.yaml": build_asyncapi}


class Command(BaseCommand):
    help = (
        "Write openapi.yaml and asyncapi.yaml: the descriptions of HTTP and of the socket for programs, with the "
        "actions of this installation."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--output", type=Path, default=Path("docs"), metavar="FOLDER", help="folder to write to (default: docs)"
        )
        parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if a file is out of date")

    def handle(self, *, output: Path, check: bool, **options: Any) -> None:
        texts = {output / name: to_yaml(build(public_handlers())) for name, build in BUILDERS.items()}
        if check:
            stale = [path for path, text in texts.items() if not path.is_file() or path.read_text("utf-8") != text]
            if stale:
                names = " and ".join(map(str, stale))
                raise CommandError(f"Out of date: {names}. Run manage.py streamer_schema --output {output}")
            self.stdout.write("Both documents are up to date")
            return
        output.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, "utf-8")
            self.stdout.write(f"Wrote {path}")
