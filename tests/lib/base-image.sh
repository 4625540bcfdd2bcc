# shellcheck shell=bash disable=SC2154,SC2016
# A stand-in for the official Rust image, where no image registry can be reached: a minimal Debian with a C compiler
# and this machine's own Rust toolchain, laid out and configured as the official image is. The Dockerfile stays the one
# that users build.
#
# Its file system is kept under target/containers/ and used again until the toolchain, the package sources, the
# machine's certificates, the month or this file changes.
#
# Sourced by tests/containers.sh. Uses: $work, $root, $cache_dir, debian_sources. Functions hand their failures on by
# themselves: they are called where `set -e` means nothing.

# What the stand-in is made of, as one short word.
base_image_key() {
  local sources=$1
  {
    rustc -vV
    date +%Y-%m
    cat "$sources" "$root/tests/lib/base-image.sh"
    find /usr/local/share/ca-certificates -name '*.crt' -exec cat {} + 2>/dev/null || true
  } | sha256sum | cut -c 1-16
}

# Lays the toolchain out under $1 as the official image has it: rustup's folders, one toolchain, its programs on the
# path. The programs are the toolchain's own, so the stand-in needs no rustup.
lay_out_toolchain() {
  local tree=$1 sysroot name
  sysroot=$(rustc --print sysroot) || return
  name=$(rustc -vV | awk '/^release/ {r = $2} /^host/ {h = $2} END {print r "-" h}')
  local toolchain=usr/local/rustup/toolchains/$name
  mkdir -p "$tree/$toolchain" "$tree/usr/local/cargo/bin" "$tree/usr/local/share/ca-certificates" || return
  tar -C "$sysroot" -c --exclude=./share --exclude=./etc . | tar -C "$tree/$toolchain" -x || return
  for program in cargo rustc rustdoc; do
    ln -s "/$toolchain/bin/$program" "$tree/usr/local/cargo/bin/$program" || return
  done
  # Behind a proxy with a certificate of its own, cargo inside the image needs that certificate too.
  cp /usr/local/share/ca-certificates/*.crt "$tree/usr/local/share/ca-certificates/" 2>/dev/null || true
}

# Writes the stand-in's file system to the tar file $1.
make_base_tar() {
  local tar=$1 sources=$2 tree=$work/toolchain
  lay_out_toolchain "$tree" || return
  mmdebstrap --quiet --mode=root --variant=minbase --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Acquire::Retries "3"' \
    --include=ca-certificates,gcc,g++,libc6-dev,make,pkg-config,git \
    --customize-hook="sync-in $tree /" --customize-hook='chroot "$1" update-ca-certificates >/dev/null' \
    "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$tar" "$sources" || return
  rm -rf "$tree"
}

# Makes sure that the engine has the image $1.
provide_base_image() {
  local tag=$1 sources key tar
  docker image inspect "$tag" >/dev/null 2>&1 && return
  sources=$(debian_sources) || return
  key=$(base_image_key "$sources") || return
  tar=$cache_dir/base-$key.tar
  if [[ ! -s $tar ]]; then
    mkdir -p "$cache_dir"
    rm -f "$cache_dir"/base-*
    make_base_tar "$work/base.tar" "$sources" || return
    # Moved into place whole: a run that was interrupted leaves no half of an image behind.
    mv "$work/base.tar" "$tar.part" && mv "$tar.part" "$tar" || return
  fi
  docker import \
    -c 'ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    -c 'ENV RUSTUP_HOME=/usr/local/rustup' -c 'ENV CARGO_HOME=/usr/local/cargo' -c 'CMD ["bash"]' "$tar" "$tag" >/dev/null
}
