#!/usr/bin/env bash
# Taskyard over HTTP beside BullMQ straight on Redis, in one run, on the same Redis settings.
#
#   bench/compare.sh [--rounds 3] [--tasks 50000] [--seconds 5] [--fsync "everysec always"]
#                    [--taskyard target/release/taskyard] [--keep DIR]
#
# Each measurement has a fresh Redis. The systems take turns, so that a slow minute of the
# machine meets both, and the ratio is the median of the ratios of each round.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
rounds=3
tasks=50000
seconds=5
policies="everysec always"
taskyard=$here/../target/release/taskyard
keep=

while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2 ;;
    --tasks) tasks=$2 ;;
    --seconds) seconds=$2 ;;
    --fsync) policies=$2 ;;
    --taskyard) taskyard=$2 ;;
    --keep) keep=$2 ;;
    *) echo "compare.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done

if [ ! -x "$taskyard" ]; then
  echo "compare.sh: no $taskyard: run 'cargo build --release' first, or name one by --taskyard" >&2
  exit 2
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/taskyard-compare-XXXXXX")
figures=${keep:-$work/figures}
mkdir -p "$figures"
redis_pid=

stop_redis() {
  if [ -n "$redis_pid" ]; then
    kill "$redis_pid" 2>/dev/null || true
    wait "$redis_pid" 2>/dev/null || true
    redis_pid=
  fi
  rm -rf "$work/redis"
}
trap 'stop_redis; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

start_redis() { # appendfsync
  mkdir -p "$work/redis"
  redis-server --port 0 --unixsocket "$work/redis/redis.sock" --dir "$work/redis" --save "" \
    --appendonly yes --appendfsync "$1" --maxmemory-policy noeviction \
    --logfile "$work/redis/redis.log" &
  redis_pid=$!
  for _ in $(seq 200); do
    if redis-cli -s "$work/redis/redis.sock" ping >/dev/null 2>&1; then return; fi
    sleep 0.05
  done
  echo "compare.sh: redis-server did not start" >&2
  exit 1
}

# Every tool's figures become lines of "name value".
run_taskyard() { # workload, file
  "$taskyard" bench "$1" --redis-url "redis+unix://$work/redis/redis.sock" \
    --data-dir "$work" --seconds "$seconds" --tasks "$tasks" >"$2"
}

run_bullmq() { # file
  node "$here/bullmq/bench.js" --redis "$work/redis/redis.sock" --tasks "$tasks" >"$1.json"
  node -e '
    const walk = (name, value) =>
      typeof value === "object"
        ? Object.entries(value).forEach(([key, inner]) => walk(name ? `${name}.${key}` : key, inner))
        : console.log(name, value);
    walk("", JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")));
  ' "$1.json" >"$1"
}

with_redis() { # appendfsync, command...
  start_redis "$1"
  shift
  "$@"
  stop_redis
}

figure() { # file, name
  awk -v name="$2" '$1 == name { print $2 }' "$1"
}

median() { # one number a line on stdin
  sort -g | awk '{ n[NR] = $1 } END {
    if (NR == 0) print "-"
    else if (NR % 2) print n[(NR + 1) / 2]
    else print (n[NR / 2] + n[NR / 2 + 1]) / 2
  }'
}

each_round() { # appendfsync, system, name
  local round
  for round in $(seq "$rounds"); do
    figure "$figures/$1-$2-$round" "$3"
  done
}

row() { # appendfsync, what, taskyard's file and name, bullmq's name
  local own peer ratio
  own=$(each_round "$1" "$3" "$4" | median)
  peer=- ratio=-
  if [ "$bullmq" = yes ]; then
    peer=$(each_round "$1" bullmq "$5" | median)
    ratio=$(paste <(each_round "$1" "$3" "$4") <(each_round "$1" bullmq "$5") |
      awk '{ print $1 / $2 }' | median)
  fi
  awk -v policy="$1" -v what="$2" -v own="$own" -v peer="$peer" -v ratio="$ratio" 'BEGIN {
    printf "%-9s %-44s %10.0f %10s %8s\n", policy, what, own,
      peer == "-" ? peer : sprintf("%.0f", peer), ratio == "-" ? ratio : sprintf("%.2f", ratio)
  }'
}

bullmq=yes
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  echo "SKIPPED: bullmq (npm or node is missing)"
  bullmq=no
elif [ ! -d "$here/bullmq/node_modules/bullmq" ] &&
  ! (cd "$here/bullmq" && npm ci >"$work/npm.log" 2>&1); then
  tail -n 20 "$work/npm.log" >&2
  echo "SKIPPED: bullmq (npm ci failed in bench/bullmq)"
  bullmq=no
fi

for policy in $policies; do
  for round in $(seq "$rounds"); do
    echo "appendfsync $policy, round $round of $rounds" >&2
    with_redis "$policy" run_taskyard single "$figures/$policy-single-$round"
    if [ "$bullmq" = yes ]; then
      with_redis "$policy" run_bullmq "$figures/$policy-bullmq-$round"
    fi
    with_redis "$policy" run_taskyard batch "$figures/$policy-batch-$round"
  done
done

printf '%-9s %-44s %10s %10s %8s\n' fsync "median of $rounds, each a second" Taskyard BullMQ ratio
for policy in $policies; do
  row "$policy" "lifecycles, one task a request" single single.lifecycles.per_s single.lifecycle_per_s
  row "$policy" "lifecycles, batch and exchange | addBulk" batch batch.lifecycles_per_s bulk.lifecycle_per_s
  row "$policy" "lifecycles, both at once | addBulk" batch batch.concurrent.per_s bulk.lifecycle_per_s
  row "$policy" "submit one a request | add" single single.submit_only.per_s single.add_per_s
  row "$policy" "submit in batches | addBulk" batch batch.enqueue.per_s bulk.add_per_s
  row "$policy" "exchange | worker" batch batch.process.per_s bulk.process_per_s
done
