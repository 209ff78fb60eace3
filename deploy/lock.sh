#!/usr/bin/env bash
# Writes requirements.lock: the exact versions the newest resolution of pyproject.toml gives, without index lines.
set -euo pipefail
cd "$(dirname "$0")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
python3 -m venv "$fresh"
"$fresh/bin/python" -m pip install --quiet --disable-pip-version-check ".[dev]"
{
  echo "# Exact versions of everything in .venv; written by make lock."
  "$fresh/bin/python" -m pip freeze --exclude-editable --exclude openmineral-dagster
} > requirements.lock
