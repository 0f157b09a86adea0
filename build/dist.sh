#!/bin/sh
# Builds the programs of a release for Linux and Windows, with checksums, into
# build/dist. Usage: dist.sh VERSION
set -eu
cd "$(dirname "$0")/.."
version=${1:?usage: dist.sh VERSION}
out=build/dist/kofu-$version
rm -rf "$out"
mkdir -p "$out/linux" "$out/windows"
ldflags="-s -w -buildid= -X main.version=$version"

go build -trimpath -tags desktop,production,webkit2_41 -ldflags "$ldflags" -o "$out/linux/kofu" ./app/kofu
CGO_ENABLED=0 go build -trimpath -ldflags "$ldflags" -o "$out/linux/kofuctl" ./app/kofuctl
CGO_ENABLED=0 go build -trimpath -ldflags "$ldflags" -o "$out/linux/kofu-booking" ./app/booking
cp build/linux/kofu.service build/linux/kofu-booking.service build/booking/Containerfile build/booking/kofu-booking.toml "$out/linux/"

# Icon, manifest and version of the Windows program; the linker picks the file up.
go tool -modfile=build/tools/go.mod go-winres make --arch amd64 --in build/windows/winres.json --out app/kofu/rsrc \
	--product-version "$version.0" --file-version "$version.0"
trap 'rm -f app/kofu/rsrc_windows_amd64.syso' EXIT
CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build -trimpath -tags desktop,production,wv2runtime.error \
	-ldflags "$ldflags -H windowsgui" -o "$out/windows/kofu.exe" ./app/kofu
CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build -trimpath -ldflags "$ldflags" -o "$out/windows/kofuctl.exe" ./app/kofuctl
CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build -trimpath -ldflags "$ldflags" -o "$out/windows/kofu-booking.exe" ./app/booking

(cd "$out" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
cat "$out/SHA256SUMS"
