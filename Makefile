# `make demo` runs the main job, `make test` passes the tests; each installs what a fresh Debian machine lacks.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SOURCES := Package.swift Sources Tests Examples Integration Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Benchmarks
# What Swift and the tests need from Debian.
PACKAGES := ca-certificates git libc6-dev libnats-dev libstdc++-12-dev libzmq3-dev nats-server pkg-config python3-zmq

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

# One set of flags for all release builds of a run: another one would build everything anew.
RELEASE_FLAGS ?=
RELEASE = swift build -c release $(RELEASE_FLAGS)

.PHONY: demo
demo: dependencies ## Route the sample runs: what two subscriptions receive, and a table of what happened
	$(RELEASE) --product eventbus
	"$$($(RELEASE) --show-bin-path)/eventbus" route \
	    --bus memory: --subscribe 'graph.run.*.node.*.error' --subscribe 'kanban.board.*.update' Examples/runs.jsonl

# So many tests at a time: more would wait for each other's processor time longer than their deadlines allow.
RUN_TESTS := swift test --skip-build --experimental-maximum-parallelization-width 12
# Each of these keeps all processors busy, and so has them to itself: others wait with deadlines.
BUSY_TESTS := EventCoreTests|EventTransportTests|EventZMQTests|EventNATSTests|IntegrationTests|FieldCases

.PHONY: test
test: dependencies ## Build everything and run all tests
	swift build --build-tests
	$(RUN_TESTS) --skip '$(BUSY_TESTS)'
	for target in $(subst |, ,$(BUSY_TESTS)); do $(RUN_TESTS) --filter "$$target"; done
	EVENT_NATS_OUTAGES=1 $(RUN_TESTS) --filter 'EventNATSTests.OutageTests|EventNATSTests.ReadinessStressTests/.*killed'

# What has several threads; and what has but one, or measures time, and takes long.
CONCURRENT := Stress|Conformance|Mailbox|MemoryBus|Recording|Consuming|EventMetrics|EventLogging|EventLifecycle|LinkRuntime
SEQUENTIAL := Exploration|Exhaustive|Random|Precision|ReadinessCost|ManySubscriptions|CloseTime

.PHONY: test-thread
test-thread: dependencies ## Run the concurrent tests under ThreadSanitizer; the first report ends them
	swift build --build-tests --sanitize=thread --scratch-path .build-thread
	export TSAN_OPTIONS='halt_on_error=1 suppressions=Tests/thread-sanitizer.suppressions'; \
	$(RUN_TESTS) --sanitize=thread --scratch-path .build-thread --filter '$(CONCURRENT)' --skip 'EventZMQTests|$(SEQUENTIAL)'; \
	$(RUN_TESTS) --sanitize=thread --scratch-path .build-thread --filter EventZMQTests --skip '$(SEQUENTIAL)'

.PHONY: test-repeat
test-repeat: REPETITIONS ?= 50
test-repeat: dependencies ## Run the ZeroMQ conformance suites REPETITIONS times beside a busy core, until the first failure
	swift build --build-tests
	@yes >/dev/null & busy=$$!; trap 'kill $$busy' EXIT; \
	for repetition in $$(seq $(REPETITIONS)); do \
	    echo "repetition $$repetition of $(REPETITIONS)"; \
	    swift test --skip-build --filter ZMQBusConformanceTests >.build/test-repeat.log 2>&1 \
	        || { cat .build/test-repeat.log; exit 1; }; \
	done

# A package of its own, for only there every module is instrumented, and tells what is internal. Gold fails on libFuzzer.
FUZZ_BUILD := swift build -c release --package-path Integration/Fuzz --scratch-path .build-fuzz \
    -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld

.PHONY: fuzz fuzz-short fuzz-merge
fuzz: RUNS ?= 10000000
fuzz: dependencies ## Give each decoder of what strangers send RUNS inputs that libFuzzer makes up, from those that are kept
	$(FUZZ_BUILD)
	Integration/Fuzz/fuzz.sh "$$($(FUZZ_BUILD) --show-bin-path)/fuzz" $(RUNS) .build-fuzz/results
