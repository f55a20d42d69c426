# Foghorn. `make help` lists what there is.
GO      ?= go
BIN     ?= bin/foghorn
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
SECONDS_PER_FUZZ ?= 20
# The comparison side by side: the program of VictoriaLogs, and how many lines.
PEER_VLOGS ?=
PEER_LINES ?= 5000000
# How cost grows: sizes of stores in lines, such as GROWTH=1000000,5000000,20000000 (half an hour).
GROWTH  ?=
# Random schedules of writes, rotations, kills and outages that make fuzz puts the shipper through.
SCHEDULES ?= 500
# Random command lines of grep that fuzz compares with grep itself.
GREP_CASES ?= 10000
# Extra arguments for `make run` and `make demo`, such as ARGS="--listen 127.0.0.1:9000".
ARGS    ?=

.PHONY: help build run demo test unit race lint fuzz bench e2e kafka clean

help: ## Show this help
	@awk -F':.*## ' '/^[a-z0-9]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/foghorn
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) .

run: build ## Run everything, with an embedded Kafka, over this machine's own logs
	./$(BIN) up --logs '/var/log/**' --data .run/data $(ARGS)

demo: build ## Run everything over a small shop that breaks after half a minute
	./$(BIN) up --demo --data .run/demo $(ARGS)

test: unit e2e ## All tests: units, integration, and the end-to-end runs

unit: ## Unit and integration tests (embedded Kafka)
	$(GO) test -timeout 10m ./...

race: ## Unit and integration tests under the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./...

lint: ## gofmt, go vet, and golangci-lint where it is installed
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags e2e ./deployments/e2e
	@if command -v golangci-lint >/dev/null; then golangci-lint run; else echo "golangci-lint is not installed: its checks were SKIPPED"; fi

fuzz: ## Every fuzzer for SECONDS_PER_FUZZ (20) seconds, and SCHEDULES (500) random schedules of the shipper
	@for f in $$(grep -rlE --include='*_test.go' '^func Fuzz' . | sort); do \
	  for name in $$(grep -oE '^func Fuzz[A-Za-z0-9_]*' $$f | sed 's/func //'); do \
	    echo "== $$(dirname $$f) $$name"; \
	    $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(SECONDS_PER_FUZZ)s -fuzzminimizetime 1s ./$$(dirname $$f) || exit 1; \
	  done; done
	$(GO) test -count 1 -timeout 40m -parallel 8 -run '^TestModel$$' ./shipper -seeds $(SCHEDULES)
	$(GO) test -count 1 -timeout 30m -run '^TestRandomGrep$$' ./indexer/client -contract-cases $(GREP_CASES)

bench: build ## Lines/s of each stage and of the whole flow, and its peak memory
	$(GO) test -run '^$$' -bench . -benchmem -timeout 20m ./pipeline/... ./shipper/... ./rules/... ./indexer/...
	FOGHORN_BIN=$(CURDIR)/$(BIN) $(GO) test -tags e2e -count 1 -v -timeout 20m -run TestWholeFlow ./deployments/e2e -bench-flow
	@if [ -n "$(PEER_VLOGS)" ]; then \
	  FOGHORN_BIN=$(CURDIR)/$(BIN) $(GO) test -tags e2e -count 1 -v -timeout 60m -run TestPeer ./deployments/e2e -peer-vlogs '$(PEER_VLOGS)' -peer-lines $(PEER_LINES); \
	else echo "SKIPPED: the comparison with VictoriaLogs needs its program (make bench PEER_VLOGS=path)"; fi
	@if [ -n "$(GROWTH)" ]; then \
	  FOGHORN_BIN=$(CURDIR)/$(BIN) $(GO) test -tags e2e -count 1 -v -timeout 120m -run TestGrowth ./deployments/e2e -growth '$(GROWTH)'; \
	else echo "SKIPPED: how cost grows with the number of lines needs sizes (make bench GROWTH=1000000,5000000)"; fi

e2e: build ## The end-to-end run, on the embedded broker and on Apache Kafka
	FOGHORN_BIN=$(CURDIR)/$(BIN) $(GO) test -tags e2e -count 1 -v -timeout 10m ./deployments/e2e -broker embedded
	@if [ -n "$$CI" ] || deployments/kafka/kafka.sh check >/dev/null 2>&1; then \
	  FOGHORN_BIN=$(CURDIR)/$(BIN) $(GO) test -tags e2e -count 1 -v -timeout 15m ./deployments/e2e -broker apache; \
	else echo "SKIPPED: the run against Apache Kafka needs Java 17 and Maven (deployments/kafka/kafka.sh check)"; fi

kafka: ## Run Apache Kafka itself on loopback until Ctrl-C (needs Java 17 and Maven)
	deployments/kafka/kafka.sh run

clean: ## Remove what was built and the data of `make run`
	rm -rf bin .run
