#!/usr/bin/env bash
# Run the steps of the Dockerfile's build stage in a folder, without Docker, and serve from what they made.
#   deploy/check.sh [EXTRAS]        for example: deploy/check.sh "reports learning"; the default is none
# It takes about a minute and 500 MB below /tmp, and needs the network or a cache of uv. It says what it checked.
set -euo pipefail
cd "$(dirname "$0")/.."
exec "${PYTHON:-.venv/bin/python}" -m tests.deploy.steps "${1:-}"
