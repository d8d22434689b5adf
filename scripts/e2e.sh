#!/usr/bin/env bash
# e2e.sh builds the binary and runs the browser tests, each of which starts a
# platform of its own in a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory build
TONGBAO_BIN="$PWD/bin/tongbao" node --test --test-concurrency=1 test/e2e/*.test.mjs
