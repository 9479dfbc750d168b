# Two commands do everything on a fresh machine: `make demo` and `make test`.
DEVICE ?= cpu
MODEL ?= sinusoid
FUZZ ?= 2000000
SEED ?= 1
KINDLING = artifacts/bin/Kindling.Cli/release/kindling
QUICKSTART = artifacts/bin/QuickStart/release/QuickStart.dll
RELEASED = linear sinusoid glyphs-5w1s omniglot-5w1s omniglot-5w1s-paper scenes-3w navigation
BUILD_FLAGS = -c Release -p:Device=$(DEVICE) --nologo -v q

.PHONY: demo test build train export models data bench pack pack-ort-training fuzz playground lint clean

build:
	dotnet build tools/Kindling.Cli $(BUILD_FLAGS)

demo: build
	dotnet build tools/samples/QuickStart $(BUILD_FLAGS)
	@KINDLING=$(KINDLING) QUICKSTART=$(QUICKSTART) bash tools/demo.sh

test:
	dotnet build Pipeline.sln $(BUILD_FLAGS)
	dotnet test Pipeline.sln -c Release --no-build --nologo --logger "console;verbosity=minimal"

train: build
	$(KINDLING) train models/$(MODEL)

export: build
	$(KINDLING) export models/$(MODEL)

# Trains every released model anew (hours) and writes models/*/bundle.
models: build
	for name in $(RELEASED); do $(KINDLING) train models/$$name && $(KINDLING) export models/$$name --out models/$$name/bundle || exit; done

# Omniglot (MIT) into data/omniglot, where it is not there yet; the evaluation checks the decoded pictures against the hash in the bundle.
data: build
	bash tools/data.sh
	$(KINDLING) eval models/omniglot-5w1s/bundle --episodes 1 --data data

bench: build
	$(KINDLING) bench all models --out artifacts/bench/bench.json

# The packages for apps: Kindling.Hosting and, as it references them, Kindling.Adapt and Kindling.Bundle.
pack:
	dotnet build src/Kindling.Hosting -c Release --nologo -v q -p:GeneratePackageOnBuild=true -p:PackageOutputPath=$(CURDIR)/artifacts/packages

# Damaged inputs for every reader: FUZZ each, and 1 in 40 of that where a session opens. A quarter of an hour; SEED=N is another sequence.
fuzz:
	dotnet build tests/Fuzz $(BUILD_FLAGS)
	KINDLING_FUZZ=$(FUZZ) KINDLING_FUZZ_SEED=$(SEED) dotnet test tests/Fuzz -c Release --no-build --nologo --logger "console;verbosity=normal"

# Apart, since it has to be built against the managed part that its native package takes; not on every package feed.
pack-ort-training:
	dotnet pack src/Kindling.OrtTraining -c Release -p:OrtTraining=1.19.2 --nologo -v q -o artifacts/packages

# Draw characters in a browser, and the server learns them: http://localhost:5000
playground:
	dotnet run --project tools/playground $(BUILD_FLAGS)

lint:
	dotnet tool restore
	dotnet csharpier check src tests tools

clean:
	rm -rf artifacts
