#!/bin/sh
# Builds Taskyard and shows it at work: counts the words of the text in a folder.
#
#   scripts/demo.sh [PATH] [--once]     the current folder unless PATH is given
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
if ! command -v cargo >/dev/null 2>&1; then
    echo 'demo: cargo is missing; https://rustup.rs installs it' >&2
    exit 1
fi
"$root/scripts/install-redis.sh"
exec cargo run --release --locked --manifest-path "$root/Cargo.toml" -- demo "$@"
