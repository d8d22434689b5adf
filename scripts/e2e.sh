#!/usr/bin/env bash
# e2e.sh builds the binary and runs the browser tests, each of which starts a
# platform of its own in a temporary folder; with STORE=mariadb each on a database of
# its own.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory build
case "${STORE:-}" in
  '') ;;
  mariadb)
    scripts/need.sh databases
    mkdir -p build
    ${GO:-go} build -o build/databases ./test/servers/databases
    coproc DATABASES { exec build/databases; }
    trap 'exec {DATABASES[1]}>&-; wait' EXIT
    read -r -u "${DATABASES[0]}" TONGBAO_DATABASES
    export TONGBAO_DATABASES
    ;;
  *) echo "there are no browser tests on STORE=$STORE; mariadb is known" >&2; exit 2 ;;
esac
TONGBAO_BIN="$PWD/bin/tongbao" node --test --test-concurrency=1 ${TESTS:-test/e2e/*.test.mjs}
