#!/bin/sh
# Installs the Debian packages of packages.txt that are missing.
# Usage: install.sh run|test|bench
# Says nothing and touches nothing when everything is there.
set -eu
cd "$(dirname "$0")"
want=${1:?usage: install.sh run|test|bench}

missing=$(awk -v want="$want" '$1 == "run" || $1 == want { print $2 }' packages.txt | while read -r package; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || echo "$package"
done)
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "These packages are missing and need an administrator to install them:" >&2
		echo "$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "Installing Debian packages:" $missing
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # one word per package is wanted
if ! { $as_root apt-get -q update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=900 install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -40 "$log" >&2
	exit 1
fi
