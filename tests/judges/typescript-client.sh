#!/usr/bin/env bash
# openapi-typescript makes types from the served document; a client on them compiles strictly and
# takes a task through its life. Exit 77: the tools cannot be had here.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -z "${TASKYARD_URL:-}" ]; then
    exec "$here/with-service.sh" "$0"
fi

tools="openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3 @types/node@20.19.25"
work=$(mktemp -d "${TMPDIR:-/tmp}/taskyard-typescript-client-XXXXXX")
trap 'rm -rf "$work"' EXIT
command -v node >/dev/null && command -v npm >/dev/null || exit 77
cd "$work"
echo '{ "private": true, "type": "module" }' >package.json
# shellcheck disable=SC2086 # a list of words
npm install --silent --no-save --no-package-lock --no-audit --no-fund $tools || exit 77

cp "$here/typescript-client.ts" client.ts
for form in openapi openapi-3.0; do
    node_modules/.bin/openapi-typescript "$TASKYARD_URL/$form.json" --output schema.ts
    node_modules/.bin/tsc --strict --noUncheckedIndexedAccess --target es2022 --module nodenext client.ts
    node client.js
done
