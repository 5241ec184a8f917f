#!/usr/bin/env bash
# Makes the packages for Linux from a built program.
#
#   installer/linux/package.sh [BINARY [deb|rpm|tar]…]
#
# BINARY is target/release/duo-integrator and the kinds are all three, if not given.
# Into target/packages (or $PACKAGES): a .deb, an .rpm, a .tar.gz that runs from any folder, and SHA256SUMS.
# What this system cannot make is named and left out; setup.sh's role "package" brings what is missing.
#
# Promises: the same program and the same sources give the same bytes, anywhere and as any user (with the
# same versions of dpkg and rpm): every time in a package is SOURCE_DATE_EPOCH, by default that of the
# last commit, and every file is root's. Man pages and completions are written by the program itself.
# To try upgrades with: PACKAGE_VERSION makes a package of another version, PACKAGE_FAST=1 a larger one, fast.
# Source: https://reproducible-builds.org/docs/source-date-epoch/

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec </dev/null
umask 022
export LC_ALL=C TZ=UTC

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

target=${CARGO_TARGET_DIR:-target}
program=$(realpath "${1:-$target/release/duo-integrator}") || fail "There is no program to package; make one with: cargo build --release"
kinds=("${@:2}")
[ ${#kinds[@]} != 0 ] || kinds=(tar deb rpm)
[ -x "$program" ] || fail "There is no program to package: $program"
packages=${PACKAGES:-target/packages}
version=${PACKAGE_VERSION:-$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)}
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)
fi
export SOURCE_DATE_EPOCH

# Byte 18 of an ELF file tells the machine. Source: https://man7.org/linux/man-pages/man5/elf.5.html
case "$(od -An -tx1 -j18 -N1 "$program" | tr -d ' ')" in
3e) machine=x86_64 debian_machine=amd64 ;;
b7) machine=aarch64 debian_machine=arm64 ;;
*) fail "This is not a program for Linux on x86_64 or aarch64: $program" ;;
esac

deb_compression=(-Zxz) rpm_compression=w9.xzdio
if [ -n "${PACKAGE_FAST:-}" ]; then deb_compression=(-Zgzip -z1) rpm_compression=w1.gzdio; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$packages"
packages=$(realpath "$packages")

# put MODE FROM TO
put() { install -D -m "$1" "$2" "$3"; }

# ---- What every package holds -------------------------------------------------------------------

"$program" generate man "$work/man"
"$program" generate completions "$work/completions"
gzip -9n "$work"/man/*.1

date=$(date -d "@$SOURCE_DATE_EPOCH" +%F)
sed "s/@VERSION@/$version/; s/@DATE@/$date/" installer/linux/duo-integrator.metainfo.xml >"$work/metainfo.xml"

# share FOLDER: everything that lies below /usr/share on every system.
share() {
    local size file
    put 644 installer/linux/duo-integrator.desktop "$1/applications/duo-integrator.desktop"
    put 644 "$work/metainfo.xml" "$1/metainfo/duo-integrator.metainfo.xml"
    for size in 16 24 32 48 64 128 256 512; do
        put 644 "assets/icon/duo-integrator-$size.png" "$1/icons/hicolor/${size}x$size/apps/duo-integrator.png"
    done
    put 644 assets/icon/duo-integrator.svg "$1/icons/hicolor/scalable/apps/duo-integrator.svg"
    for file in "$work"/man/*; do put 644 "$file" "$1/man/man1/${file##*/}"; done
    put 644 "$work/completions/duo-integrator.bash" "$1/bash-completion/completions/duo-integrator"
    put 644 "$work/completions/duo-integrator.fish" "$1/fish/vendor_completions.d/duo-integrator.fish"
}

