#!/usr/bin/env bash
# Receivers of bulk outputs that other people wrote, and independent readers of what arrived there.
#
#   scripts/bulk-receivers.sh kafka-broker [TOPIC…]       a broker; prints its address; ends with its input
#   scripts/bulk-receivers.sh kafka-read ADDRESS TOPIC    prints all messages of a topic as JSON lines
#   scripts/bulk-receivers.sh s3-server ARGUMENT…         a store that keeps objects as files (s3s-fs)
#   scripts/bulk-receivers.sh parquet-read FOLDER         prints what is in the Parquet files below as JSON
#   scripts/bulk-receivers.sh tansu ARGUMENT…             a broker that keeps what it gets (tansu)
#   scripts/bulk-receivers.sh --prepare                   only fetches them, all but tansu
#   scripts/bulk-receivers.sh --prepare-tansu             builds tansu, which takes a quarter of an hour
#
# Promises: they lie in target/bulk-venv and target/bulk-bin, in fixed versions, and are fetched once.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=target/bulk-venv
PACKAGES=(confluent-kafka==2.16.1 pyarrow==26.0.1)
BIN=target/bulk-bin
TANSU=(tansu --version 0.6.0 --no-default-features --features dynostore)
S3_SERVER=(s3s-fs --version 0.14.1 --features binary)

# shellcheck source=scripts/python-tools.sh
. scripts/python-tools.sh

prepare_s3() {
    if [ "$(cat "$BIN/packages" 2>/dev/null)" = "${S3_SERVER[*]}" ]; then return; fi
    cargo install --quiet --locked --debug --root "$BIN" "${S3_SERVER[@]}" </dev/null >&2 ||
        fail "the S3 server could not be built (${S3_SERVER[*]}); the first time this needs the network"
    printf '%s' "${S3_SERVER[*]}" >"$BIN/packages"
}

prepare_tansu() {
    if [ "$(cat "$BIN/tansu" 2>/dev/null)" = "${TANSU[*]}" ]; then return; fi
    cargo install --quiet --locked --debug --root "$BIN" "${TANSU[@]}" </dev/null >&2 ||
        fail "the broker could not be built (${TANSU[*]}); the first time this needs the network"
    printf '%s' "${TANSU[*]}" >"$BIN/tansu"
}

what=${1:-}
[ $# = 0 ] || shift
case "$what" in
--prepare)
    prepare_python
    prepare_s3
    ;;
--prepare-tansu) prepare_tansu ;;
tansu)
    prepare_tansu
    exec "$BIN/bin/tansu" "$@"
    ;;
kafka-broker)
    prepare_python
    exec "$VENV/bin/python" tests/python/kafka_broker.py "$@"
    ;;
kafka-read)
    prepare_python
    exec "$VENV/bin/python" tests/independent/read_kafka.py "$@"
    ;;
parquet-read)
    prepare_python
    exec "$VENV/bin/python" tests/independent/read_parquet.py "$@"
    ;;
s3-server)
    prepare_s3
    exec "$BIN/bin/s3s-fs" "$@"
    ;;
*) fail "name what to start, or --prepare" ;;
esac
