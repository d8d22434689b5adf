#!/usr/bin/env bash
# bench.sh measures load on a folder of its own and prints the figures.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${COUNT:-1000000}
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
for what in payments transfers; do
  echo "== tongbao bench $what --count $count"
  ./bin/tongbao bench $what --count "$count" --data "$dir/$what" --json
done
echo "== tongbao bench http --count 50000"
./bin/tongbao bench http --count 50000 --data "$dir/http" --json
