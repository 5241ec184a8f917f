#!/usr/bin/env bash
# Brings a Debian, Ubuntu or Fedora system to where the program can be built, run or tested.
#
#   installer/linux/setup.sh build   a C compiler and Rust
#   installer/linux/setup.sh run     what a ready-made binary needs, its window included
#   installer/linux/setup.sh check   build, and Rust's formatter and linter
#   installer/linux/setup.sh test    build, run, a whole desktop to try the window on, Duo's own client,
#                                    Sigma's own tool, receivers for outputs
#   installer/linux/setup.sh package what packages for Linux are made and checked with
#   installer/linux/setup.sh windows a C compiler and linker for Windows programs, and what makes
#                                    the room in which they are tried
#   installer/linux/setup.sh names debian|libraries
#                                    installs nothing: prints what "run" is about, for packages to ask for
#
# Promises: asks nothing, reads no input; says nothing and touches nothing when nothing is missing;
# names each package with the reason before it is installed; works as root and with passwordless
# sudo, and otherwise prints the command to run. Safe to run again after any failure.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export DEBIAN_FRONTEND=noninteractive

# A toolchain that rustup put in the home folder counts, in a shell that has not been restarted too.
export PATH="$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin"

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# ---- The system's packages ----------------------------------------------------------------------

family() {
    if has apt-get; then
        echo debian
    elif has dnf; then
        echo fedora
    else
        echo other
    fi
}

can_be_root() { [ "$(id -u)" = 0 ] || { has sudo && sudo -n true 2>/dev/null; }; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        # sudo drops the environment, so what keeps the package manager from asking goes along.
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

package_lists_are_fresh=false

refresh_package_lists() {
    $package_lists_are_fresh && return
    if [ "$(family)" = debian ] && can_be_root; then
        as_root apt-get update -qq -o Acquire::Retries=3 </dev/null >&2
    fi
    package_lists_are_fresh=true
}

# A package manager's chatter is worth reading only when it fails.
install_packages() {
    local log code=0
    if ! can_be_root; then
        case "$(family)" in
        debian) say "this needs root; run it yourself, then try again: sudo apt-get install --no-install-recommends $*" ;;
        fedora) say "this needs root; run it yourself, then try again: sudo dnf install $*" ;;
        esac
        return 1
    fi
    refresh_package_lists
    log=$(mktemp)
    case "$(family)" in
    debian) as_root apt-get install -y -q --no-install-recommends -o Acquire::Retries=3 "$@" </dev/null >"$log" 2>&1 || code=$? ;;
    fedora) as_root dnf install -y -q --setopt=install_weak_deps=False "$@" </dev/null >"$log" 2>&1 || code=$? ;;
    esac
    [ $code = 0 ] || cat "$log" >&2
    rm -f "$log"
    return $code
}

# What is missing is gathered first, so that a package manager runs once and not ten times.
missing=()
explain=()
only_names=false

# need TEST REASON DEBIAN-PACKAGES FEDORA-PACKAGES: TEST is a command that succeeds when nothing
# is missing.
need() {
    local test=$1 reason=$2 debian=$3 fedora=$4 packages
    if $only_names; then
        # shellcheck disable=SC2206  # several packages may stand in one word
        missing+=($debian)
        return
    fi
    if eval "$test"; then return; fi
    case "$(family)" in
    debian) packages=$debian ;;
    fedora) packages=$fedora ;;
    *) packages="(Debian's name) $debian" ;;
    esac
    explain+=("$packages: $reason")
    # shellcheck disable=SC2206  # several packages may stand in one word
    missing+=($packages)
}

