#!/usr/bin/env bash
# Writes requirements.lock: the exact versions that the newest resolution of pyproject.toml gives, without index lines.
set -euo pipefail
cd "$(dirname "$0")/.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"${PYTHON:-python3}" -m venv "$fresh"
"$fresh/bin/python" -m pip install -qq --disable-pip-version-check --editable ".[dev,acceptance]"
{
  echo "# The exact version of every package in .venv; written by: make lock"
  # A local build's mark, such as +cpu, would be found nowhere else.
  "$fresh/bin/python" -m pip freeze --exclude-editable | sed 's/+[a-z0-9.]*$//'
} > requirements.lock