documents() {
    local file
    for file in README.md CHANGELOG.md SECURITY.md docs/*.md; do
        [ ! -e "$file" ] || put 644 "$file" "$1/$file"
    done
    put 644 assets/licenses.txt.gz "$1/licenses-of-libraries.txt.gz"
}

# usr FOLDER: what the .deb and the .rpm hold.
usr() {
    put 755 "$program" "$1/usr/bin/duo-integrator"
    put 755 installer/linux/collectors "$1/usr/lib/duo-integrator/collectors"
    put 644 installer/linux/systemd/system/duo-integrator.service "$1/usr/lib/systemd/system/duo-integrator.service"
    put 644 installer/linux/systemd/user/duo-integrator.service "$1/usr/lib/systemd/user/duo-integrator.service"
    put 644 installer/linux/systemd/sysusers.conf "$1/usr/lib/sysusers.d/duo-integrator.conf"
    put 644 installer/linux/systemd/tmpfiles.conf "$1/usr/lib/tmpfiles.d/duo-integrator.conf"
    share "$1/usr/share"
    documents "$1/usr/share/doc/duo-integrator"
}

settle_times() { find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; }

# ---- .deb ---------------------------------------------------------------------------------------

# The newest version of the C library that the program asks for.
libc_version() { grep -ao 'GLIBC_2\.[0-9]*' "$program" | sort -Vu | tail -n 1 | cut -d_ -f2; }

make_deb() {
    # The project has no address of its own to write to.
    local root=$work/deb depends maintainer='The Duo Security Integrator contributors <nobody@localhost>'
    usr "$root"
    put 644 "$work/completions/_duo-integrator" "$root/usr/share/zsh/vendor-completions/_duo-integrator"
    {
        printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n'
        printf 'Upstream-Name: duo-integrator\n\nFiles: *\nCopyright: %s\n' \
            "$(sed -n 's/^Copyright ([cC]) //p' LICENSE-MIT)"
        printf 'License: Expat or Apache-2.0\nComment:\n'
        printf ' The libraries and fonts that are built in, with the texts of their licenses, stand\n in licenses-of-libraries.txt.gz beside this file.\n'
        printf '\nLicense: Apache-2.0\n The text stands in /usr/share/common-licenses/Apache-2.0.\n\nLicense: Expat\n'
        sed '1,/^Copyright/d; /./,$!d; s/^$/./; s/^/ /' LICENSE-MIT
    } >"$root/usr/share/doc/duo-integrator/copyright"
    printf 'duo-integrator (%s) unstable; urgency=medium\n\n  * What changed stands in CHANGELOG.md.\n\n -- %s  %s\n' \
        "$version" "$maintainer" "$(date -R -d "@$SOURCE_DATE_EPOCH")" |
        gzip -9n >"$root/usr/share/doc/duo-integrator/changelog.gz"
    # The same names as in setup.sh's role "run"; either of the two ways to OpenGL will do.
    depends=$(installer/linux/setup.sh names debian | sed 's/^libegl1$/libegl1 | libgl1/' | paste -sd, | sed 's/,/, /g')
    mkdir "$root/DEBIAN"
    put 755 installer/linux/deb/postinst "$root/DEBIAN/postinst"
    put 755 installer/linux/deb/prerm "$root/DEBIAN/prerm"
    put 755 installer/linux/deb/postrm "$root/DEBIAN/postrm"
    (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
    cat >"$root/DEBIAN/control" <<CONTROL
Package: duo-integrator
Version: $version
Architecture: $debian_machine
Maintainer: $maintainer
Section: admin
Priority: optional
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
Depends: libc6 (>= $(libc_version)), libgcc-s1, $depends
Recommends: gnome-keyring | libsecret-service, libwayland-client0, libwayland-egl1
Description: collects every Cisco Duo log into a complete local store
 Collects the logs that Cisco Duo offers (authentication, activity,
 administrator, telephony, offline enrollment and Trust Monitor) into a store
 on this computer: each record exactly once, byte for byte as Duo sent it, and
 checked against Duo's own counts.
 .
 Shows dashboards, records, alerts and reports, and hands the records on to a
 SIEM. Works on desktops and, without a window, on servers.
CONTROL
    settle_times "$root"
    dpkg-deb --build --root-owner-group "${deb_compression[@]}" "$root" \
        "$packages/duo-integrator_${version}_$debian_machine.deb" >/dev/null
}

# ---- .rpm ---------------------------------------------------------------------------------------

make_rpm() {
    local root=$work/rpm top=$work/rpmbuild requires='' library
    usr "$root"
    put 644 "$work/completions/_duo-integrator" "$root/usr/share/zsh/site-functions/_duo-integrator"
    put 644 LICENSE-MIT "$root/usr/share/licenses/duo-integrator/LICENSE-MIT"
    put 644 LICENSE-APACHE "$root/usr/share/licenses/duo-integrator/LICENSE-APACHE"
    for library in $(installer/linux/setup.sh names libraries); do requires+="${requires:+, }$library()(64bit)"; done
    settle_times "$root"
    (
        cd "$root"
        printf '%%defattr(-,root,root,-)\n'
        find usr/lib/duo-integrator usr/share/doc/duo-integrator usr/share/licenses/duo-integrator -type d -printf '%%%%dir "/%p"\n'
        find usr -type f ! -path 'usr/share/doc/*' ! -path 'usr/share/licenses/*' -printf '"/%p"\n'
        find usr/share/doc -type f -printf '%%%%doc "/%p"\n'
        find usr/share/licenses -type f -printf '%%%%license "/%p"\n'
    ) | sort >"$work/file-list"
    mkdir "$top"
    # Left alone: the program is stripped, pages are compressed. gzip and SHA-256 are read everywhere.
    rpmbuild -bb --quiet --target "$machine-linux" \
        --define "_topdir $top" --define "_rpmdir $top" --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
        --define "version $version" --define "staged $root" --define "file_list $work/file-list" \
        --define "window_libraries $requires" \
        --define '__os_install_post %{nil}' --define 'debug_package %{nil}' --define '_build_id_links none' \
        --define '_buildhost localhost' --define 'use_source_date_epoch_as_buildtime 1' \
        --define 'clamp_mtime_to_source_date_epoch 1' --define "_binary_payload $rpm_compression" \
        --define '_source_filedigest_algorithm 8' --define '_binary_filedigest_algorithm 8' \
        installer/linux/rpm/duo-integrator.spec >"$work/rpmbuild.log" 2>&1 ||
        fail "rpmbuild failed: $(cat "$work/rpmbuild.log")"
    mv "$top/duo-integrator-$version-1.$machine.rpm" "$packages/"
}

# ---- .tar.gz ------------------------------------------------------------------------------------

make_tarball() {
    local name=duo-integrator-$version-$machine-linux root
    root=$work/tar/$name
    put 755 "$program" "$root/duo-integrator"
    share "$root/share"
    put 644 "$work/completions/_duo-integrator" "$root/share/zsh/site-functions/_duo-integrator"
    put 644 installer/linux/systemd/system/duo-integrator.service "$root/systemd/system/duo-integrator.service"
    put 644 installer/linux/systemd/user/duo-integrator.service "$root/systemd/user/duo-integrator.service"
    put 644 installer/linux/INSTALL.txt "$root/INSTALL.txt"
    put 644 LICENSE-MIT "$root/LICENSE-MIT"
    put 644 LICENSE-APACHE "$root/LICENSE-APACHE"
    documents "$root"
    tar -C "$work/tar" --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" \
        --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -9n >"$packages/$name.tar.gz"
}

# ---- All of them --------------------------------------------------------------------------------

files=("duo-integrator_${version}_$debian_machine.deb" "duo-integrator-$version-1.$machine.rpm"
    "duo-integrator-$version-$machine-linux.tar.gz")
(cd "$packages" && rm -f -- "${files[@]}")
for kind in "${kinds[@]}"; do
    case "$kind" in
    deb) if has dpkg-deb; then make_deb; else say "No .deb was made: there is no dpkg-deb here"; fi ;;
    rpm) if has rpmbuild; then make_rpm; else say "No .rpm was made: there is no rpmbuild here"; fi ;;
    tar) make_tarball ;;
    *) fail "There are packages of the kinds deb, rpm and tar, and not $kind" ;;
    esac
done
(
    cd "$packages"
    made=()
    for file in "${files[@]}"; do
        [ ! -e "$file" ] || made+=("$file")
    done
    sha256sum -- "${made[@]}" >SHA256SUMS
    say "Made in $packages:"
    du -h -- "${made[@]}" | sed 's/^/  /' >&2
)
