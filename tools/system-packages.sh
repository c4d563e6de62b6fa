#!/bin/sh
# Install what tests need from the system and no Python package has: a registry, a second opinion, passwords,
# certificates, containers, a browser and the like; and what is named as PROGRAM:PACKAGE besides.
set -eu

missing=
for pair in docker-registry:docker-registry skopeo:skopeo htpasswd:apache2-utils openssl:openssl runc:runc \
        curl:curl chromium:chromium chromedriver:chromium-driver "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Tests that need$missing will be skipped; to run them too: sudo apt-get install$missing" >&2
    exit 0
fi
echo "Installing$missing"
apt-get -qq update
# shellcheck disable=SC2086 -- a list of words
DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $missing </dev/null >/dev/null