fuzz-short: dependencies ## The same with 200 000 inputs each, in less than a minute
	$(FUZZ_BUILD)
	Integration/Fuzz/fuzz.sh "$$($(FUZZ_BUILD) --show-bin-path)/fuzz" 200000 .build-fuzz/results
fuzz-merge: dependencies ## Keep what fuzzing has found in Integration/Fuzz/Corpus, as little of it as reaches the same
	$(FUZZ_BUILD)
	Integration/Fuzz/fuzz.sh "$$($(FUZZ_BUILD) --show-bin-path)/fuzz" merge .build-fuzz/results

.PHONY: mutants
mutants: PACKAGES += python3
mutants: CHOICE ?=
mutants: dependencies ## Put faults in the bus in process and list in Report.md which ones no test notices; CHOICE=Mailbox for some only
	Integration/Mutants/mutants.py build .build-mutants
	Integration/Mutants/mutants.py run .build-mutants $(CHOICE)
	Integration/Mutants/mutants.py report .build-mutants

.PHONY: explore
explore: dependencies ## Search the states of the loss ledger and of readiness with budgets that take minutes, in release
	EVENT_EXPLORE=large swift test -c release -Xswiftc -enable-testing --scratch-path .build-explore --filter Exploration

.PHONY: subjects
subjects: ROUNDS ?= 10000000
subjects: dependencies ## Write ROUNDS random subjects as NATS has them, and read them again, in release
	EVENT_ESCAPE_ROUNDS=$(ROUNDS) swift test -c release -Xswiftc -enable-testing --scratch-path .build-explore \
	    --filter SubjectEscapeTests

# What to run: scenarios or rows whose name holds this.
FILTER ?=
REPORT_FOLDER = $$($(RELEASE) --show-bin-path)

.PHONY: loss-report loss-report-short attack attack-short readiness nats-readiness nats-outages nats-log-stress nats-python pairs
loss-report: dependencies ## Lose envelopes between processes in many ways, check that each is told, and write the table; FILTER=NATS for some only
	$(RELEASE) --product LossReport
ifeq ($(FILTER),)
	"$(REPORT_FOLDER)/LossReport" --markdown Sources/EventZMQ/EventZMQ.docc/LossReport.md
else
	"$(REPORT_FOLDER)/LossReport" --filter '$(FILTER)'
endif
loss-report-short: dependencies ## The same in less than two minutes, with a selection that is not written
	$(RELEASE) --product LossReport
	"$(REPORT_FOLDER)/LossReport" --short
attack: dependencies ## Attack a live bus in many ways beside an honest peer, and write the table; FILTER=subscriptions for some only
	$(RELEASE) --product Attacks
ifeq ($(FILTER),)
	"$(REPORT_FOLDER)/Attacks" --markdown Sources/EventZMQ/EventZMQ.docc/AttackReport.md
else
	"$(REPORT_FOLDER)/Attacks" --filter '$(FILTER)'
endif
attack-short: dependencies ## The same in less than 90 seconds, with a selection that is not written
	$(RELEASE) --product Attacks
	"$(REPORT_FOLDER)/Attacks" --short
readiness: ROUNDS ?= 2000
readiness: dependencies ## Publish ROUNDS times as soon as somebody is counted, for each way to bind and up to four subscribers
	swift build --build-tests
	EVENT_STRESS_ROUNDS=$(ROUNDS) swift test --skip-build --filter ReadinessStressTests
nats-readiness: ROUNDS ?= 2000
nats-readiness: dependencies ## Subscribe and publish at once ROUNDS times, on one NATS server, across a cluster, and while servers are killed
	swift build --build-tests
	EVENT_STRESS_ROUNDS=$(ROUNDS) EVENT_NATS_OUTAGES=1 swift test --skip-build --filter EventNATSTests.ReadinessStressTests
