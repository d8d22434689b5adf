#!/usr/bin/env bash
# bench.sh runs the measurements and writes a dated table into docs/performance.md;
# see bench.mjs.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
[ -n "${TIGERBEETLE:-}" ] || echo "bench: no TIGERBEETLE=path given: the transfers are measured alone" >&2
node scripts/bench.mjs