install_missing() {
    [ ${#missing[@]} = 0 ] && return
    if [ "$(family)" = other ]; then
        say "neither apt-get nor dnf is here; please install these yourself:"
        printf '  %s\n' "${explain[@]}" >&2
        exit 1
    fi
    say "installing:"
    printf '  %s\n' "${explain[@]}" >&2
    install_packages "${missing[@]}" || fail "not installed; the lines above say why"
    missing=()
    explain=()
}

# ---- What each role needs -----------------------------------------------------------------------

has_libc_headers() { echo '#include <stdlib.h>' | gcc -E -x c - >/dev/null 2>&1; }
has_certificates() { [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/pki/tls/certs/ca-bundle.crt ]; }
# Debian splits the module: `import venv` works without what makes an environment.
has_venv() { python3 -c 'import venv, ensurepip' >/dev/null 2>&1; }

# The window loads these while it runs, so no linker misses them and no package manager guesses them.
has_library() { grep -q "^[[:space:]]*$1 " <<<"$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p)"; }
window_libraries=(libX11.so.6 libX11-xcb.so.1 libXcursor.so.1 libXi.so.6 libxkbcommon-x11.so.0)
has_window_libraries() {
    local library
    for library in "${window_libraries[@]}"; do
        has_library "$library" || return 1
    done
}

need_for_https() {
    need has_certificates "the authorities that HTTPS connections to Duo are checked against" \
        ca-certificates ca-certificates
}

# Wayland's own libraries come with each desktop that speaks it.
need_for_run() {
    need_for_https
    need has_window_libraries "what a window on X11 is made with" \
        "libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0" \
        "libX11 libX11-xcb libXcursor libXi libxkbcommon-x11"
    need 'has_library libEGL.so.1 || has_library libGL.so.1' "draws the window, with or without a graphics card" \
        "libegl1 libgl1-mesa-dri" "libglvnd-egl mesa-libEGL mesa-dri-drivers"
}

need_for_build() {
    need_for_https
    need 'has gcc' "compiles the embedded database, the compressor and the cryptography" gcc gcc
    need has_libc_headers "the C library's headers, for the same" libc6-dev glibc-devel
    need 'has make' "runs the recipes in Makefile" make make
}

need_for_package() {
    need 'has dpkg-deb' "makes the package for Debian and Ubuntu" dpkg dpkg
    need 'has rpmbuild' "makes the package for Fedora, RHEL and openSUSE" rpm rpm-build
    need 'has desktop-file-validate' "checks the entry in the desktop's menu" desktop-file-utils desktop-file-utils
    need 'has appstreamcli' "checks what a software center shows" appstream appstream
    need 'has debootstrap' "makes the bare Debian in which the packages are tried" debootstrap debootstrap
    need 'has systemd-nspawn' "boots it, to try the service" systemd-container systemd-container
}

need_for_test() {
    need 'has dbus-run-session && has dbus-daemon' "a message bus of the tests' own" \
        "dbus dbus-daemon" dbus-daemon
    need 'has gnome-keyring-daemon' "a real keychain, for the tests that store a secret key" \
        gnome-keyring gnome-keyring
    need 'has secret-tool' "reads the keychain from outside, to see what was stored" \
        libsecret-tools libsecret
    need 'has Xvfb' "a screen that nobody looks at" xvfb xorg-x11-server-Xvfb
    need 'has openbox' "gives windows their frames and their focus" openbox openbox
    need 'has xdotool' "moves the mouse and presses the keys" xdotool xdotool
    need 'has weston' "the same as a Wayland screen" weston weston
    need 'has import' "takes the screenshots" imagemagick ImageMagick
    need 'has xclip' "puts text on the clipboard" xclip xclip
    need '[ -e /usr/share/dbus-1/services/org.a11y.Bus.service ]' "reads the window as a screen reader does" \
        at-spi2-core at-spi2-core
    need 'has xfce4-panel && [ -e /usr/share/dbus-1/services/org.xfce.Xfconf.service ]' "a panel to show the tray's icon" \
        "xfce4-panel xfconf" "xfce4-panel xfconf"
    need 'has_library libGL.so.1' "draws the window on that screen" libgl1 mesa-libGL
    need 'compgen -G "/usr/share/vulkan/icd.d/lvp_icd*.json" >/dev/null' "draws the pictures that pages are compared with" \
        mesa-vulkan-drivers mesa-vulkan-drivers
}

# ---- Rust ---------------------------------------------------------------------------------------

rust_wanted() { sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml; }

# at_least VERSION WANTED
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

has_rust() {
    local cargo rustc
    cargo=$(cargo --version 2>/dev/null | cut -d' ' -f2) || return 1
    rustc=$(rustc --version 2>/dev/null | cut -d' ' -f2) || return 1
    [ -n "$cargo" ] && [ -n "$rustc" ] && at_least "$rustc" "$(rust_wanted)"
}

# The version that apt would install, without the distribution's epoch; empty if there is none.
apt_version() {
    apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}\([0-9.]*\).*/\2/p'
}

# Debian's stable release keeps a newer compiler under the names *-web, for its browsers.
rust_packages() {
    local wanted version
    wanted=$(rust_wanted)
    case "$(family)" in
    debian)
        version=$(apt_version rustc)
        if [ -n "$version" ] && at_least "$version" "$wanted"; then
            echo rustc cargo
            return
        fi
        version=$(apt_version rustc-web)
        if [ -n "$version" ] && at_least "$version" "$wanted"; then
            echo rustc-web cargo-web
            return
        fi
        ;;
    fedora)
        version=$(dnf -q repoquery --latest-limit=1 --qf '%{version}\n' rust 2>/dev/null | tail -n 1)
        if [ -n "$version" ] && at_least "$version" "$wanted"; then
            echo rust cargo
        fi
        ;;
    esac
}

