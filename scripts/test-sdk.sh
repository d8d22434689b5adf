#!/usr/bin/env bash
# test-sdk.sh builds the binary and has public Alipay SDKs talk to sandboxes of
# it: smartwalle's in Go, the official one in Node, the latter in a browser too.
# SDK=go or SDK=node runs one of them.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory build
export TONGBAO_BIN="$PWD/bin/tongbao"
if [ "${SDK:-go}" = go ]; then
  (cd test/sdk/go && "${GO:-go}" vet ./... && "${GO:-go}" test -count=1 ./...)
fi
if [ "${SDK:-node}" = node ]; then
  node --test --test-reporter=spec test/sdk/node/*.test.mjs
fi
