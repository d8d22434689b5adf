#!/usr/bin/env bash
# build-ui.sh builds the faces and the example shop's pages, each where its
# sources have changed since it was built.
set -euo pipefail
cd "$(dirname "$0")/.."

# stale STAMP FILE...: whether the files' contents differ from the stamp's.
sum() { find "$@" -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }
built() { [ "$(cat "$1" 2>/dev/null || true)" = "$2" ]; }

mkdir -p build
want=$(sum ui)
if ! built build/ui.stamp "$want" || [ ! -f ui/wallet/dist/index.html ] || [ ! -f ui/merchant/dist/index.html ] || [ ! -f ui/console/dist/index.html ]; then
  echo "build-ui: building the wallet, the merchant portal and the console" >&2
  (cd ui && npm run --silent build >../build/ui.log 2>&1) || { cat build/ui.log >&2; exit 1; }
  echo "$want" >build/ui.stamp
fi

shop=examples/shop/ui
want=$(sum $shop)
if ! built build/shop.stamp "$want" || [ ! -f $shop/dist/index.html ]; then
  echo "build-ui: building the example shop" >&2
  (cd $shop && npm ci --no-fund --no-audit --loglevel=error >../../../build/shop.log 2>&1 && npm run --silent build >>../../../build/shop.log 2>&1) || { cat build/shop.log >&2; exit 1; }
  echo "$want" >build/shop.stamp
fi
