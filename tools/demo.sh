#!/usr/bin/env bash
# The main job on generated tasks: meta-train, export, verify, measure, then adapt to a new curve in a process that has no libtorch.
set -euo pipefail
out=artifacts/demo
rm -rf "$out"
mkdir -p "$out"

echo "== meta-train sinusoids: learn a start from which one gradient step fits a new curve (and the joint baseline)"
"$KINDLING" train models/sinusoid --iterations "${DEMO_ITERATIONS:-5000}" --out "$out/checkpoint"
echo "== export to ONNX and replay the trainer's own inner loop in ONNX Runtime"
"$KINDLING" export models/sinusoid --checkpoint "$out/checkpoint" --out "$out/sinusoid"
echo "== mean squared error on 600 new curves, through ONNX Runtime"
"$KINDLING" eval "$out/sinusoid" --episodes 600 --steps 10 --plot "$out/sinusoid.png"
echo "plot: $out/sinusoid.png"
echo "== an app without libtorch adapts to a new curve, y = 2.5 sin(x - 1), from ten points"
dotnet "$QUICKSTART" "$out/sinusoid" "$out/user.adapted"
