#!/bin/sh
# Checks that the documents tell the truth about files: every relative link resolves,
# every path of this project that a document names exists, and none names a path of
# somebody's machine.
set -eu

cd "$(dirname "$0")/.."
found=$(mktemp)
trap 'rm -f "$found"' EXIT

documents() {
    find . \( -name target -o -name node_modules -o -name data -o -name .git \) -prune \
        -o -name '*.md' -print | sort
}

# The document without its fenced blocks, which may hold anything.
prose() {
    awk '/^ *```/ { fenced = !fenced; next } !fenced' "$1"
}

check_links() {
    prose "$1" | grep -o ']([^) ]*)' | sed -e 's/^](//' -e 's/)$//' -e 's/#.*//' |
        while IFS= read -r target; do
            case $target in
            '' | *://* | mailto:*) ;;
            /*) echo "$1: $target: a link in here is relative" ;;
            *) [ -e "$(dirname "$1")/$target" ] || echo "$1: $target: no such file" ;;
            esac
        done
}

# Whatever starts like a path of this project. A placeholder such as <verb> ends the word,
# so that the folder before it is checked.
check_paths() {
    tr -c 'A-Za-z0-9_./-' '\n' <"$1" |
        grep -E '^(src|docs|scripts|migrations-lua|tests|examples|clients|bench|openapi|deploy|\.ci)/' |
        sed -e 's/[.]*$//' | sort -u |
        while IFS= read -r path; do
            [ -e "$path" ] || echo "$1: $path: no such file"
        done
}

check_machine() {
    grep -nE '/(home|Users)/[a-z]|/root/' "$1" | sed "s|^|$1:|; s|\$|: a path of one machine|"
}

for document in $(documents); do
    check_links "$document" || true
    check_machine "$document" || true
    case $document in
    ./README.md | ./ARCHITECTURE.md | ./CONTRIBUTING.md) check_paths "$document" || true ;;
    esac
done >"$found"

if [ -s "$found" ]; then
    cat "$found" >&2
    exit 1
fi
echo "$(documents | wc -l | tr -d ' ') documents checked"
