#!/usr/bin/env bash
# openapi-python-client makes a client from the served document; the client takes a task through
# its life. Exit 77: the tool cannot be had here.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -z "${TASKYARD_URL:-}" ]; then
    exec "$here/with-service.sh" "$0"
fi

tool=openapi-python-client==0.29.1
work=$(mktemp -d "${TMPDIR:-/tmp}/taskyard-python-client-XXXXXX")
trap 'rm -rf "$work"' EXIT
command -v python3 >/dev/null && python3 -m venv "$work/venv" || exit 77
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "$tool" || exit 77

# Both forms of the document have to be understood whole: a warning means that a part was left out.
for form in openapi openapi-3.0; do
    "$work/venv/bin/openapi-python-client" generate --fail-on-warning --meta none --overwrite \
        --config "$here/python-client.yaml" --url "$TASKYARD_URL/$form.json" \
        --output-path "$work/$form/taskyard_client"
    "$work/venv/bin/python" -m compileall -q "$work/$form"
    PYTHONPATH=$work/$form "$work/venv/bin/python" "$here/python_client.py"
done
