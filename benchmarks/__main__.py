"""Run the bench."""

import os
import sys

# Before anything of Streamer is imported.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")

from benchmarks.frame.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
