"""``python -m streamer_client`` is the command ``streamer``."""

import sys

from streamer_client.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
