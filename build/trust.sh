#!/bin/sh
# Shows that a browser of the office trusts the appliance once, and only once,
# its authority is imported. No store of this machine is changed: the browser
# runs with a home folder of its own. Usage: trust.sh PROGRAM
set -eu
cd "$(dirname "$0")/.."
program=$(realpath "${1:?usage: trust.sh PROGRAM}")

# port: a free one, so that two runs on one machine stay apart.
port() {
	node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
}

dir=$(mktemp -d)
lan=$(port)
"$program" serve --data "$dir/data" --addr "127.0.0.1:$(port)" --lan "127.0.0.1:$lan" >"$dir/banner" 2>"$dir/errors" &
server=$!
finish() {
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM
tries=0
until grep -qs "$dir" "$dir/banner"; do
	tries=$((tries + 1))
	if [ "$tries" -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then
		cat "$dir/banner" "$dir/errors" >&2
		exit 1
	fi
	sleep 0.1
done

# page URL: the page as the browser sees it.
page() {
	HOME=$dir/home timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$dir/profile" \
		--host-resolver-rules="MAP kofu.local 127.0.0.1, MAP evil.example.com 127.0.0.1" \
		--dump-dom "$1" 2>/dev/null || true
}
shows() { page "$1" | grep -q '<html lang="ja">'; }

mkdir -p "$dir/home/.pki/nssdb"
certutil -d "sql:$dir/home/.pki/nssdb" -N --empty-password
if shows "https://kofu.local:$lan/"; then
	echo "The browser shows the page before it knows the authority." >&2
	exit 1
fi
curl -sk --max-time 10 -o "$dir/ca.crt" "https://127.0.0.1:$lan/ca.crt"
certutil -d "sql:$dir/home/.pki/nssdb" -A -t "C,," -n kofu -i "$dir/ca.crt"
if ! shows "https://kofu.local:$lan/"; then
	echo "The browser does not trust the imported authority." >&2
	exit 1
fi
if shows "https://evil.example.com:$lan/"; then
	echo "The browser takes the appliance for another site." >&2
	exit 1
fi
