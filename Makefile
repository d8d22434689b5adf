# Two commands do everything: `make run` and `make test`. Both fetch what is
# missing themselves; what they can't fetch they name.

GO         ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
VERSION    := $(shell git describe --always --dirty 2>/dev/null || echo dev)
RACE        = ./internal/engine ./internal/pebblestore ./internal/store/... ./internal/identity ./internal/pay \
              ./internal/jobs ./internal/fanout ./internal/webhook ./internal/openapi ./internal/web ./internal/sandbox ./internal/clock ./internal/alipay/... ./examples/...

.PHONY: run build ui test test-short test-go test-tidb test-ui test-e2e test-sdk lint bench replay soak chaos fmt clean help

help: ## what can be made
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## build, start the sandbox, print the addresses
	@./bin/tongbao sandbox --data data

build: ui bin/tongbao ## the binary with its screens, in bin/

# Go decides what is stale; it is quick when nothing is.
.PHONY: bin/tongbao
bin/tongbao:
	@mkdir -p bin
	@$(GO) build -trimpath -ldflags "-X tongbao.Version=$(VERSION)" -o $@ ./cmd/tongbao

ui: ## the screens, where their sources have changed
	@scripts/need.sh ui
	@scripts/build-ui.sh

test: lint test-go test-ui test-e2e test-sdk ## everything CI runs

test-short: lint ## what takes long left out: no kills, no race detector, no browser, no servers but MariaDB
	@scripts/need.sh databases
	@$(GO) test -short -timeout 10m ./...

lint: ## gofmt, vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted"; exit 1; fi
	@$(GO) vet ./...
	@$(GO) run $(STATICCHECK) ./...

test-go: ## unit, property, fuzz-seed and store tests; with the race detector where goroutines meet
	@scripts/need.sh databases
	@$(GO) test -race -timeout 20m $(RACE)
	@$(GO) test -race -short -timeout 20m -run 'AtOnce|TestTwoRefunds|TestCapture|TestAHold|TestAReplayed|TestAnIdempotency|Predicted' ./internal/sim
	@$(GO) test -race -short -timeout 20m -run 'ProvenLate|Skew|OneCommand|OneMerchant|Turn|Breaks|ToldOf|Spread|Archived' ./internal/mysqlstore
	@$(GO) test -timeout 20m $$($(GO) list ./... | grep -vE "$$($(GO) list $(RACE) | sed 's/$$/$$/' | paste -sd'|')")

test-tidb: ## the tests that run on TiDB, which is built first where it isn't cached (eight minutes)
	@scripts/tidb.sh >/dev/null
	@$(GO) test -count=1 -timeout 20m -run TiDB ./...

test-ui: ## types and unit tests of the screens, and the weight of their first pages
	@scripts/need.sh ui
	@cd ui && npm run --silent check
	@scripts/build-ui.sh
	@cd ui && npm run --silent size

test-e2e: ## the whole platform in Chromium; with STORE=mariadb on a database
	@scripts/need.sh
	@STORE=$(STORE) scripts/e2e.sh

test-sdk: ## public Alipay SDKs, unchanged, against a sandbox
	@scripts/need.sh
	@scripts/test-sdk.sh

bench: build ## measured load
	@scripts/bench.sh

replay: ## all recorded orders on MariaDB and in a folder: the same report, to the cent
	@scripts/need.sh databases
	@TONGBAO_REPLAY=all $(GO) test -count=1 -timeout 60m -v -run TestReplayOnADatabase ./internal/replay

soak: build ## the simulation: ten million commands, more than a thousand power cuts; goes on where it was stopped
	@scripts/soak.sh

chaos: ## kill -9 under load 200 times; with STORE=mariadb, galera, mysql or group: two servers, their database and the network broken 50 times (ROUNDS)
ifeq ($(STORE),)
	@TONGBAO_KILLS=$(or $(ROUNDS),200) $(GO) test -count=1 -timeout 60m -v -run TestKilled ./internal/sim ./cmd/tongbao
else
	@scripts/need.sh databases
	@TONGBAO_CHAOS=$(or $(ROUNDS),50) TONGBAO_CHAOS_STORE=$(STORE) $(GO) test -count=1 -timeout 60m -v -run TestChaos ./cmd/tongbao
endif

fmt: ## gofmt
	@gofmt -w $$(git ls-files '*.go')

clean: ## remove what was built
	@rm -rf bin build ui/*/dist/assets ui/*/dist/index.html
