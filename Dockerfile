# An image of Pollux: docker build -t pollux .   (or buildah bud --format docker -t pollux .)
# Buildah's own format of images has no place for a HEALTHCHECK, and drops it.
# The same image serves, works and migrates: `pollux serve` is what it does if nothing else is said. Settings come from the environment; data
# of its own (without DATABASE_URL) belong on a disk that is mounted at /var/lib/pollux: Pollux refuses to start on a file system that is gone
# with the container.
ARG BASE=docker.io/library/debian:12-slim

FROM ${BASE} AS build
WORKDIR /src
COPY tools/packages tools/packages
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(awk '$1 == "build" {print $2}' tools/packages)
COPY . .
RUN cmake --preset release && ninja -C build/release pollux

FROM ${BASE}
COPY tools/packages /tmp/packages
RUN apt-get update && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(awk '$1 == "image" {print $2}' /tmp/packages) && \
    rm -rf /var/lib/apt/lists/* /tmp/packages && \
    useradd --system --uid 10001 --user-group --home-dir /var/lib/pollux --create-home --shell /usr/sbin/nologin pollux
COPY --from=build /src/build/release/pollux /usr/bin/pollux
USER pollux
WORKDIR /var/lib/pollux
# Platforms that set PORT themselves win.
ENV DATA_DIR=/var/lib/pollux PORT=8000
EXPOSE 8000
# Replies in flight get 20 s, so leave it 40 before it is killed.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=40s --retries=3 CMD ["pollux", "healthcheck"]
CMD ["pollux", "serve"]
