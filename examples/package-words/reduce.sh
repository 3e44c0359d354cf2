#!/bin/sh
# Adds up what the map step has counted: the reduce step, the job's on_finish task. It holds one page of
# results and the sums so far, however many results there are.
#
# stdin   the task's payload: {"job_id": ...}
# stdout  the task's result, as answer.sh writes it
set -eu
LC_ALL=C
export LC_ALL

here=$(dirname "$0")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
job=$(sed 's/.*"job_id" *: *"\([^"]*\)".*/\1/')
from=0
: > "$place/sums"
while :; do
    taskyard job results "$job" --from "$from" --limit 200 > "$place/page"
    [ -s "$place/page" ] || break
    # A task that has failed has no result: then there is no sum either.
    if grep -qv '"state":"succeeded"' "$place/page"; then
        echo "a task of job $job has not succeeded" >&2
        exit 1
    fi
    # {..., "result":{"the":12,"a":7}} becomes lines of a word and its count.
    sed -e 's/.*"result":{//' -e 's/}}$//' "$place/page" | tr ',:' '\n ' | tr -d '"' |
        awk 'NF == 2 { sum[$1] += $2 } END { for (word in sum) print word, sum[word] }' - "$place/sums" > "$place/next"
    mv "$place/next" "$place/sums"
    # The next page begins behind the last item of this one.
    set -- $(tail -n 1 "$place/page" | sed 's/.*"offset":\([0-9]*\),"count":\([0-9]*\),.*/\1 \2/')
    from=$(($1 + $2))
done
sh "$here/answer.sh" < "$place/sums"
