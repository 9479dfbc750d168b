#!/usr/bin/env bash
# The main job on generated tasks: meta-train, export, verify, then adapt to a new curve in a process that has no libtorch.
set -euo pipefail
out=artifacts/demo
rm -rf "$out"
mkdir -p "$out"

echo "== meta-train sinusoids: learn a start from which one gradient step fits a new curve"
"$KINDLING" train models/sinusoid --iterations "${DEMO_ITERATIONS:-5000}" --out "$out/checkpoint"
echo "== export to ONNX and replay the trainer's own inner loop in ONNX Runtime"
"$KINDLING" export models/sinusoid --checkpoint "$out/checkpoint" --out "$out/sinusoid"
echo "== mean squared error on 600 new curves, ONNX Runtime only"
"$KINDLING" eval "$out/sinusoid" --episodes 600
echo "== one new curve: y = 2.5 sin(x - 1) from ten points"
awk 'BEGIN { print "x,label"; for (i = 0; i < 10; i++) { x = -4.5 + i; printf "%.4f,%.6f\n", x, 2.5 * sin(x - 1) } }' > "$out/support.csv"
awk 'BEGIN { print "x"; for (i = 0; i < 5; i++) printf "%.4f\n", -4 + 2 * i }' > "$out/query.csv"
"$KINDLING" adapt "$out/sinusoid" --support "$out/support.csv" --out "$out/curve.adapted"
"$KINDLING" predict "$out/sinusoid" --adapted "$out/curve.adapted" "$out/query.csv"