rust_by_rustup() {
    if ! has rustup && ! has rustup-init; then
        case "$(family)" in
        debian) [ -n "$(apt_version rustup)" ] || return 1 ;;
        fedora) ;;
        *) return 1 ;;
        esac
        say "installing rustup: fetches a Rust compiler that is new enough"
        install_packages rustup || return 1
    fi
    if ! has rustup; then
        rustup-init -y -q --profile default --no-modify-path </dev/null >&2 || return 1
        hash -r
    fi
    say "fetching Rust's stable toolchain"
    rustup toolchain install stable --profile default </dev/null >&2 || return 1
    rustup default stable </dev/null >&2
}

provide_rust() {
    has_rust && return
    local wanted packages
    wanted=$(rust_wanted)
    if has cargo; then
        say "Rust $wanted or newer is needed; this is $(rustc --version 2>/dev/null || echo 'cargo without rustc')"
    else
        say "Rust $wanted or newer is needed; there is none"
    fi
    [ "$(family)" = other ] || refresh_package_lists
    packages=$(rust_packages)
    if [ -n "$packages" ] && ! has rustup; then
        say "installing: $packages: the compiler and its package manager"
        # shellcheck disable=SC2086  # two packages
        install_packages $packages || true
        hash -r
    fi
    has_rust || rust_by_rustup || true
    has_rust || fail "please install Rust $wanted or newer as described at https://rust-lang.org/tools/install, then try again"
}

