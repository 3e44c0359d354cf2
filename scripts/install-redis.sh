#!/bin/sh
# Installs a Redis server with the system's package manager, unless there is one.
set -eu

have() {
    command -v "$1" >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        echo "install-redis: no root rights and no sudo; ask someone who has them to run: $*" >&2
        exit 1
    fi
}

if have redis-server || have valkey-server; then
    exit 0
fi

echo 'install-redis: there is no redis-server, installing it' >&2
if have apt-get; then
    as_root apt-get update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server
elif have dnf; then
    # Newer releases carry Valkey in its place.
    as_root dnf install -y redis || as_root dnf install -y valkey
elif have apk; then
    as_root apk add redis
elif have brew; then
    brew install redis
else
    echo 'install-redis: none of apt-get, dnf, apk and brew is here;' \
        'install Redis 7.0 or newer (or Valkey) so that redis-server is on PATH' >&2
    exit 1
fi

if ! have redis-server && ! have valkey-server; then
    echo 'install-redis: the package is installed, but redis-server is not on PATH' >&2
    exit 1
fi
