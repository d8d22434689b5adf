#!/usr/bin/env bash
# need.sh makes sure of what the front end, its browser tests, the SDK tests and
# the tests on databases need: Node 20, npm packages as the lock files say, Chromium
# and Chinese fonts, MariaDB's server and Galera. As root on Debian it installs what
# is missing; elsewhere it names it.
#
#   scripts/need.sh            everything
#   scripts/need.sh ui         Node and the npm packages alone, enough to build
#   scripts/need.sh databases  MariaDB and Galera alone
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:-all}
missing=()

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# apt_install PACKAGE...: quiet unless it fails.
apt_install() {
  echo "need: installing $*" >&2
  local log; log=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

node_ok() { command -v node >/dev/null && node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)'; }

[ "$what" = databases ] || node_ok || missing+=("Node.js 20 or newer with npm (https://nodejs.org; Debian: apt-get install nodejs npm, where it is new enough)")

packages=()
if [ "$what" != ui ]; then
  { [ -x /usr/sbin/mariadbd ] || command -v mariadbd >/dev/null; } || packages+=(mariadb-server)
  [ -e /usr/lib/galera/libgalera_smm.so ] || packages+=(galera-4)
  command -v rsync >/dev/null || packages+=(rsync)
  command -v lsof >/dev/null || packages+=(lsof)
fi
if [ "$what" = all ]; then
  chromium=${CHROMIUM:-/usr/bin/chromium}
  [ -x "$chromium" ] || packages+=(chromium)
  if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh family 2>/dev/null | head -n 1)" ]; then
    packages+=(fontconfig fonts-noto-cjk)
  fi
fi
if [ ${#packages[@]} -gt 0 ]; then
  if can_install; then
    apt_install "${packages[@]}"
  else
    missing+=("${packages[*]} (Debian: sudo apt-get install ${packages[*]}; elsewhere set CHROMIUM to a Chrome or Chromium, have a font with Chinese characters, and MariaDB's server with Galera)")
  fi
fi

if [ ${#missing[@]} -gt 0 ]; then
  echo "need: missing on this machine:" >&2
  printf '  - %s\n' "${missing[@]}" >&2
  exit 1
fi

# npm_packages FOLDER: as its lock file says. The stamp holds the lock file's
# hash; packages are fetched anew only when it changed.
npm_packages() {
  local stamp=$1/node_modules/.need-stamp want
  want="$(sha256sum "$1/package-lock.json" | cut -d' ' -f1) node $(node -p process.versions.modules)"
  [ "$(cat "$stamp" 2>/dev/null || true)" = "$want" ] && return
  echo "need: fetching the npm packages of $1" >&2
  (cd "$1" && npm ci --no-fund --no-audit --loglevel=error >&2)
  echo "$want" >"$stamp"
}

[ "$what" = databases ] && exit
npm_packages ui
[ "$what" = ui ] || { npm_packages test/sdk/node; npm_packages examples/alipay-shop; }