provide_rust_tools() {
    local packages=()
    if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; then return; fi
    if has rustup; then
        say "adding rustfmt and clippy, the formatter and the linter, to Rust"
        rustup component add rustfmt clippy </dev/null >&2 || true
    elif [ "$(family)" = fedora ]; then
        packages=(rustfmt clippy)
    elif dpkg -s rustc-web >/dev/null 2>&1; then
        packages=(rustfmt-web rust-web-clippy)
    else
        packages=(rustfmt rust-clippy)
    fi
    if [ ${#packages[@]} != 0 ]; then
        say "installing: ${packages[*]}: the formatter and the linter"
        install_packages "${packages[@]}" || true
    fi
    if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
        fail "rustfmt and clippy in the version of $(rustc --version) are needed and could not be installed"
    fi
}

# ---- Duo's own client ---------------------------------------------------------------------------

# Duo's published Python client is the second opinion on signing. Its absence skips those tests and
# nothing else, so nothing here fails.
provide_duo_client() {
    local venv=target/duo-client-venv python=target/duo-client-venv/bin/python
    if "$python" -c 'import duo_client' >/dev/null 2>&1; then return; fi
    local without="the comparison with Duo's own Python client is skipped"
    if ! has_venv; then
        need has_venv "runs Duo's own client, to compare signatures with" \
            "python3 python3-venv" python3
        # In a subshell: its failure must not end this script.
        (install_missing) || true
        missing=()
        explain=()
    fi
    has_venv || {
        say "Python is not here; $without"
        return
    }
    say "fetching duo_client: Duo's own client, to compare signatures with"
    rm -rf "$venv"
    mkdir -p target
    if ! python3 -m venv "$venv" >/dev/null 2>&1 ||
        ! timeout 300 "$python" -m pip install -qq --no-input --disable-pip-version-check --retries 2 \
            duo_client </dev/null >&2 ||
        ! "$python" -c 'import duo_client' >&2; then
        rm -rf "$venv"
        say "duo_client could not be fetched; $without"
    fi
}

# ---- Sigma's own tool ---------------------------------------------------------------------------

# Reads the rules of the knowledge pack in the tests. Without it that test fails and says so, so
# nothing here does.
provide_sigma() {
    if ! has_venv; then
        need has_venv "runs Sigma's own tool, to read the rules with" \
            "python3 python3-venv" python3
        # In a subshell: its failure must not end this script.
        (install_missing) || true
        missing=()
        explain=()
    fi
    scripts/check-rules-with-sigma.sh --prepare || true
}

# ---- Readers of other formats -------------------------------------------------------------------

# Take apart in the tests what the program writes as OCSF, CEF, LEEF and CSV. Without them those
# tests fail and say so, so nothing here does.
provide_format_readers() {
    if ! has_venv; then
        need has_venv "runs independent readers of OCSF and CEF, to check what is written" \
            "python3 python3-venv" python3
        # In a subshell: its failure must not end this script.
        (install_missing) || true
        missing=()
        explain=()
    fi
    scripts/check-formats.sh --prepare || true
}

# ---- A mail server ------------------------------------------------------------------------------

# aiosmtpd is the server that e-mail is tried on. Its absence skips those tests and nothing else.
provide_mail_server() {
    local venv=target/mail-venv python=target/mail-venv/bin/python
    if "$python" -c 'import aiosmtpd' >/dev/null 2>&1; then return; fi
    local without="e-mail is not tried on a real server"
    has_venv || {
        say "Python is not here; $without"
        return
    }
    say "fetching aiosmtpd: a mail server, to try e-mail on"
    rm -rf "$venv"
    mkdir -p target
    if ! python3 -m venv "$venv" >/dev/null 2>&1 ||
        ! timeout 300 "$python" -m pip install -qq --no-input --disable-pip-version-check --retries 2 \
            aiosmtpd </dev/null >&2 ||
        ! "$python" -c 'import aiosmtpd' >&2; then
        rm -rf "$venv"
        say "aiosmtpd could not be fetched; $without"
    fi
}

# ---- Receivers of records -----------------------------------------------------------------------

# ClickHouse's engine and OpenTelemetry's messages, to hand records to, and Prometheus' reader of
# figures. Their absence skips those tests and nothing else.
provide_receivers() {
    local venv=target/receivers-venv python=target/receivers-venv/bin/python
    local needed='import chdb, opentelemetry.proto.logs.v1.logs_pb2, prometheus_client'
    if "$python" -c "$needed" >/dev/null 2>&1; then return; fi
    local without="outputs are not tried on ClickHouse's engine and OpenTelemetry's reader"
    has_venv || {
        say "Python is not here; $without"
        return
    }
    say "fetching chdb, opentelemetry-proto and prometheus-client: receivers, to try outputs on"
    rm -rf "$venv"
    mkdir -p target
    if ! python3 -m venv "$venv" >/dev/null 2>&1 ||
        ! timeout 600 "$python" -m pip install -qq --no-input --disable-pip-version-check --retries 2 \
            chdb opentelemetry-proto prometheus-client </dev/null >&2 ||
        ! "$python" -c "$needed" >&2; then
        rm -rf "$venv"
        say "the receivers could not be fetched; $without"
    fi
}

# ---- Syslog receivers ---------------------------------------------------------------------------

# rsyslog and syslog-ng are what syslog is tried on. As packages they exclude each other, and tests
# need no service; so they are unpacked below target/. Their absence skips those tests and nothing
# else.
provide_syslog_receivers() {
    local place=target/syslog
    if [ -x "$place/usr/sbin/rsyslogd" ] && [ -x "$place/usr/sbin/syslog-ng" ]; then return; fi
    local without="syslog is not tried on real receivers"
    [ "$(family)" = debian ] || {
        say "this is neither Debian nor Ubuntu; $without"
        return
    }
    need false "the libraries of rsyslog and syslog-ng, to try syslog on" \
        "libestr0 libfastjson4 liblognorm5 libivykis0 libnet1 libjson-c5 libwrap0 libpcre3 libgnutls30" ""
    # In a subshell: its failure must not end this script.
    (install_missing) || true
    missing=()
    explain=()
    say "fetching rsyslog and syslog-ng, to try syslog on"
    local fetched
    fetched=$(mktemp -d)
    if (cd "$fetched" && apt-get download -q rsyslog rsyslog-gnutls syslog-ng-core >/dev/null 2>&1); then
        local package
        for package in "$fetched"/*.deb; do dpkg -x "$package" "$place"; done
    else
        say "they could not be fetched; $without"
    fi
    rm -rf "$fetched"
}

# ---- Readers of reports ------------------------------------------------------------------------

# Open in the tests the reports that the program writes. Without them those tests fail and say so,
# so nothing here does.
provide_report_readers() {
    if ! has_venv; then
        need has_venv "runs independent readers of XLSX and PDF, to check what is written" \
            "python3 python3-venv" python3
        # In a subshell: its failure must not end this script.
        (install_missing) || true
        missing=()
        explain=()
    fi
    scripts/read-report.sh --prepare || true
}

# ---- Receivers of records in bulk ----------------------------------------------------------------

# A Kafka cluster, an S3 server and a reader of Parquet, to hand records to and read them from. Without
# them those tests fail and say so, so nothing here does.
provide_bulk_receivers() {
    if ! has_venv; then
        need has_venv "runs a Kafka cluster and a reader of Parquet, to check what arrives there" \
            "python3 python3-venv" python3
        # In a subshell: its failure must not end this script.
        (install_missing) || true
        missing=()
        explain=()
    fi
    scripts/bulk-receivers.sh --prepare || true
}

# ---- The roles ----------------------------------------------------------------------------------

case "${1:-}" in
run)
    need_for_run
    install_missing
    ;;
build)
    need_for_build
    install_missing
    provide_rust
    ;;
check)
    need_for_build
    install_missing
    provide_rust
    provide_rust_tools
    ;;
test)
    need_for_build
    need_for_run
    need_for_test
    install_missing
    provide_rust
    provide_duo_client
    provide_sigma
    provide_format_readers
    provide_report_readers
    provide_mail_server
    provide_receivers
    provide_syslog_receivers
    provide_bulk_receivers
    ;;
package)
    need_for_package
    install_missing
    ;;
names)
    case "${2:-}" in
    debian)
        only_names=true
        need_for_run
        printf '%s\n' "${missing[@]}"
        ;;
    libraries) printf '%s\n' "${window_libraries[@]}" libEGL.so.1 ;;
    *)
        echo "usage: installer/linux/setup.sh names debian|libraries" >&2
        exit 2
        ;;
    esac
    ;;
windows)
    need 'has x86_64-w64-mingw32-gcc' "compiles and links for Windows" \
        gcc-mingw-w64-x86-64-win32 mingw64-gcc
    need 'has debootstrap' "makes the small Debian in which Wine runs them" debootstrap debootstrap
    install_missing
    ;;
*)
    echo "usage: installer/linux/setup.sh build|run|check|test|package|windows, or names debian|libraries" >&2
    exit 2
    ;;
esac
