#!/usr/bin/env bash
# A browser opens /docs, tries operations out, and says what it thinks of it. Exit 77: no browser,
# or nothing to drive it with, can be had here. TASKYARD_SCREENSHOT=FILE keeps a picture.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || exit 77
command -v node >/dev/null && command -v npm >/dev/null || exit 77
if [ -z "${TASKYARD_URL:-}" ]; then
    exec "$here/with-service.sh" "$0"
fi

# It drives the browser that is there, and brings none of its own.
tool=playwright-core@1.65.1
work=$(mktemp -d "${TMPDIR:-/tmp}/taskyard-browser-XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$here/browser.mjs" "$work"
picture=${TASKYARD_SCREENSHOT:+$(realpath "$TASKYARD_SCREENSHOT")}
cd "$work"
echo '{ "private": true }' >package.json
npm install --silent --no-save --no-package-lock --no-audit --no-fund "$tool" || exit 77

BROWSER_PATH=$browser TASKYARD_SCREENSHOT=$picture node browser.mjs
