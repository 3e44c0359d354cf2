# The service, the worker and the command line in one image, with a Redis for the service.
#
#   docker build -t taskyard .
#   docker run --rm --network host -v taskyard-data:/data taskyard
#
# docs/operations.md says why the network is the host's. The images that this starts from can
# be taken from elsewhere: --build-arg BASE_IMAGE=...

ARG RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates redis-server \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && groupadd --system --gid 10001 taskyard \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --shell /usr/sbin/nologin taskyard \
    && install -d -m 700 -o taskyard -g taskyard /data
COPY --from=build /src/target/release/taskyard /usr/local/bin/taskyard

# By number, so that a platform can see that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV TASKYARD_DATA_DIR=/data
# A service asked to stop takes up to 25 s to answer the requests at hand.
STOPSIGNAL SIGTERM
# It asks TASKYARD_URL: set that as well where TASKYARD_LISTEN names another port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["taskyard", "health", "--quiet"]
ENTRYPOINT ["taskyard"]
CMD ["serve"]
