#!/usr/bin/env bash
# prove-on-cluster.sh shows on a cluster that you have what could not be shown where
# Tongbao is built: that what was acknowledged on TiKV is there after nodes die.
#
#   scripts/prove-on-cluster.sh 'mysql://USER:PASSWORD@HOST:PORT/DATABASE' 'COMMAND'
#
# DATABASE must be empty, and made for this. COMMAND is run several times while
# payments are made, and breaks something of the cluster and mends it; with tiup:
#
#   'tiup cluster stop NAME -N tikv-1:20160 -y; sleep 60; tiup cluster start NAME -N tikv-1:20160'
#
# or, harder, `ssh tikv-1 sudo pkill -9 tikv-server`, a switch port shut, a power
# socket turned off. Then it verifies the books, and that each item that the bench was told is
# durable is in them. TIMES (5) is how often, COUNT (2000000) how many payments each time:
# enough that they are still being made 10 s later, when it is broken; the end says where they weren't.
set -euo pipefail

store=${1:?the URL of an empty database} break=${2:?a command that breaks something of the cluster and mends it}
times=${TIMES:-5} count=${COUNT:-2000000}
tongbao=${TONGBAO:-$(dirname "$0")/../bin/tongbao}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

before=0 early=()
for i in $(seq "$times"); do
  echo "prove: round $i of $times" >&2
  "$tongbao" bench payments --store "$store" --count "$count" --json >"$work/bench" 2>"$work/errors" & bench=$!
  sleep 10
  kill -0 "$bench" 2>/dev/null || early+=("$i")
  bash -c "$break" >&2
  if ! wait "$bench"; then
    cat "$work/errors" >&2
    echo "prove: the bench did not come through; a client would have had to ask again. The books decide:" >&2
  fi
  tail -n 1 "$work/bench"
  "$tongbao" verify --store "$store" --json >"$work/verify"
  after=$(sed -E 's/.*"position":([0-9]+).*/\1/' "$work/verify")
  if [ "$after" -lt "$before" ]; then
    echo "prove: the journal had $before entries and has $after: acknowledged payments are gone" >&2
    exit 1
  fi
  echo "prove: the books verify, with $after entries" >&2
  before=$after
done
if [ ${#early[@]} -gt 0 ]; then
  echo "prove: in ${#early[@]} of $times rounds (${early[*]}) the bench had ended before the break, which shows nothing of breaking under load: give a COUNT above $count" >&2
fi
