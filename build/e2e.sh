#!/bin/sh
# Runs the browser tests against a really started server with the practice
# city. Usage: e2e.sh PROGRAM
# The tests find the server in the environment: KOFU_URL (door of this machine),
# KOFU_LAN_URL (door of the office network) and KOFU_BANNER (file with what the
# program said at start, first sign-in included).
set -eu
cd "$(dirname "$0")/.."
program=$(realpath "${1:?usage: e2e.sh PROGRAM}")

dir=$(mktemp -d)
"$program" serve --practice --data "$dir" --addr 127.0.0.1:18643 --lan 127.0.0.1:18743 >"$dir/banner" 2>"$dir/errors" &
server=$!
finish() {
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

# The last line of the banner names the data folder; the city may take a while.
tries=0
until grep -q "$dir" "$dir/banner"; do
	tries=$((tries + 1))
	if [ "$tries" -gt 1200 ] || ! kill -0 "$server" 2>/dev/null; then
		echo "The server did not start:" >&2
		cat "$dir/banner" "$dir/errors" >&2
		exit 1
	fi
	sleep 0.1
done
KOFU_URL=$(grep -o 'http://127\.0\.0\.1:[0-9]*' "$dir/banner" | head -1)
KOFU_LAN_URL=https://127.0.0.1:18743
KOFU_BANNER=$dir/banner
KOFU_CHROMIUM=$(command -v chromium)
export KOFU_URL KOFU_LAN_URL KOFU_BANNER KOFU_CHROMIUM
(cd frontend/staff && npm run --silent e2e)
