# Maru as one static binary in an empty image.
#
# Four stages: `skeleton` reduces the tree to what decides the dependencies (manifests, the lock file and empty sources),
# `deps` builds the dependencies from it, `build` the program itself, and the last one holds the binary and nothing else.
# A layer's cache key is the content it copies, so as long as no manifest changes the dependencies are not built again.
# A new crate under crates/ needs no change here.

ARG RUST_IMAGE=rust:1-bookworm

FROM ${RUST_IMAGE} AS skeleton
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY crates crates
# Every target's root becomes an empty program, which is a valid empty library too; all else but the manifests goes.
RUN find crates -type f ! -name Cargo.toml ! -path '*/src/lib.rs' ! -path '*/src/main.rs' ! -path '*/src/bin/*.rs' \
      ! -path '*/tests/*.rs' ! -path '*/benches/*.rs' ! -path '*/examples/*.rs' ! -name build.rs -delete \
 && find crates -name '*.rs' | while read -r file; do echo 'fn main() {}' > "$file"; done \
 && find crates -type d -empty -delete

FROM ${RUST_IMAGE} AS deps
WORKDIR /src
# The flags go to the target's code only, because --target is given: a build script or procedural macro cannot be static.
ENV RUSTFLAGS="-C target-feature=+crt-static"
COPY --from=skeleton /src ./
RUN cargo build --locked --release --package maru --target "$(rustc --print host-tuple)"

FROM deps AS build
COPY crates crates
# Cargo goes by times, and a checkout may be older than the empty sources built above.
RUN find crates -type f -exec touch {} + \
 && target=$(rustc --print host-tuple) \
 && cargo build --locked --release --package maru --target "$target" \
 && mkdir -p /out/data \
 && cp "target/$target/release/maru" /out/maru

FROM scratch
ARG MARU_VERSION=0.1.0
LABEL org.opencontainers.image.title="maru" \
      org.opencontainers.image.description="Maru (마루): a self-hosted chat hall. One binary, one port, every client." \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${MARU_VERSION}"
COPY --from=build /out/maru /maru
# The data directory is there before the volume is, so that the volume belongs to the user below.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# By `container` a program knows that it is in one; the server then greets with its host's way in, not with its own.
ENV MARU_DATA_DIR=/data container=oci
VOLUME /data
EXPOSE 55555
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/maru", "health"]
ENTRYPOINT ["/maru"]
CMD ["serve"]
