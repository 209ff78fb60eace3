#!/usr/bin/env bash
# Sets up .venv with the versions of requirements.lock: by uv where it is installed, by pip otherwise.
# Arguments: extras to install beside the platform itself (default: dev).
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
extras="${1:-dev}"
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "setup: Python 3.11 or newer is needed; name one as in: PYTHON=/path/to/python3 make nightly" >&2
  exit 2
fi

install() { # the words of an installer, then what it installs
  "$@" --constraint requirements.lock --editable ".[$extras]"
}

started=$SECONDS
echo "Setting up .venv from requirements.lock"
[ -x .venv/bin/python ] || "$python" -m venv .venv
if command -v uv >/dev/null && install uv pip install --quiet --python .venv/bin/python; then
  tool=uv
else
  install .venv/bin/python -m pip install -qq --disable-pip-version-check
  tool=pip
fi
touch .venv/.ready
echo "Ready in $((SECONDS - started)) s, by $tool"
