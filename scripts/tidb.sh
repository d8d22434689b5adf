#!/usr/bin/env bash
# tidb.sh builds TiDB's server for the tests, once: about eight minutes of two
# cores, at low priority, into the user's cache folder. It prints where it is.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^const TiDBVersion = "\(.*\)"/\1/p' test/servers/tidb.go)
cache=${XDG_CACHE_HOME:-$HOME/.cache}
[ "$(uname)" != Darwin ] || cache=$HOME/Library/Caches
binary=$cache/tongbao/tidb-server-$version
if [ ! -x "$binary" ]; then
  echo "tidb: building $version; this takes a while, once" >&2
  mkdir -p "$(dirname "$binary")"
  (cd test/tidb && nice -n 15 go build -tags codes -trimpath \
    -ldflags "-s -w -X github.com/pingcap/tidb/pkg/parser/mysql.TiDBReleaseVersion=$version" \
    -o "$binary.new" github.com/pingcap/tidb/cmd/tidb-server)
  mv "$binary.new" "$binary"
fi
echo "$binary"
