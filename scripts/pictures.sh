#!/usr/bin/env bash
# pictures.sh takes the pictures of docs/pictures anew: the browser tests look at
# every screen, and those that the pages show are kept. SHOTS=FOLDER keeps all.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/need.sh
make --no-print-directory build
shots=${SHOTS:-}
if [ -z "$shots" ]; then
  shots=$(mktemp -d)
  trap 'rm -rf "$shots"' EXIT
fi
TONGBAO_SHOTS=$shots TONGBAO_BIN="$PWD/bin/tongbao" node --test --test-concurrency=1 test/e2e/faces.test.mjs test/e2e/apps.test.mjs test/e2e/alipay-shop.test.mjs

# keep NAME SHOT
keep() { node scripts/palette.mjs "$shots/$2.png" "docs/pictures/$1.png"; }
keep shop faces/en/shop-home
keep checkout faces/en/shop-checkout
keep cashier faces/en/wallet-cashier
keep paid faces/en/cashier-paid
keep shop-order faces/en/shop-order
keep merchant-order faces/en/merchant-order
keep refund faces/en/merchant-refund
keep order faces/en/wallet-order
keep dispute faces/en/wallet-dispute
keep console-dispute faces/en/console-dispute
keep console-account faces/en/console-unrolled
keep app-setup apps/en/setup
keep app-call apps/en/call
keep alipay-shop alipay-shop/en-desk/goods
