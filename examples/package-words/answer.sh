#!/bin/sh
# Writes sums as the answer: how many words there are, and the most frequent ones.
#
# stdin   a word and its count a line, in any order
# stdout  {"words":9876,"different":543,"top":[["the",12],...]}
set -eu
LC_ALL=C
export LC_ALL

sort -k 2,2nr -k 1,1 |
    awk '
        { words += $2 }
        NR <= 1000 { top = top separator "[\"" $1 "\"," $2 "]"; separator = "," }
        END { printf "{\"words\":%.0f,\"different\":%d,\"top\":[%s]}\n", words, NR, top }'
