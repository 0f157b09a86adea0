#!/bin/sh
# Runs a command with a PostgreSQL server of its own, which lives in a new
# folder and ends with the command. The command finds it by the variable
# KOFU_TEST_POSTGRES; if that is set already, there is a server, and the command
# just runs: its account must be a superuser, and the roles kofu_owner and
# kofu_app must exist there. Nothing is synced to the disk, because tests would
# wait for it, unless KOFU_TEST_SYNCED is set: then every commit is.
# Usage: postgres.sh COMMAND [ARGUMENT…]
set -eu
[ -z "${KOFU_TEST_POSTGRES:-}" ] || exec "$@"

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ ! -x "$bin/initdb" ]; then
	echo "These tests need PostgreSQL: install the Debian package postgresql, or name a server in KOFU_TEST_POSTGRES." >&2
	exit 1
fi
dir=$(mktemp -d -t kofu-postgres-XXXXXX)
server=
stop() {
	status=$?
	trap - EXIT
	if [ -n "$server" ]; then
		kill -INT "$server" 2>/dev/null || true # ends connections and stops
		wait "$server" || true
	fi
	rm -rf "$dir"
	exit "$status"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

# The server refuses to run as root.
as=
if [ "$(id -u)" -eq 0 ]; then
	chown postgres "$dir"
	as="setpriv --reuid=postgres --regid=postgres --init-groups"
fi
cd "$dir"
if ! $as "$bin/initdb" -D "$dir/data" -U kofu -A trust --encoding=UTF8 --locale=C --no-sync >"$dir/log" 2>&1; then
	cat "$dir/log" >&2
	exit 1
fi
quick="-c fsync=off -c full_page_writes=off -c autovacuum=off"
[ -z "${KOFU_TEST_SYNCED:-}" ] || quick="-c shared_buffers=512MB -c max_wal_size=4GB"
# shellcheck disable=SC2086 # one word per setting is wanted
$as "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c max_connections=300 \
	$quick >>"$dir/log" 2>&1 &
server=$!
until "$bin/pg_isready" -q -h "$dir"; do
	if ! kill -0 "$server" 2>/dev/null; then
		cat "$dir/log" >&2
		exit 1
	fi
	sleep 0.1
done
# The role that owns the databases of the tests, and the one that uses them.
"$bin/psql" -Xq -h "$dir" -U kofu -d postgres -c 'CREATE ROLE kofu_owner LOGIN' -c 'CREATE ROLE kofu_app LOGIN' >>"$dir/log" 2>&1
export KOFU_TEST_POSTGRES="postgres://kofu@/postgres?host=$dir"
cd "$OLDPWD"
"$@"
