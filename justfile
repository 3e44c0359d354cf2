# Thin names for what CONTRIBUTING.md describes. `just` lists them.

_list:
    @just --list --unsorted

# Run the service on 127.0.0.1:8080 with a Redis of its own
run *args:
    cargo run -- serve {{args}}

# Run all tests; arguments go to cargo test
test *args:
    cargo test --locked {{args}}

# Formatting and lints, as they must be for a commit
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings

# Licences, banned crates and advisories of the dependencies
deny:
    cargo deny check

# The documentation of the crate, private parts included
docs *args:
    cargo doc --locked --no-deps --document-private-items {{args}}

# Rates, latencies and memory on this machine; `just bench single`, `just bench --quick`
bench *args:
    cargo run --release --locked -- bench {{args}}
