#!/usr/bin/env python
"""The command line of a Streamer host: migrations, tokens, workers, the sweeper, the local stack."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")
    execute_from_command_line(sys.argv)