nats-outages: REPETITIONS ?= 50
nats-outages: dependencies ## Kill, stop and restart NATS servers under a bus REPETITIONS times beside a busy core, until the first failure
	swift build --build-tests
	@yes >/dev/null & busy=$$!; trap 'kill $$busy' EXIT; \
	for repetition in $$(seq $(REPETITIONS)); do \
	    echo "repetition $$repetition of $(REPETITIONS)"; \
	    EVENT_NATS_OUTAGES=1 swift test --skip-build --filter EventNATSTests.OutageTests >.build/nats-outages.log 2>&1 \
	        || { cat .build/nats-outages.log; exit 1; }; \
	done
nats-log-stress: ROUNDS ?= 20
nats-log-stress: dependencies ## Kill the leader of a NATS log ROUNDS times while envelopes are appended, and look for each that was acknowledged
	swift build --build-tests
	EVENT_NATS_KILLS=$(ROUNDS) swift test --skip-build --filter EventNATSTests.LogClusterTests

nats-python: PACKAGES += python3-venv
nats-python: dependencies ## Test a NATS bus beside nats-py, which is fetched from PyPI
	/usr/bin/python3 -m venv .build/nats-python
	.build/nats-python/bin/pip install --quiet --disable-pip-version-check nats-py==2.16.0
	swift build --build-tests
	EVENT_NATS_PYTHON="$(CURDIR)/.build/nats-python/bin/python" swift test --skip-build --filter NATSPythonTests

pairs: COUNT ?= 300
pairs: dependencies ## Start COUNT pairs of eventbus sub and pub at the same moment, over ipc and tcp, and see what they lose
	$(RELEASE) --product LossReport
	"$(REPORT_FOLDER)/LossReport" pairs --count $(COUNT) --transport ipc
	"$(REPORT_FOLDER)/LossReport" pairs --count $(COUNT) --transport tcp

.PHONY: test-traits
test-traits: dependencies ## Run the tests of what package traits add: opening a bus from swift-configuration
	Tests/traits-check.sh

.PHONY: examples
examples: PACKAGES += iproute2
examples: dependencies ## Build the examples, run their tests and those that end by themselves
	Examples/check.sh

.PHONY: examples-page
examples-page: PACKAGES += chromium python3
examples-page: dependencies ## Look at the page of Examples/LiveView in headless Chromium
	swift build --package-path Examples/LiveView --scratch-path .build-examples/LiveView
	Examples/LiveView/check-page.py .build-examples/LiveView/debug/LiveView Examples/runs.jsonl

.PHONY: lint
lint: ## Check the format and the documentation comments
	swift format lint --strict --parallel --recursive $(SOURCES)

.PHONY: format
format: ## Format the sources in place
	swift format --in-place --parallel --recursive $(SOURCES)

.PHONY: release
release: RELEASE_FLAGS = -Xswiftc -warnings-as-errors
release: dependencies ## Build for release; a warning is an error
	$(RELEASE)

# Where `make install` puts things, and what a packager wants to stand before that.
PREFIX ?= /usr/local
DESTDIR ?=
INSTALLED = $(DESTDIR)$(PREFIX)
MANUAL = .build/plugins/GenerateManual/outputs/eventbus

.PHONY: install uninstall
install: dependencies ## Install eventbus with manual pages and completions below PREFIX (/usr/local), in DESTDIR
	$(RELEASE) --product eventbus
	rm -rf $(MANUAL)
	swift package -c release $(RELEASE_FLAGS) generate-manual --configuration release --multi-page >/dev/null
	@folder="$$($(RELEASE) --show-bin-path)"; \
	install -D -m 755 "$$folder/eventbus" "$(INSTALLED)/bin/eventbus"; \
	for page in $(MANUAL)/*.1; do install -D -m 644 "$$page" "$(INSTALLED)/share/man/man1/$${page##*/}"; done; \
	completion() { \
	    install -d "$(INSTALLED)/$$2"; \
	    "$$folder/eventbus" --generate-completion-script $$1 >"$(INSTALLED)/$$2/$$3"; \
	}; \
	completion bash share/bash-completion/completions eventbus; \
	completion zsh share/zsh/site-functions _eventbus; \
	completion fish share/fish/vendor_completions.d eventbus.fish
	@echo "installed $(INSTALLED)/bin/eventbus"
