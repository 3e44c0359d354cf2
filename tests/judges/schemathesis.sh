#!/usr/bin/env bash
# schemathesis sends a service what its document allows, and much that it does not, for about a
# minute: no answer may be a 500, and every answer has to be as the document says. Exit 77: the
# tool cannot be had here.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -z "${TASKYARD_URL:-}" ]; then
    exec "$here/with-service.sh" "$0"
fi

tool=schemathesis==4.32.5
work=$(mktemp -d "${TMPDIR:-/tmp}/taskyard-schemathesis-XXXXXX")
trap 'rm -rf "$work"' EXIT
command -v python3 >/dev/null && python3 -m venv "$work/venv" || exit 77
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "$tool" || exit 77

checks=not_a_server_error,status_code_conformance,content_type_conformance
checks=$checks,response_headers_conformance,response_schema_conformance,unsupported_method
# Results that are followed end with their job, which nobody works on here.
# A long poll may take 30 s. The seed is fixed, so that a finding comes back, and there is one
# worker: with more of them the tool itself fails now and then on older Pythons.
cd "$work"
venv/bin/schemathesis run "$TASKYARD_URL/openapi.json" --checks "$checks" \
    --exclude-operation-id getJobResults --max-time 60 --request-timeout 60 --seed 1 --generation-database none \
    --warnings off --no-color
