#!/bin/sh
# Counts the words of a large text with Taskyard and with a plain pipeline, and compares the answers
# byte by byte. In the middle of it, one of three nodes is killed.
#
#   examples/package-words/run.sh [MEGABYTES]      300 unless MEGABYTES is given
#
# The text is what any Debian machine has, package lists and the like, over and over. Needs taskyard on the
# PATH, about five times MEGABYTES in the temporary folder and three times in memory; ends all it starts.
set -eu
LC_ALL=C
export LC_ALL

megabytes=${1:-300}
here=$(cd "$(dirname "$0")" && pwd)
command -v taskyard >/dev/null || {
    echo 'run.sh: taskyard is not on the PATH; cargo install --path . puts it there' >&2
    exit 1
}
place=$(mktemp -d)
running=
cleanup() {
    trap - EXIT
    # The nodes first, then the service they report to.
    for process in $running; do
        kill -TERM "$process" 2>/dev/null || true
        kill -CONT "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$place"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() {
    printf '%-9s ' "$1"
    shift
    echo "$@"
}
field() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/'; }
# The most memory that a process has had, in MB, and - where the system does not tell.
peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null | awk '{ mb = int($1 * 1.024 / 1000) } END { print NR ? mb : "-" }'; }
since() { echo "$(($(date +%s) - $1)) s"; }

# 1. The text: printable ASCII only, so that sed can write it as JSON.
cat /var/lib/dpkg/status /var/lib/dpkg/info/*.list /var/lib/apt/lists/*_Packages /usr/share/dict/words \
    /usr/share/common-licenses/* 2>/dev/null | tr '\t' ' ' | tr -cd '\n -~' | head -c 50000000 > "$place/base"
[ -s "$place/base" ] || {
    echo 'run.sh: this machine has none of the files that make the text' >&2
    exit 1
}
while cat "$place/base" 2>/dev/null; do :; done | head -c "$((megabytes * 1000000))" > "$place/text"
say text "$megabytes MB, $(wc -l < "$place/text") lines"

# 2. The answer of a plain pipeline.
started=$(date +%s)
tr -cs 'A-Za-z0-9' '\n' < "$place/text" |
    awk 'NF { count[$0]++ } END { for (word in count) print word, count[word] }' |
    sh "$here/answer.sh" > "$place/expected"
say pipeline "in $(since "$started")"

# 3. The service, with room for the text in its Redis, and three nodes for the map step.
: > "$place/first-line"
taskyard serve --listen 127.0.0.1:0 --data-dir "$place/data" \
    --redis-maxmemory-bytes "$(((megabytes * 3 + 256) * 1000000))" > "$place/first-line" 2> "$place/service.log" &
running=$!
service=$!
until grep -q http:// "$place/first-line"; do
    kill -0 "$running" || { cat "$place/service.log" >&2; exit 1; }
    sleep 0.1
done
TASKYARD_URL=$(sed 's/.*\(http:[^ ]*\).*/\1/' "$place/first-line")
export TASKYARD_URL
node() {
    taskyard worker run --node "$1" --queue "$2" --exec "$3" --concurrency 2 2>> "$place/$1.log" &
    running="$! $running"
}
node map-1 words "sh '$here/map.sh'"
node map-3 words "sh '$here/map.sh'"
node map-2 words "sh '$here/map.sh'"
victim=$!
node reduce sums "sh '$here/reduce.sh'"
say service "$TASKYARD_URL, with nodes map-1, map-2, map-3 and reduce"

# 4. The text as one job. The service cuts it; when the last task has ended, it submits the reduce step. With a
# key, an upload that broke off goes on where it was.
lines() { sed -e 's/[\\"]/\\&/g' -e 's/.*/"&"/' "$place/text"; }
submit() {
    lines | taskyard job submit - --queue words --key text --chunk 10000 --on-finish '{"queue": "sums"}' -o json
}
started=$(date +%s)
{
    tries=1
    until submit > "$place/job"; do [ "$((tries += 1))" -le 5 ] && sleep 1 || exit 1; done
} &
upload=$!

# 5. A node dies when some tasks are done. SIGSTOP holds it still while we look whether it has work in hand.
succeeded() { taskyard queue stats words -o json 2>/dev/null | field succeeded; }
until [ "$(succeeded)" ] && [ "$(succeeded)" -ge 5 ]; do sleep 0.1; done
until [ -s "$place/in-hand" ]; do
    kill -CONT "$victim"
    sleep 0.1
    kill -STOP "$victim"
    taskyard task list --queue words --state running --node-id map-2 -o ndjson > "$place/in-hand"
done
kill -KILL "$victim"
say killed "map-2, which had $(wc -l < "$place/in-hand") tasks in hand"

# 6. When it has been silent for 30 s, others get its tasks.
wait "$upload"
job=$(field id < "$place/job")
say job "$job, $(field total < "$place/job") tasks"
taskyard job watch "$job" > /dev/null
reduce=$(field on_finish_task_id < "$place/job")
# It is submitted a moment after the job's end.
tries=0
until taskyard task get "$reduce" > /dev/null 2>&1 || [ "$((tries += 1))" = 100 ]; do sleep 0.1; done
taskyard task wait "$reduce" --timeout 600 > "$place/answer"
say done "in $(since "$started")"
for task in $(field id < "$place/in-hand"); do
    say again "$task: attempt $(taskyard task get "$task" -o json | field attempt)"
done

say memory "$(peak "$service") MB of the service, $(peak "$(cat "$place/data/redis.pid")") MB of its Redis, at their highest"

# 7. Byte by byte.
cmp "$place/expected" "$place/answer"
say same "$(cut -c 1-70 "$place/answer")..."
