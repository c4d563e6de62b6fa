# The image of regbot: `make image`, or `docker build --tag regbot .`, or `buildah build --format docker --tag regbot .`
# (without --format docker, buildah leaves the health check out: the OCI's own image format has none).
#
# BASE is any Debian 12 or later with Python 3.11 or later as python3: one of docker.io/library/python:3.*-slim-*, or
# Debian's own with the package python3.  Pin it by BASE=NAME and BASE_DIGEST=sha256:…, or by BASE=NAME@sha256:…; which
# digest is yours to say: `skopeo inspect --format '{{.Digest}}' docker://docker.io/library/python:3.11-slim-bookworm`.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
ARG BASE_DIGEST=""

# What to build from where nothing can or may be fetched: --build-context carried=FOLDER puts a folder in place of this
# stage.  It holds wheels/ (regbot's dependencies with hatchling, all with theirs), packages/build/ (python3-venv, if the
# base lacks it) and packages/run/ (those installed below), .deb files with all that they depend on.  The wheels in it are
# then the versions that the image gets, so this is also how they are pinned.
FROM scratch AS carried

FROM ${BASE}${BASE_DIGEST:+@}${BASE_DIGEST} AS build
# No versions: those of Debian's stable release, which move with security updates only.
# hadolint ignore=DL3008
RUN --mount=type=bind,from=carried,target=/carried set -eu; \
    export DEBIAN_FRONTEND=noninteractive; \
    if python3 -c 'import ensurepip' 2>/dev/null; then exit 0; fi; \
    set -- python3-venv; \
    if [ -d /carried/packages/build ]; then set -- /carried/packages/build/*.deb; else apt-get update; fi; \
    apt-get install -y --no-install-recommends "$@"
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY seccomp/sandbox.json seccomp/
COPY regbot regbot
RUN --mount=type=bind,from=carried,target=/carried set -eu; \
    set --; \
    if [ -d /carried/wheels ]; then set -- --no-index --find-links /carried/wheels; fi; \
    python3 -m venv /tools; \
    /tools/bin/pip wheel --no-cache-dir --disable-pip-version-check "$@" --wheel-dir /wheels '.[zstd]'
# Bytecode is made here, once and for all, since nobody can write it later: without it every start would compile again.
# It is not compared with its source (unchecked), so that a tool that sets all times of an image to one does no harm.
RUN set -eu; \
    python3 -m venv --without-pip /opt/regbot; \
    /tools/bin/pip --python /opt/regbot/bin/python3 install --no-cache-dir --disable-pip-version-check \
        --no-compile --no-index --find-links /wheels 'regbot-runner[zstd]'; \
    /opt/regbot/bin/python3 -m compileall -q --invalidation-mode unchecked-hash /opt/regbot/lib

FROM ${BASE}${BASE_DIGEST:+@}${BASE_DIGEST}
# golang-docker-credential-helpers wants gnome-keyring, and that 180 MB of desktop; in a container there is no session for a
# keyring to belong to.  A package without content says that it is there, so that apt stays at peace with itself in images that
# are built on this one.  python:*-slim has a pip, and no bytecode of the standard library; Debian's own python3 has it, and
# then nothing is compiled.  Without setuid: nobody here has to become anybody else.
# hadolint ignore=DL3008
RUN --mount=type=bind,from=carried,target=/carried set -eu; \
    export DEBIAN_FRONTEND=noninteractive; \
    mkdir -p /tmp/stand-in/DEBIAN; \
    printf '%s: %s\n' Package no-keyring Version 1 Architecture all Provides gnome-keyring \
        Maintainer 'regbot <regbot@localhost>' Description 'stands in for gnome-keyring, without a keyring' \
        > /tmp/stand-in/DEBIAN/control; \
    dpkg-deb --build /tmp/stand-in /tmp/no-keyring.deb; \
    set -- amazon-ecr-credential-helper ca-certificates golang-docker-credential-helpers tzdata; \
    if [ -d /carried/packages/run ]; then set -- /carried/packages/run/*.deb; else apt-get update; fi; \
    apt-get install -y --no-install-recommends /tmp/no-keyring.deb "$@"; \
    if python3 -m pip --version 2>/dev/null; then python3 -m pip uninstall --yes pip setuptools wheel; fi; \
    python3 -m compileall -q --invalidation-mode unchecked-hash \
        -x '/(test|tests|idlelib|lib2to3|tkinter|turtledemo|ensurepip|distutils|site-packages|dist-packages)/' \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"; \
    find / -xdev -type f -perm /6000 -exec chmod a-s {} +; \
    rm -rf /tmp/* /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/* /root/.cache; \
    useradd --uid 1000 --create-home --home-dir /home/appuser --shell /usr/sbin/nologin appuser; \
    install -d -o appuser -g appuser -m 700 /home/appuser/.docker /var/lib/regbot; \
    install -d -o appuser -g appuser /files; \
    install -d /etc/regbot
COPY --from=build /opt/regbot /opt/regbot

# HOME is said because runtimes that give a user without a name, as OpenShift does, would make it /.
ENV PATH=/opt/regbot/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/home/appuser \
    PYTHONDONTWRITEBYTECODE=1
USER 1000:1000
WORKDIR /files
EXPOSE 8080
STOPSIGNAL SIGTERM
# `regbot once` listens nowhere: start it with --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/opt/regbot/bin/regbot", "health", "127.0.0.1:8080"]
ENTRYPOINT ["/opt/regbot/bin/regbot"]
CMD ["server", "-c", "/etc/regbot/regbot.yml", "--state", "/var/lib/regbot", "--listen", "127.0.0.1:8080"]

ARG BASE
ARG BASE_DIGEST
ARG VERSION=""
ARG REVISION=""
ARG CREATED=""
ARG SOURCE=""
LABEL org.opencontainers.image.title="regbot" \
      org.opencontainers.image.description="Run untrusted Lua scripts that list, inspect, copy, retag and prune images in container registries" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.base.digest="${BASE_DIGEST}"
