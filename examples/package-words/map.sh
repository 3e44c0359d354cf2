#!/bin/sh
# Counts the words of a chunk of lines: the map step, run by `taskyard worker run --exec`.
#
# stdin   the task's payload: {"job_id": ..., "offset": ..., "items": ["a line", ...]}
# stdout  the task's result: {"the":12,...}
#
# A word is a run of letters and digits. The lines are ASCII and hold no control characters, so the
# only escapes in them are \" and \\.
set -eu
LC_ALL=C
export LC_ALL

sed -e 's/^[^[]*\[//' -e 's/\\./ /g' |
    tr -cs 'A-Za-z0-9' '\n' |
    awk '
        NF { count[$0]++ }
        END {
            for (word in count) {
                line = line separator "\"" word "\":" count[word]
                separator = ","
            }
            print "{" line "}"
        }'
