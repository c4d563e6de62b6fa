#!/bin/sh
# Build the image, by buildah or docker: make image [BASE=NAME] [BASE_DIGEST=sha256:...] [TAG=NAME] [CARRIED=FOLDER]
# With CARRIED, a folder as the Dockerfile describes it, nothing is fetched and the build has no network.
set -eu
cd "${0%/*}/.."

tag=${TAG:-localhost/regbot:latest}
engine=${ENGINE:-$(command -v buildah || command -v docker || true)}
if [ -z "$engine" ]; then
    echo "To build the image takes buildah or docker: apt-get install buildah" >&2
    exit 1
fi
set -- --tag "$tag" --build-arg "VERSION=$(sed -n 's/^VERSION = "\(.*\)"$/\1/p' regbot/version.py)"
if revision=$(git rev-parse HEAD 2>/dev/null); then
    set -- "$@" --build-arg "REVISION=$revision" --build-arg "CREATED=$(git log -1 --format=%cI)"
fi
if [ -n "${BASE:-}" ]; then set -- "$@" --build-arg "BASE=$BASE"; fi
if [ -n "${BASE_DIGEST:-}" ]; then set -- "$@" --build-arg "BASE_DIGEST=$BASE_DIGEST"; fi
if [ -n "${SOURCE:-}" ]; then set -- "$@" --build-arg "SOURCE=$SOURCE"; fi
if [ -n "${CARRIED:-}" ]; then set -- "$@" --build-context "carried=$CARRIED" --network none; fi
case "$engine" in
    # The image format of the OCI has no health check; with Docker's, which registries take as well, podman knows of it.
    *buildah) set -- --format docker --layers "$@" ;;
esac
"$engine" build "$@" .
echo "Built $tag: $engine run --rm $tag version, or see docs/deploying.md" | sed 's/buildah run/podman run/'
