#!/bin/sh
# Lists the requirements of the booking service that no test carries in its
# name, and fails if there are any. A number counts where a test is named: a Go
# test function, the title of a browser test, or a scenario file.
set -eu
cd "$(dirname "$0")/.."

named=$(mktemp)
trap 'rm -f "$named"' EXIT
{
	git ls-files -co --exclude-standard -- '*_test.go' | tr '\n' '\0' | xargs -0 grep -hoE '^func (Test|Fuzz)[A-Za-z0-9_]+|t\.Run\("[^"]*"'
	git ls-files -co --exclude-standard -- '*.test.ts' '*.e2e.ts' | tr '\n' '\0' | xargs -0 grep -hoE "(test|it|describe)\((['\"\`])[^'\"\`]*"
	git ls-files -co --exclude-standard -- '*.txtar'
} | grep -oE '(BK[0-9]{3,4}|TB[0-9]{2})' | sort -u >"$named"

missing=0
while read -r number matter; do
	case $number in '' | \#*) continue ;; esac
	if ! grep -qx "$number" "$named"; then
		echo "no test carries $number ($matter)"
		missing=$((missing + 1))
	fi
done <build/requirements.txt
[ "$missing" -eq 0 ] || { echo "$missing requirements without a test" >&2; exit 1; }
