FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
# The caches keep a second build short; the binary is copied out because a cache is no part of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --locked --release -p api && cp target/release/hikitsugi /usr/local/bin/hikitsugi

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hikitsugi
COPY --from=build /usr/local/bin/hikitsugi /usr/local/bin/hikitsugi
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
# Memory that is free goes back after so many milliseconds: docs/decisions/0020-one-program.md.
ENV HIKITSUGI_LISTEN=0.0.0.0:8080 HIKITSUGI_LOG_FORMAT=json MIMALLOC_PURGE_DELAY=10
ENTRYPOINT ["hikitsugi"]
CMD ["serve"]
