#!/usr/bin/env bash
# Runs a command beside a service of its own: with-service.sh COMMAND [ARGUMENT...]
#
# The command finds the service at TASKYARD_URL, on a free port of loopback. Service and data are
# gone when the command has ended. TASKYARD_BIN names another program to judge.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
taskyard=${TASKYARD_BIN:-}
if [ -z "$taskyard" ]; then
    (cd "$root" && cargo build --quiet --locked)
    taskyard=${CARGO_TARGET_DIR:-$root/target}/debug/taskyard
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/taskyard-judge-XXXXXX")
service=
stop() {
    if [ -n "$service" ]; then
        kill "$service" 2>/dev/null || true
        wait "$service" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

mkfifo "$work/first-line"
(cd "$work" && exec env -u REDIS_URL "$taskyard" serve --listen 127.0.0.1:0 --data-dir "$work/data" \
    --redis-maxmemory-bytes 134217728) >"$work/first-line" 2>"$work/log" &
service=$!
# The first line comes when the service listens; there is none when it cannot.
if ! IFS= read -r line <"$work/first-line"; then
    echo 'with-service: the service did not start:' >&2
    cat "$work/log" >&2
    exit 1
fi
TASKYARD_URL=${line#Taskyard listens on }
export TASKYARD_URL
"$@"
