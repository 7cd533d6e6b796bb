# DiagnOPs. `make demo` needs Go alone; `make test` fetches what its tests need by itself.
SHELL := /bin/bash
GO    ?= go

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

# Labelled incidents that are no part of the repository (README, "Accuracy"), beside it by default.
DATA ?= ../shared/data

GOLANGCI_VERSION  := v2.15.0
BENCHSTAT_VERSION := v0.0.0-20260908200009-22c9c6c9d4da
BENCHCOUNT        ?= 3
BENCH_OUT         ?= bench/out
# How many made-up incidents are scored, and the first one's seed. Seeds from a million on are kept for the figures
# beside the code: nobody looks at them to improve the engine, or they would say nothing about incidents not seen before.
SYNTH_SEEDS ?= 1000
SYNTH_BASE  ?= 2000000
SYNTH_OUT   ?= $(CURDIR)/bench/eval/synth.json

FUZZTIME          ?= 60s
TESTFLAGS         ?=

export PATH := $(CURDIR)/bin:$(PATH)

.PHONY: all build demo test race bench bench-all eval eval-synth eval-check ledgers scenarios page exporters fit lint fuzz e2e clean
all: build

# One static binary, the same bytes from the same commit wherever it is built.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/diagnops ./cmd/diagnops

demo: build
	@bin/diagnops demo

test: bin/.servers-ready
	$(GO) test $(TESTFLAGS) ./...

# The packages in which goroutines share something; and what is built of atomic words alone on several numbers of
# processors, and where a word is two.
race: bin/.servers-ready
	$(GO) test -race -cpu 1,2,4 $(TESTFLAGS) ./engine/ring/...
	GOARCH=386 $(GO) test $(TESTFLAGS) ./engine/ring/...
	$(GO) test -race -timeout 30m $(TESTFLAGS) ./engine/window/... ./engine/journal ./engine/batch/... ./engine \
		./collectors/... ./cmd/...

# The end-to-end tests alone, against real servers and with processes that are killed; `make test` runs them too.
e2e: bin/.servers-ready
	$(GO) test -count=1 -run 'TestEndToEnd' -v $(TESTFLAGS) ./cmd/... ./collectors/... ./engine/journal ./engine/store ./rules

# What is claimed of speed, beside what it is claimed of: some fifteen minutes. BENCH_OUT=bench/results writes the figures
# that lie beside the code.
bench: bin/benchstat
	@.ci/bench $(BENCH_OUT) $(BENCHCOUNT)

# Every benchmark there is, for comparing a package with itself.
bench-all:
	@mkdir -p bench/out
	$(GO) test -run '^$$' -bench . -benchmem -count $(BENCHCOUNT) ./... | tee bench/out/all.txt

# Scores every labelled incident at hand and the made-up ones, and writes the figures beside the code.
eval: build
	@.ci/eval write "$(DATA)" bench/eval/latest.json
	@$(MAKE) --no-print-directory eval-synth

# The made-up incidents alone: some ten minutes on two cores. For a look at others, written nowhere:
# make eval-synth SYNTH_SEEDS=150 SYNTH_BASE=0 SYNTH_OUT=
eval-synth:
	DIAGNOPS_SYNTH_SEEDS=$(SYNTH_SEEDS) DIAGNOPS_SYNTH_BASE=$(SYNTH_BASE) DIAGNOPS_SYNTH_OUT="$(SYNTH_OUT)" \
		$(GO) test -count=1 -timeout 60m -run '^TestSynth$$' -v ./bench

# The same, held against the figures beside the code: fails when one got worse.
eval-check: build
	@.ci/eval check "$(DATA)" bench/eval/latest.json

# Rewrites the golden ledgers of the made-up incidents; read the diff.
ledgers:
	$(GO) test -count=1 -run '^TestLedgers' ./bench -update

# Rewrites the scenarios of testdata/scenarios from their scripts, then the answers to them; read the diff.
scenarios:
	$(GO) test -count=1 -run '^TestCommitted$$' ./collectors/synth/scenarios -update
	$(GO) test -count=1 -run '^TestScenarioAnswers$$' ./cmd/diagnops -update

# Rewrites the page of what the rule packs know (rules/PACKS.md).
page:
	$(GO) test -count=1 -run '^TestPage$$' ./rules -update

# Rewrites the page of what real exporters answer (rules/EXPORTERS.md).
exporters: bin/.servers-ready
	$(GO) test -count=1 -run '^TestEndToEndExporters$$' ./rules -update

# Fits the weights of the ranking on the labelled incidents and on made-up ones, and prints what that is worth on incidents
# that are held out. Judge by those figures, then `make eval` and commit both.
fit: build
	@.ci/eval fit "$(DATA)" rules/packs/weights.yaml

lint: bin/golangci-lint
	golangci-lint run ./...

# Every fuzz target in turn, FUZZTIME each.
fuzz:
	@.ci/fuzz $(FUZZTIME)

clean:
	rm -rf bin bench/out

bin/golangci-lint:
	GOBIN=$(CURDIR)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

bin/benchstat:
	GOBIN=$(CURDIR)/bin $(GO) install golang.org/x/perf/cmd/benchstat@$(BENCHSTAT_VERSION)

# The stamp is empty: it says that the servers were found or fetched.
bin/.servers-ready: .ci/need-servers
	@mkdir -p bin
	@.ci/need-servers bin
	@touch $@
