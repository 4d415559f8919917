#!/bin/sh
# The whole crash matrix and a rolling restart, on SQLite and on PostgreSQL. It takes about an hour.
# DATABASE_URL names a PostgreSQL server and a database whose name others begin with; without it, SQLite alone.
# RESTART_POSTGRES is the command that restarts that server, for the cells that need it.
# Every run leaves its tables in var/chaos/<date>. Exit status: that of the worst part.
set -u
cd "$(dirname "$0")/.."
results="var/chaos/$(date -u +%Y-%m-%dT%H%M)"
mkdir -p "$results"
worst=0

run() { # run NAME ARGUMENTS…: one part, with its table and its output
	name="$1"; shift
	echo "== $name"
	.venv/bin/python manage.py "$@" --json "$results/$name.json" --markdown "$results/$name.md" \
		2>&1 | tee "$results/$name.log"
	status="$(.venv/bin/python -c 'import json, sys
body = json.load(open(sys.argv[1]))
print(0 if body.get("good", all(one["good"] for one in body.get("cells", []))) else 1)' "$results/$name.json" 2>/dev/null || echo 2)"
	[ "$status" -gt "$worst" ] && worst="$status"
	return 0
}

on_new_database() { # on_new_database NAME ARGUMENTS…: the same on a database of its own, which is dropped afterwards
	base="${DATABASE_URL%/*}"; database="${DATABASE_URL##*/}_$1"
	psql --quiet "$base/postgres" -c "DROP DATABASE IF EXISTS \"$database\" WITH (FORCE)" -c "CREATE DATABASE \"$database\""
	run "$@" --database-url "$base/$database"
	psql --quiet "$base/postgres" -c "DROP DATABASE IF EXISTS \"$database\" WITH (FORCE)"
}

run matrix_sqlite streamer_chaos --full
run rolling_sqlite streamer_rolling
if [ -n "${DATABASE_URL:-}" ]; then
	on_new_database matrix_postgres streamer_chaos --full --postgres-restart-command "${RESTART_POSTGRES:-}"
	on_new_database rolling_postgres streamer_rolling
fi
exit "$worst"
