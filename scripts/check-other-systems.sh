#!/usr/bin/env bash
# Checks on Linux that the program compiles for Windows or macOS.
#
#   scripts/check-other-systems.sh windows    clippy, and a real build where MinGW-w64 is there;
#                                             scripts/windows/try.sh then runs what was built
#   scripts/check-other-systems.sh macos      clippy; nothing is linked, there is no free linker kit
#
# Rust needs its standard library for the other system. It is taken, in this order, from where
# `rustup target add` put it, or built once from the compiler's own source (`rust-src`: the
# toolchain's, or the package of a Debian archive that has exactly this compiler's version). What is
# built lives in the cache folder; the toolchain itself is not touched.
#
# Bundled C (database, compressor, cryptography) is compiled for real only with MinGW-w64. Without
# it, and for macOS, a stand-in compiler writes empty objects so that build scripts can run: the
# Rust code is checked, the C code is not.
#
# SUITES may name other Debian suites to look for rust-src in; CACHE another cache folder.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

case "${1:-}" in
windows) target=x86_64-pc-windows-gnu ;;
macos) target=aarch64-apple-darwin ;;
*)
    echo "usage: scripts/check-other-systems.sh windows|macos" >&2
    exit 2
    ;;
esac

version=$(rustc --version | cut -d' ' -f2)
sysroot=$(rustc --print sysroot)
host=$(rustc -vV | sed -n 's/^host: //p')
cache=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/duo-integrator-build}/rust-$version
mkdir -p "$cache"

# A standard library made with the stand-in serves no linker.
has_std() {
    compgen -G "$1/lib/rustlib/$target/lib/libstd-*.rlib" >/dev/null &&
        { [ $kind = stand-in ] || [ ! -e "$1/lib/rustlib/$target/stand-in" ]; }
}

# ---- The C compiler -----------------------------------------------------------------------------

# What is asked of a C compiler, an archiver and a maker of import libraries when nothing is to be
# linked: that files named as outputs exist, and that a compiler can say who it is.
write_stand_in() {
    cat >"$1" <<'STAND_IN'
#!/usr/bin/env bash
output= library= previous= preprocess=
for word in "$@"; do
    case $previous in
    -o) output=$word ;;
    -l) library=$word ;;
    esac
    case $word in
    -o?*) output=${word#-o} ;;
    -E) preprocess=yes ;;
    esac
    previous=$word
done
if [ -n "$output" ]; then
    : >"$output"
elif [ -n "$library" ] && [[ $0 == *dlltool ]]; then
    printf '!<arch>\n' >"$library"
elif [ -n "$preprocess" ]; then
    echo clang
else
    for word in "$@"; do
        case $word in
        *.a | *.lib)
            [ -e "$word" ] || printf '!<arch>\n' >"$word"
            break
            ;;
        esac
    done
fi
STAND_IN
    chmod +x "$1"
}

kind=stand-in
name=${target//-/_}
if [ "$target" = x86_64-pc-windows-gnu ] && command -v x86_64-w64-mingw32-gcc >/dev/null; then
    kind=real
else
    stand_in=$cache/stand-in/compiler
    # The compiler asks for this one by name, so it goes on the path; a folder with nothing else.
    import_libraries=$cache/stand-in/path/x86_64-w64-mingw32-dlltool
    mkdir -p "$cache/stand-in/path"
    write_stand_in "$stand_in"
    write_stand_in "$import_libraries"
    export PATH="$cache/stand-in/path:$PATH"
    export "CC_$name=$stand_in" "CXX_$name=$stand_in" "AR_$name=$stand_in" "RANLIB_$name=true"
    export SDKROOT=/ MACOSX_DEPLOYMENT_TARGET=11.0
    say "The C code is not compiled: a stand-in takes the compiler's place"
fi

# ---- The standard library's source --------------------------------------------------------------

# Debian's archives keep rust-src for several compilers side by side. A package configuration of our
# own asks them, so neither root nor a change to the machine's own sources is needed.
source_from_debian() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    local apt=$cache/apt mirror suite package
    # shellcheck disable=SC2016  # apt fills these names in, not the shell
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
    [ -n "$mirror" ] || return 1
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/parts"
    : >"$apt/status"
    for suite in ${SUITES:-trixie-backports trixie forky sid}; do
        say "Looking for rust-src $version in Debian's $suite"
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
        local options=(
            -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
            -o "Dir::Cache=$apt" -o "Dir::Etc::sourcelist=$apt/sources.list"
            -o "Dir::Etc::sourceparts=$apt/parts" -o "Dir::Etc::preferencesparts=$apt/parts"
            -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3
            # A mirror's copy of a suite that is no longer refreshed serves as well: it is signed.
            -o Acquire::Check-Valid-Until=false
        )
        apt-get "${options[@]}" update -qq >&2 || continue
        package=$(apt-cache "${options[@]}" madison rust-src | awk '{print $3}' | grep -F -m 1 -e "$version+" -e "$version-") || continue
        say "Fetching rust-src $package"
        (cd "$apt" && apt-get "${options[@]}" download -qq "rust-src=$package" >&2) || continue
        rm -rf "$cache/source"
        dpkg-deb -x "$apt"/rust-src_*.deb "$cache/source"
        rm -rf "$apt"
        return 0
    done
    rm -rf "$apt"
    return 1
}

