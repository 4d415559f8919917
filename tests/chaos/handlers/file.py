"""``chaos_file`` makes a file, and tries again when the disk is full."""

from collections.abc import Mapping
from typing import Any

from jobs.handler import Context, Handler, Payload, Retry


class FilePayload(Payload):
    kilobytes: int = 64


class StoreFile(Handler[FilePayload]):
    """Store a file of the given size."""

    action = "chaos_file"
    estimated_seconds = 6.0
    retry = Retry(max_attempts=30, base_seconds=0.5, cap_seconds=1.0)
    retry_on = (OSError,)

    def run(self, payload: FilePayload, context: Context) -> Mapping[str, Any]:
        with context.save_artifact("numbers.txt", "text/plain") as artifact:
            for number in range(payload.kilobytes):
                artifact.file.write(f"{number:>1023}\n".encode())
                context.report(100 * (number + 1) / payload.kilobytes, "Writing")
        return artifact.describe()
