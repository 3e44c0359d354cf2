#!/bin/sh
# Counts the words of some lines of text: a handler for `taskyard worker run --exec`.
#
# stdin   the task's payload, a chunk of a job: {"job_id": ..., "offset": ..., "items": ["a line", ...]}
# stdout  the task's result:  {"words": {"the": 12, ...}}
#
# A word is a run of letters, in lower case: a to z and everything outside ASCII except
# the punctuation named below. Needs nothing but a POSIX shell, sed, tr and awk.
set -eu

# Bytes rather than characters, so that every sed, tr and awk agrees on what they see.
LC_ALL=C
export LC_ALL

no_break_space=$(printf '\302\240')

payload=$(cat)
case $payload in
*'"items"'*) ;;
*)
    # Any exit but 0 and 75 fails the task for good, with this as its message.
    echo 'the payload has no "items"' >&2
    exit 1
    ;;
esac

# JSON escapes first (no escape stands for a letter: letters are written as they are), in
# pairs from the left, so that \\n is a backslash and an n. Then the quotes that are left
# are those around the strings, and no more words than the other punctuation.
printf '%s\n' "$payload" |
    sed -e 's/\\\\/ /g' \
        -e 's/\\u[0-9A-Fa-f]\{4\}/ /g' \
        -e 's/\\./ /g' \
        -e 's/.*"items"[[:space:]]*:[[:space:]]*\[//' \
        -e 's/—/ /g' -e 's/–/ /g' -e 's/…/ /g' -e 's/•/ /g' \
        -e 's/“/ /g' -e 's/”/ /g' -e 's/„/ /g' -e 's/‘/ /g' -e 's/’/ /g' \
        -e 's/«/ /g' -e 's/»/ /g' -e "s/$no_break_space/ /g" |
    tr 'A-Z' 'a-z' |
    tr -s '\001-\140\173-\177' '\n' |
    awk '
        NF { count[$0]++ }
        END {
            printf "{\"words\":{"
            for (word in count) {
                printf "%s\"%s\":%d", separator, word, count[word]
                separator = ","
            }
            print "}}"
        }'