# Prints the folder that holds `library/`.
find_source() {
    local place
    for place in "$sysroot/lib/rustlib/src/rust" "$cache/source/usr/src/rustc-$version"; do
        if [ -e "$place/library/std/Cargo.toml" ]; then
            echo "$place"
            return
        fi
    done
    return 1
}

# ---- The standard library -----------------------------------------------------------------------

build_std() {
    local library=$1/library work=$cache/std-$target file
    say "Building Rust's standard library for $target, once"
    mkdir -p "$work/src"
    : >"$work/src/lib.rs"
    printf '[package]\nname = "only-std"\nversion = "0.0.0"\nedition = "2024"\n[profile.release]\ndebug = 0\n[workspace]\n' >"$work/Cargo.toml"
    # Building the standard library is an unstable feature; RUSTC_BOOTSTRAP opens it in a stable
    # compiler, and the variable beside it says where the source is. Only here: the program itself
    # is built without either. The bitcode is for release builds, which optimize across crates.
    (cd "$work" && RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes __CARGO_TESTS_ONLY_SRC_ROOT=$library CARGO_TARGET_DIR=$work/target \
        cargo build --release --quiet --target "$target" -Zbuild-std=std,panic_unwind,panic_abort,test,proc_macro)
    rm -rf "$own/lib/rustlib/$target"
    mkdir -p "$own/lib/rustlib/$target/lib"
    [ $kind = real ] || : >"$own/lib/rustlib/$target/stand-in"
    for file in "$work/target/$target"/release/deps/*.rlib; do
        case $file in
        */libonly_std-*) ;;
        *) cp "$file" "$own/lib/rustlib/$target/lib/" ;;
        esac
    done
    rm -rf "$work"
}

if has_std "$sysroot"; then
    say "The toolchain knows $target already"
else
    own=$cache/sysroot
    mkdir -p "$own/lib/rustlib"
    ln -sfn "$sysroot/lib/rustlib/$host" "$own/lib/rustlib/$host"
    if ! has_std "$own"; then
        source=$(find_source) || { source_from_debian && source=$(find_source); } ||
            fail "The source of Rust $version's standard library is not to be had here. With rustup, this helps: rustup target add $target"
        build_std "$source"
    fi
    # With --target, cargo gives these flags to what is made for the other system and not to the
    # build scripts, which go on using the toolchain's own folder.
    export RUSTFLAGS="${RUSTFLAGS:-} --sysroot=$own"
fi

# ---- The check ----------------------------------------------------------------------------------

# A folder of its own: objects of the stand-in must never meet a real linker.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/other-systems/$1-$kind"

say "Running clippy for $target"
cargo clippy --locked --all-targets --quiet --target "$target" -- -D warnings
if [ $kind = real ]; then
    say "Building for $target"
    cargo build --locked --all-targets --quiet --target "$target"
    ls -l "$CARGO_TARGET_DIR/$target/debug/duo-integrator.exe" >&2
    say "Compiled, linted and linked for Windows"
else
    say "Type-checked and linted for $target; not linked, not run"
fi
