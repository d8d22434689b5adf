#!/usr/bin/env bash
# The simulation at length: seeds 1 to 100 with 100,000 commands each, which is ten
# million, and well over a thousand power cuts. What has passed is written down in
# build/soak.log, so a soak that was stopped goes on where it was; remove that file
# to begin again. SEEDS="101 102" takes other seeds, COMMANDS=N other lengths.
set -euo pipefail
cd "$(dirname "$0")/.."
seeds=${SEEDS:-$(seq 1 100)}
commands=${COMMANDS:-100000}
mkdir -p build
log=build/soak.log
touch "$log"

total=$(wc -w <<<"$seeds")
number=0
for seed in $seeds; do
	number=$((number + 1))
	if grep -q "^seed $seed commands $commands passed" "$log"; then
		continue
	fi
	echo "soak: seed $seed, $number of $total"
	if ! ./bin/tongbao simulate --seed "$seed" --commands "$commands" --faults >build/soak.out; then
		cat build/soak.out
		exit 1
	fi
	cuts=$(grep -oE '[0-9]+ power cuts' build/soak.out | grep -oE '^[0-9]+')
	echo "seed $seed commands $commands passed, $cuts power cuts, $(tail -1 build/soak.out)" >>"$log"
done
awk '$5 == "passed," { commands += $4; cuts += $6 } END { print "soak:", NR, "seeds,", commands, "commands,", cuts, "power cuts; every answer and balance as predicted" }' "$log"
