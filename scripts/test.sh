#!/bin/sh
# Runs all tests; arguments go to `cargo test`. Each test that needs a Redis starts its own.
set -eu

cd "$(dirname "$0")/.."
if ! command -v cargo >/dev/null 2>&1; then
    echo 'test: cargo is missing; https://rustup.rs installs it' >&2
    exit 1
fi
scripts/install-redis.sh
exec cargo test --locked "$@"
