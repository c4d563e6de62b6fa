#!/bin/sh
# Make .venv with a pip that knows dependency groups, from the first Python that is new enough.  One that works is kept.
set -eu

works() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

for python in python3.13 python3.12 python3.11 python3.14 python3 ''; do
    if [ -n "$python" ] && works "$python"; then break; fi
done
if [ -z "$python" ]; then
    echo "regbot needs Python 3.11 or later, and there is none on the PATH." >&2
    exit 1
fi

# Debian keeps what a virtual environment is made with in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "$python cannot make virtual environments: install python$version-venv (apt-get install python$version-venv)." >&2
        exit 1
    fi
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "python$version-venv" >/dev/null
fi

if ! works .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
