# People and the build machine use the same named steps. Every step can be run
# alone and again; a step that has nothing to do says nothing.
#
#   make run     the appliance with the practice city (installs what is missing)
#   make run-booking  the booking service with two made-up municipalities
#   make test    every test (installs what is missing)
#   make story   the way of a card through both programs, step by step
#   make bench   booking beside its peers, as a table; `make rush` the worst day
#   make bench-go  the Go benchmarks of single functions
#   make dist    programs for Linux and Windows with checksums
#
# Steps of `make test`: format vet arch lint unit windows ui e2e trust kill. The
# pages of the booking service have a step of their own, `make e2e-booking`: seven
# minutes more would bring `make test` near the limit of the build machine.
# `make soak ROUNDS=1000` kills the program for hours, `make exchange WEEKS=10` the
# exchange of bundles, `make contention ATTEMPTS=1000000` the booking of appointments,
# `make histories COUNT=1000` lets office and booking service drift and agree again.

.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

GO      := go
# Neither git nor its state has a say in what is built.
export GOFLAGS += -buildvcs=false
BIN     := build/bin
TOOLS   := build/.tools
STAFF   := frontend/staff
MODULES := $(STAFF)/node_modules/.package-lock.json
SCREENS := $(STAFF)/dist/index.html
VERSION := $(shell sed -n 's/.*"productVersion": *"\([^"]*\)".*/\1/p' wails.json)
LDFLAGS := -s -w -X main.version=$(VERSION)
# The window needs cgo and these tags; without them kofu is a headless program.
WINDOW  := desktop,production,webkit2_41
WINTAGS := desktop,production,wv2runtime.error
UIFILES := $(shell find $(STAFF) frontend/shared -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

STEPS   := packages-test ui format vet arch lint unit windows programs e2e trust kill

.PHONY: FORCE help run run-booking test dist bench packages-run packages-test programs tools \
	format vet arch lint unit windows ui ui-check ui-test e2e e2e-booking trust kill story soak exchange histories contention rush bench-go packages-bench clean

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

# ---- what is missing is installed ---------------------------------------

packages-run:
	@build/install.sh run

packages-test:
	@build/install.sh test

$(MODULES): $(STAFF)/package.json $(STAFF)/package-lock.json
	cd $(STAFF) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The staff screens, embedded into the programs.
$(SCREENS): $(MODULES) $(UIFILES)
	cd $(STAFF) && npm run build
	@touch $@

tools: $(TOOLS)/golangci-lint

$(TOOLS)/golangci-lint: build/tools/go.mod build/tools/go.sum
	$(GO) -C build/tools build -o ../.tools/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

# ---- programs -------------------------------------------------------------

programs: $(BIN)/kofu $(BIN)/kofuctl $(BIN)/kofu-booking

# With the window where its headers exist, headless elsewhere. Go itself knows
# best whether there is anything to do.
$(BIN)/kofu: $(SCREENS) FORCE
	@mkdir -p $(BIN)
	@if pkg-config --exists webkit2gtk-4.1 2>/dev/null; then \
		$(GO) build -tags $(WINDOW) -ldflags "$(LDFLAGS)" -o $@ ./app/kofu; \
	else \
		CGO_ENABLED=0 $(GO) build -ldflags "$(LDFLAGS)" -o $@ ./app/kofu; \
	fi

$(BIN)/kofuctl: FORCE
	@mkdir -p $(BIN)
	@CGO_ENABLED=0 $(GO) build -ldflags "$(LDFLAGS)" -o $@ ./app/kofuctl

$(BIN)/kofu-booking: $(SCREENS) FORCE
	@CGO_ENABLED=0 $(GO) build -ldflags "$(LDFLAGS)" -o $@ ./app/booking

FORCE:

run: packages-run $(BIN)/kofu
	@exec $(BIN)/kofu --practice --data var

# KOFU_BOOKING_DB=postgres://… takes that database instead of a file.
run-booking: packages-run $(BIN)/kofu-booking
	@exec $(BIN)/kofu-booking serve --practice --data var/booking

# ---- tests ------------------------------------------------------------------

# Each step says how long it took.
test:
	@for step in $(STEPS); do \
		start=$$(date +%s); \
		$(MAKE) --no-print-directory $$step || { echo "The step $$step failed."; exit 1; }; \
		echo "$$step: $$(( $$(date +%s) - start )) s"; \
	done
	@echo "All tests passed."

format: $(TOOLS)/golangci-lint
	@out=$$($(TOOLS)/golangci-lint fmt --diff 2>&1) || { echo "$$out"; echo "Not formatted: run $(TOOLS)/golangci-lint fmt"; exit 1; }

vet:
	$(GO) vet ./...
	$(GO) vet -tags $(WINDOW) ./app/kofu
	GOOS=windows $(GO) vet -tags desktop,production ./...

# The rules of the architecture, and a test for every requirement.
arch:
	@build/requirements.sh
	$(GO) test -count=1 ./internal/archtest

lint: $(TOOLS)/golangci-lint
	$(TOOLS)/golangci-lint run ./...

# One PostgreSQL server for all packages that are tested on both engines. The
# race detector watches our own code; inside the SQLite engine, which is C
# turned into Go with locks of its own, it only costs most of the time. So it
# does for both sides together: each history is one act after the other.
unit:
	internal/testkit/postgres.sh $(GO) test -race -gcflags='modernc.org/...=-race=false' $$($(GO) list ./... | grep -v /bothsides$$)
	internal/testkit/postgres.sh $(GO) test ./internal/bothsides

windows:
	@mkdir -p $(BIN)
	for program in app/*/; do \
		name=$$(basename $$program); [ $$name != booking ] || name=kofu-booking; \
		CGO_ENABLED=0 GOOS=windows GOARCH=amd64 $(GO) build -tags $(WINTAGS) -o $(BIN)/windows/$$name.exe ./$$program || exit 1; \
	done

ui: ui-check ui-test $(SCREENS)

ui-check: $(MODULES)
	cd $(STAFF) && npm run check

ui-test: $(MODULES)
	cd $(STAFF) && npm test

# The browser tests run against a really started server, once for each door.
e2e: $(BIN)/kofu $(BIN)/kofu-booking $(MODULES)
	build/e2e.sh $(BIN)/kofu

# Residents and staff of the booking service in a browser, and page checkers
# over every page that they see.
e2e-booking: $(BIN)/kofu-booking $(BIN)/kofuctl $(MODULES)
	build/e2e-booking.sh $(BIN)/kofu-booking

# A browser trusts the appliance once its authority is imported, and not before.
trust: $(BIN)/kofu
	@build/trust.sh $(BIN)/kofu

# kill -9 of the real program while it imports and scans; the office and the
# booking service as two real programs that exchange bundles.
kill: $(SCREENS)
	internal/testkit/postgres.sh $(GO) test -count=1 -tags faultlab -timeout 25m ./internal/faultlab

# The way of a card through both programs, one line for each step; the resident
# books in a browser as wide as a small phone. KOFU_SHOTS=folder keeps pictures.
story: packages-test $(SCREENS) $(MODULES)
	internal/testkit/postgres.sh $(GO) test -count=1 -tags faultlab -v -run Story ./internal/faultlab -browser

ROUNDS  := 1000
soak:
	$(GO) test -count=1 -tags faultlab -timeout 0 -v -run '^TestKill$$' ./internal/faultlab -rounds $(ROUNDS)

# The long version of two programs that exchange bundles: killed at every system
# call of writing and applying one, and WEEKS weeks with faults by each way.
WEEKS := 10
exchange:
	internal/testkit/postgres.sh \
		$(GO) test -count=1 -tags faultlab -timeout 0 -v -run 'G03|Week' ./internal/faultlab -every -weeks $(WEEKS)

# Random histories of a real office and a real booking service that exchange
# bundles, are put back and end in agreement; an eighth of them on PostgreSQL.
COUNT := 1000
histories:
	internal/testkit/postgres.sh \
		$(GO) test -count=1 -timeout 0 -run 'KT1000_Histories' ./internal/bothsides -args -histories $(COUNT)

# Booking on both engines by several processes that are killed, with synced
# commits: nobody overbooked, nobody booked twice, nothing lost.
ATTEMPTS := 1000000
contention:
	KOFU_TEST_SYNCED=1 internal/testkit/postgres.sh \
		$(GO) test -count=1 -timeout 0 -v -run Contention ./internal/booking/reserve -args -attempts $(ATTEMPTS)

# The goals of booking beside their peers, as a table and as build/bench.json:
# make bench GOAL=G18 SCALE=10. What is missing to measure with is installed.
GOAL  := G18,G19,G21
SCALE := 1
PAIRS := 5
bench: packages-test packages-bench $(BIN)/kofu-booking
	KOFU_TEST_SYNCED=1 internal/testkit/postgres.sh \
		$(GO) run ./internal/bench -goal $(GOAL) -scale $(SCALE) -pairs $(PAIRS) -json build/bench.json

# The rush of the worst day, the waiting room, and a stormed neighbour.
rush:
	@$(MAKE) --no-print-directory bench GOAL=rush,queue,storm

packages-bench:
	@build/install.sh bench

bench-go:
	$(GO) test -run '^$$' -bench . -benchtime 1s ./...

# ---- release ----------------------------------------------------------------

dist: packages-run $(SCREENS)
	build/dist.sh "$(VERSION)"

clean:
	rm -rf $(BIN) $(TOOLS) build/dist
