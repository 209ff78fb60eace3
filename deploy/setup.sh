#!/usr/bin/env bash
# Sets up .venv from requirements.lock: by uv where it is installed (seconds), by pip otherwise (minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "setup: Python 3.11 or newer is needed; name one with PYTHON=/path/to/python3 make nightly" >&2
  exit 2
}
started=$SECONDS
echo "Setting up .venv from requirements.lock (once)"
"$python" -m venv --clear .venv
install_with_uv() { uv pip install --quiet --python .venv/bin/python --constraint requirements.lock --requirement requirements.lock && uv pip install --quiet --python .venv/bin/python --no-deps --editable .; }
install_with_pip() {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --requirement requirements.lock
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
}
if command -v uv >/dev/null && install_with_uv; then tool=uv; else install_with_pip; tool=pip; fi
touch .venv/.ready
echo "Ready in $((SECONDS - started)) s ($tool)"
