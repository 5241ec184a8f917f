# Duo Security Integrator for servers: collects in the background, without a window, as a user without
# rights, from a file system that may be read-only. docs/containers.md says how to run it.
#
#   docker build --tag duo-integrator .
#
# The image holds the program, the C library and the certificate authorities; there is no shell in it.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --no-default-features \
    && installer/container/root.sh target/release/duo-integrator /root-of-image

FROM scratch
COPY --from=build /root-of-image /
ENV DUO_INTEGRATOR_HOME=/var/lib/duo-integrator \
    CREDENTIALS_DIRECTORY=/run/secrets
USER 10001:10001
VOLUME /var/lib/duo-integrator
HEALTHCHECK --interval=1m --timeout=20s --start-period=5m \
    CMD ["/usr/bin/duo-integrator", "status", "--check"]
ENTRYPOINT ["/usr/bin/duo-integrator"]
CMD ["collect", "--no-tray"]
