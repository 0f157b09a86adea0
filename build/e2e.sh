#!/bin/sh
# Runs the browser tests against a really started server with the practice
# city, once through each door. Usage: e2e.sh PROGRAM
# The tests find the server in the environment: KOFU_URL (the door) and
# KOFU_BANNER (file with what the program said at start, first sign-in
# included); KOFU_CHROMIUM is the browser, KOFU_PROGRAM the program, for
# tests that start one of their own, and KOFU_BOOKING_PROGRAM the booking
# service, which lies beside it.
set -eu
cd "$(dirname "$0")/.."
program=$(realpath "${1:?usage: e2e.sh PROGRAM}")
KOFU_CHROMIUM=$(command -v chromium-headless-shell)
KOFU_PROGRAM=$program
KOFU_BOOKING_PROGRAM=$(dirname "$program")/kofu-booking
export KOFU_CHROMIUM KOFU_PROGRAM KOFU_BOOKING_PROGRAM

dir=
server=
finish() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
		server=
	fi
	[ -z "$dir" ] || rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

# port: a free one, so that two runs on one machine stay apart.
port() {
	node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
}

# start: a fresh server with the practice city, ready to answer.
start() {
	dir=$(mktemp -d)
	desk=$(port)
	lan=$(port)
	"$program" serve --practice --data "$dir" --addr "127.0.0.1:$desk" --lan "127.0.0.1:$lan" >"$dir/banner" 2>"$dir/errors" &
	server=$!
	tries=0
	until grep -qs "$dir" "$dir/banner"; do # the last line names the data folder
		tries=$((tries + 1))
		if [ "$tries" -gt 1200 ] || ! kill -0 "$server" 2>/dev/null; then
			echo "The server did not start:" >&2
			cat "$dir/banner" "$dir/errors" >&2
			exit 1
		fi
		sleep 0.1
	done
}

for door in desk lan; do
	start
	case $door in
	desk) url=http://127.0.0.1:$desk ;;
	lan) url=https://127.0.0.1:$lan ;;
	esac
	echo "Browser tests at $url"
	(cd frontend/staff && KOFU_URL=$url KOFU_BANNER=$dir/banner npm run --silent e2e)
	finish
done
