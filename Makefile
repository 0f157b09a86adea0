# People and the build machine use the same named steps. Every step can be run
# alone and again; a step that has nothing to do says nothing.
#
#   make run     the appliance with the practice city (installs what is missing)
#   make test    every test (installs what is missing)
#   make bench   the Go benchmarks
#   make dist    programs for Linux and Windows with checksums
#
# Steps of `make test`: format vet arch lint unit windows ui e2e kill

.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

GO      := go
BIN     := build/bin
TOOLS   := build/.tools
STAMPS  := build/.stamps
STAFF   := frontend/staff
VERSION := $(shell sed -n 's/.*"productVersion": *"\([^"]*\)".*/\1/p' wails.json)
LDFLAGS := -s -w -X main.version=$(VERSION)
# The window needs cgo and these tags; without them kofu is a headless program.
WINDOW  := desktop,production,webkit2_41
WINTAGS := desktop,production,wv2runtime.error
GOFILES := $(shell find app internal frontend build -name '*.go' -not -path '*/node_modules/*' 2>/dev/null) go.mod go.sum
UIFILES := $(shell find $(STAFF) frontend/shared -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help run test dist bench packages-run packages-test programs tools \
	format vet arch lint unit windows ui ui-check ui-test e2e kill clean

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

# ---- what is missing is installed ---------------------------------------

packages-run:
	@build/install.sh run

packages-test:
	@build/install.sh test

$(STAMPS):
	@mkdir -p $@

$(STAMPS)/npm: $(STAFF)/package.json $(STAFF)/package-lock.json | $(STAMPS)
	cd $(STAFF) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The staff screens, embedded into the programs.
$(STAMPS)/ui: $(STAMPS)/npm $(UIFILES) | $(STAMPS)
	cd $(STAFF) && npm run build
	@touch $@

tools: $(TOOLS)/golangci-lint

$(TOOLS)/golangci-lint: build/tools/go.mod build/tools/go.sum
	$(GO) -C build/tools build -o ../.tools/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

# ---- programs -------------------------------------------------------------

programs: $(BIN)/kofu $(BIN)/kofuctl

# With the window where its headers exist, headless elsewhere.
$(BIN)/kofu: $(STAMPS)/ui $(GOFILES) wails.json
	@mkdir -p $(BIN)
	if pkg-config --exists webkit2gtk-4.1 2>/dev/null; then \
		$(GO) build -trimpath -tags $(WINDOW) -ldflags "$(LDFLAGS)" -o $@ ./app/kofu; \
	else \
		CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o $@ ./app/kofu; \
	fi

$(BIN)/kofuctl: $(GOFILES) wails.json
	@mkdir -p $(BIN)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o $@ ./app/kofuctl

run: packages-run $(BIN)/kofu
	@exec $(BIN)/kofu --practice --data var

# ---- tests ------------------------------------------------------------------

test: packages-test format vet arch lint unit windows ui programs e2e kill
	@echo "All tests passed."

format: $(TOOLS)/golangci-lint
	@out=$$($(TOOLS)/golangci-lint fmt --diff 2>&1) || { echo "$$out"; echo "Not formatted: run $(TOOLS)/golangci-lint fmt"; exit 1; }

vet:
	$(GO) vet ./...
	$(GO) vet -tags $(WINDOW) ./app/kofu
	GOOS=windows $(GO) vet -tags desktop,production ./...

arch:
	$(GO) test -count=1 ./internal/archtest

lint: $(TOOLS)/golangci-lint
	$(TOOLS)/golangci-lint run ./...

unit:
	$(GO) test -race ./...

windows:
	@mkdir -p $(BIN)
	for program in app/*/; do \
		CGO_ENABLED=0 GOOS=windows GOARCH=amd64 $(GO) build -tags $(WINTAGS) -o $(BIN)/windows/ ./$$program || exit 1; \
	done

ui: $(STAMPS)/npm ui-check ui-test $(STAMPS)/ui

ui-check: $(STAMPS)/npm
	cd $(STAFF) && npm run check

ui-test: $(STAMPS)/npm
	cd $(STAFF) && npm test

# The browser tests run against a really started server, once for each door.
e2e: $(BIN)/kofu $(STAMPS)/npm
	build/e2e.sh $(BIN)/kofu

# kill -9 of the real program while it imports and scans.
kill: $(BIN)/kofu
	$(GO) test -count=1 -tags faultlab -timeout 15m ./internal/faultlab

bench:
	$(GO) test -run '^$$' -bench . -benchtime 1s ./...

# ---- release ----------------------------------------------------------------

dist: packages-run $(STAMPS)/ui
	build/dist.sh "$(VERSION)"

clean:
	rm -rf $(BIN) $(TOOLS) $(STAMPS) build/dist
