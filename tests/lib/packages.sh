# shellcheck shell=bash
# Programs that the tests use, installed from Debian's packages where they are missing.

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "this needs root or sudo: $*" >&2
    return 1
  fi
}

# need_programs PROGRAM=PACKAGE...: installs the packages of those programs that are not there.
need_programs() {
  local pair
  local -a missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  ((${#missing[@]} > 0)) || return 0
  if ! command -v apt-get >/dev/null; then
    echo "the tests need these programs, and there is no apt-get to install them with: ${missing[*]}" >&2
    return 1
  fi
  echo "installing: ${missing[*]}"
  local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  as_root "${apt[@]}" update &&
    as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
}
