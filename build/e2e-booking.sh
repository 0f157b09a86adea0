#!/bin/sh
# Runs the browser tests of the booking service against the really started
# program with its practice municipalities, then the page checkers over every
# page that was seen. Usage: e2e-booking.sh PROGRAM [FILE…]
# FILE names some of the test files only, such as `wish`. The tests find in the
# environment: KOFU_BOOKING_PROGRAM, KOFU_CTL (the office's kofuctl, which lies
# beside it), KOFU_PAGES (where seen pages are kept) and KOFU_CHROMIUM (the browser).
# KOFU_SHOTS=folder keeps a picture of each page as well.
set -eu
cd "$(dirname "$0")/.."
KOFU_BOOKING_PROGRAM=$(realpath "${1:?usage: e2e-booking.sh PROGRAM [FILE…]}")
shift
KOFU_CTL=$(dirname "$KOFU_BOOKING_PROGRAM")/kofuctl
KOFU_CHROMIUM=$(command -v chromium-headless-shell)
KOFU_PAGES=$(mktemp -d)
export KOFU_BOOKING_PROGRAM KOFU_CTL KOFU_CHROMIUM KOFU_PAGES
trap 'rm -rf "$KOFU_PAGES"' EXIT
trap 'exit 1' INT TERM

cd frontend/staff
npm run --silent e2e-booking -- --project visits "$@"
npm run --silent e2e-booking -- --project checkers
