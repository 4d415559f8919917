#!/usr/bin/env python
"""The command line of a Streamer host: migrations, tokens, workers, the sweeper, the local stack."""

import sys

from streamer_site.starting.command_line import main

if __name__ == "__main__":
    main(sys.argv)