uninstall: ## Remove what make install has installed
	rm -f "$(INSTALLED)/bin/eventbus" "$(INSTALLED)"/share/man/man1/eventbus*.1 \
	    "$(INSTALLED)/share/bash-completion/completions/eventbus" \
	    "$(INSTALLED)/share/zsh/site-functions/_eventbus" \
	    "$(INSTALLED)/share/fish/vendor_completions.d/eventbus.fish"

.PHONY: install-check
install-check: ## Install eventbus into a folder of its own, look at what is there, and remove it
	Tests/install-check.sh

# A library after those whose documentation it refers to.
LIBRARIES := EventCore EventTransport EventMemory EventTesting EventZMQ EventNATS EventMetrics EventLogging EventTracing \
    EventLifecycle
DOCUMENTATION := .build/documentation

.PHONY: docs
docs: dependencies ## Build the documentation into .build/documentation; a warning is an error
	swift build --build-tests # without its tests the package has no symbol graph
	swift package dump-symbol-graph --skip-synthesized-members >/dev/null
	rm -rf $(DOCUMENTATION)
	@graphs="$$(dirname "$$(swift build --show-bin-path)")/symbolgraph"; \
	known=(); \
	for library in $(LIBRARIES); do \
	    echo "documenting $$library"; \
	    mkdir -p $(DOCUMENTATION)/graphs/$$library; \
	    cp $$(find "$$graphs" -name "$$library.symbols.json" -o -name "$$library@*.symbols.json") \
	        $(DOCUMENTATION)/graphs/$$library; \
	    docc convert Sources/$$library/$$library.docc --warnings-as-errors \
	        --fallback-display-name $$library --fallback-bundle-identifier $$library \
	        --additional-symbol-graph-dir $(DOCUMENTATION)/graphs/$$library \
	        --enable-experimental-external-link-support "$${known[@]}" \
	        --output-path $(DOCUMENTATION)/$$library.doccarchive; \
	    known+=(--dependency $(DOCUMENTATION)/$$library.doccarchive); \
	done
	docc merge $(DOCUMENTATION)/*.doccarchive --output-path $(DOCUMENTATION)/EventBus.doccarchive \
	    --synthesized-landing-page-name swift-event-bus

# The last release, in a clone without tags as well; empty when there is neither a tag nor a commit of one.
LAST_RELEASE = $$(git describe --tags --abbrev=0 2>/dev/null || git log -1 --format=%H --grep='^Release [0-9]')

.PHONY: api-check
api-check: dependencies ## Compare the public API with that of the last release; what breaks its users unmeant fails
	@release=$(LAST_RELEASE); \
	[ -n "$$release" ] || { echo 'NOT CHECKED: this clone has neither a tag nor a release commit to compare with' >&2; exit 0; }; \
	swift package diagnose-api-breaking-changes "$$release" --breakage-allowlist-path api-breaks.txt

.PHONY: api-breaks
api-breaks: dependencies ## Mean all that breaks users of the last release now: list it in api-breaks.txt
	@breaks=$$(swift package diagnose-api-breaking-changes "$(LAST_RELEASE)" 2>&1 || true); \
	grep -q 'breaking changes\? detected' <<<"$$breaks" || { echo "$$breaks" >&2; exit 1; }; \
	sed -n 's/.*\(API breakage: \)/\1/p' <<<"$$breaks" | LC_ALL=C sort >api-breaks.txt

.PHONY: consumer-check
consumer-check: dependencies ## Build a package that depends on EventMemory alone, without libzmq
	Tests/consumer-check.sh

# With FILTER, only rows are measured whose names hold one of its parts, which commas separate.
BENCH := swift build -c release --package-path Benchmarks
BENCH_FOLDER = $$(swift build -c release --package-path Benchmarks --show-bin-path)

.PHONY: bench
bench: PACKAGES += valgrind binutils
bench: dependencies ## Measure the bus beside its peers; FILTER=publish-one for some rows only, which are not saved
	$(BENCH) --product wire-in-c
	$(BENCH) --product nats-in-c
	$(BENCH) --product regression-guard
	$(BENCH) --product event-bench
ifeq ($(FILTER),)
	"$(BENCH_FOLDER)/event-bench" table --instructions --json Benchmarks/Results/table.json
else
	"$(BENCH_FOLDER)/event-bench" table --filter '$(FILTER)'
endif

.PHONY: bench-scale
bench-scale: dependencies ## Measure how cost grows with subscriptions, subjects, publishers and payloads
	$(BENCH) --product wire-in-c
	$(BENCH) --product event-bench
	"$(BENCH_FOLDER)/event-bench" scale --json Benchmarks/Results/scale.json

.PHONY: bench-growth
bench-growth: dependencies ## Measure time and memory for sizes from 10² to 10⁶, and fit the power they grow with
	$(BENCH) --product event-bench
ifeq ($(FILTER),)
	"$(BENCH_FOLDER)/event-bench" growth --json Benchmarks/Results/growth.json --markdown Benchmarks/Results/Growth.md
else
	"$(BENCH_FOLDER)/event-bench" growth --filter '$(FILTER)'
endif

.PHONY: bench-wire-growth
bench-wire-growth: dependencies ## Measure 1, 10 and 100 processes on a side of ZeroMQ, and payloads from 10 B to 10 MB
	$(BENCH) --product wire-in-c
	$(BENCH) --product event-bench
	"$(BENCH_FOLDER)/event-bench" wire-growth --markdown Benchmarks/Results/WireGrowth.md

.PHONY: bench-plot
bench-plot: PACKAGES += python3-matplotlib
bench-plot: dependencies ## Draw what bench-scale measured
	/usr/bin/python3 Benchmarks/plot.py Benchmarks/Results/scale.json Benchmarks/Results

.PHONY: bench-percentiles
bench-percentiles: dependencies ## Run the rows in one process through ordo-one/benchmark, for their percentiles
	swift package --package-path Benchmarks --disable-sandbox benchmark --no-progress

.PHONY: bench-check bench-limits
bench-check: PACKAGES += valgrind binutils
bench-check: dependencies ## Fail when instructions, allocations or bytes per operation exceed their limits, or grow too fast
	$(BENCH) --product regression-guard
	"$(BENCH_FOLDER)/regression-guard" Benchmarks/limits.json
bench-limits: PACKAGES += valgrind binutils
bench-limits: dependencies ## Make what operations cost now the limit
	$(BENCH) --product regression-guard
	"$(BENCH_FOLDER)/regression-guard" --update Benchmarks/limits.json

# Says what is missing and installs it with apt, where there is apt; other systems are left to their own.
.PHONY: dependencies
dependencies:
	@command -v swift >/dev/null || { echo 'Swift 6.3 is needed: https://www.swift.org/install' >&2; exit 1; }
	@command -v apt-get >/dev/null || exit 0; \
	missing=(); \
	for package in $(PACKAGES); do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing+=($$package); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	    echo "installing $${missing[*]}"; \
	    as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	    $$as_root apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $${missing[*]} >/dev/null; \
	fi

.PHONY: clean
clean: ## Remove what was built
	rm -rf .build .build-thread .build-explore .build-examples .build-fuzz .build-mutants Benchmarks/.build
