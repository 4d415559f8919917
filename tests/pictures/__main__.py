"""Take the pictures again: ``python -m tests.pictures [still] [moving]``."""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")

from tests.pictures.moving import take_progress
from tests.pictures.stage import open_stage
from tests.pictures.still import take_stills


def main(wanted: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="streamer-pictures-") as folder, open_stage(Path(folder)) as stage:
        if not wanted or "still" in wanted:
            take_stills(stage)
        if not wanted or "moving" in wanted:
            take_progress(stage.user("bob"))


if __name__ == "__main__":
    main(sys.argv[1:])
