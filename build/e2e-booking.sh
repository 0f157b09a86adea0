#!/bin/sh
# Runs the browser tests of the booking service against the really started
# program with its practice municipalities, then the page checkers over every
# page that was seen. Usage: e2e-booking.sh PROGRAM
# The tests find the service in the environment: KOFU_BOOKING_PORT and
# KOFU_BOOKING_DATA (the residents' pages and the practice data), KOFU_URL (the
# staff screens), KOFU_PAGES (where seen pages are kept), KOFU_CHROMIUM (the
# browser). KOFU_SHOTS=folder keeps a picture of each page as well.
set -eu
cd "$(dirname "$0")/.."
program=$(realpath "${1:?usage: e2e-booking.sh PROGRAM}")
KOFU_CHROMIUM=$(command -v chromium)
export KOFU_CHROMIUM

dir=$(mktemp -d)
server=
finish() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

# port: a free one, so that two runs on one machine stay apart.
port() {
	node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
}

KOFU_BOOKING_PORT=$(port)
staff=$(port)
KOFU_BOOKING_DATA=$dir/practice
KOFU_PAGES=$dir/pages
KOFU_URL=http://localhost:$staff
export KOFU_BOOKING_PORT KOFU_BOOKING_DATA KOFU_PAGES KOFU_URL

# Visitors come from made-up addresses. A slow machine is no rush: the waiting
# room opens by the number of requests alone.
mkdir -p "$KOFU_BOOKING_DATA"
cat >"$KOFU_BOOKING_DATA/kofu-booking.toml" <<-EOF
	residents = "127.0.0.1:$KOFU_BOOKING_PORT"
	staff = "127.0.0.1:$staff"
	operator = "off"
	trusted_proxies = ["127.0.0.1/32"]
	room_p95_ms = 60000
EOF

"$program" serve --practice --data "$dir" >"$dir/banner" 2>"$dir/errors" &
server=$!
tries=0
until grep -qs "$dir" "$dir/banner"; do # the last line but one names the data folder
	tries=$((tries + 1))
	if [ "$tries" -gt 1200 ] || ! kill -0 "$server" 2>/dev/null; then
		echo "The service did not start:" >&2
		cat "$dir/banner" "$dir/errors" >&2
		exit 1
	fi
	sleep 0.1
done

echo "Browser tests of residents at http://localhost:$KOFU_BOOKING_PORT and of staff at $KOFU_URL"
cd frontend/staff
npm run --silent e2e-booking -- visit console
npm run --silent e2e-booking -- checkers
