# Two commands do everything on a fresh machine: `make demo` and `make test`.
DEVICE ?= cpu
MODEL ?= sinusoid
KINDLING = artifacts/bin/Kindling.Cli/release/kindling
BUILD_FLAGS = -c Release -p:Device=$(DEVICE) --nologo -v q

.PHONY: demo test build train export bench lint clean

build:
	dotnet build tools/Kindling.Cli $(BUILD_FLAGS)

demo: build
	@KINDLING=$(KINDLING) bash tools/demo.sh

test:
	dotnet build Pipeline.sln $(BUILD_FLAGS)
	dotnet test Pipeline.sln -c Release --no-build --nologo --logger "console;verbosity=minimal"

train: build
	$(KINDLING) train models/$(MODEL)

export: build
	$(KINDLING) export models/$(MODEL)

bench: build
	$(KINDLING) bench all models --out artifacts/bench/bench.json

lint:
	dotnet tool restore
	dotnet csharpier check src tests tools

clean:
	rm -rf artifacts
