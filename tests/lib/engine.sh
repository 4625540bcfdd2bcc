# shellcheck shell=bash disable=SC2154,SC2317
# A Docker engine for the container test, on a machine that may have none.
#
# Where an engine already answers, it is used as it is and left as it was. Where none does, one is installed from
# Debian's own packages and started privately: its socket, its data and its state lie in a work directory of this run,
# and at the end it is stopped and what it did to the machine's network is undone.
#
# Sourced by tests/containers.sh. Uses: $work (a short path: a socket's name has at most 108 bytes), until_true.
# Functions hand their failures on by themselves: most are called where `set -e` means nothing.

dockerd_pid=
forward_policy_before=
ip_forward_before=

# A file with Debian's own package sources, in whichever of the two forms this machine has them; of the older form
# (one line a source), only the lines that a network install can use.
debian_sources() {
  local newer=/etc/apt/sources.list.d/debian.sources older=/etc/apt/sources.list
  if [[ -s $newer ]]; then
    echo "$newer"
  elif [[ -s $older ]] && grep -E '^deb ' "$older" | grep -v cdrom: >"$work/debian.list"; then
    echo "$work/debian.list"
  else
    echo 'containers.sh: no Debian package sources found in /etc/apt' >&2
    return 1
  fi
}

engine_tools_present() {
  { command -v dockerd && command -v mmdebstrap && command -v iptables && command -v ip &&
    docker compose version && docker buildx version; } >/dev/null 2>&1
}

# The engine of Debian 12 itself is too old for compose v2; that of the next suite runs on it unchanged. It is fetched
# with package lists of its own, so that the machine's sources stay as they are.
install_engine() {
  local sources=$1 codename dir=$work/apt next
  local -a packages=(docker.io docker-cli docker-buildx docker-compose containerd)
  local -a apt=(apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC1091
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  "${apt[@]}" update || return
  if [[ $codename != bookworm ]]; then
    "${apt[@]}" install -y --no-install-recommends iptables iproute2 mmdebstrap "${packages[@]}"
    return
  fi
  mkdir -p "$dir/lists/partial" "$dir/deb" || return
  next=$dir/next.${sources##*.}
  sed -E '/^deb .*bookworm-(updates|backports)/d; s/bookworm-updates//; s/bookworm/trixie/g' "$sources" >"$next" || return
  local -a from_next=(apt-get -qq -o "Dir::Etc::sourcelist=$next" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$dir/lists" -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none)
  "${from_next[@]}" update || return
  (cd "$dir/deb" && "${from_next[@]}" download "${packages[@]}") || return
  # A service that starts on installation would be an engine nobody asked for.
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made_policy=yes
  fi
  local status=0
  "${apt[@]}" install -y --no-install-recommends iptables iproute2 mmdebstrap "$dir"/deb/*.deb || status=$?
  [[ -z $made_policy ]] || rm -f "$policy"
  return "$status"
}

start_engine() {
  docker info >/dev/null 2>&1 && return 0
  export DOCKER_HOST=unix://$work/d.sock
  ip_forward_before=$(cat /proc/sys/net/ipv4/ip_forward)
  forward_policy_before=$(iptables -S FORWARD | awk '$1 == "-P" {print $3}')
  dockerd -H "$DOCKER_HOST" --data-root "$work/data" --exec-root "$work/run" --pidfile "$work/pid" \
    >"$work/dockerd.log" 2>&1 </dev/null &
  dockerd_pid=$!
  engine_answers() { docker info >/dev/null 2>&1 || ! kill -0 "$dockerd_pid" 2>/dev/null; }
  until_true 60 engine_answers
  docker info >/dev/null 2>&1 && return 0
  echo 'containers.sh: dockerd did not come up; the end of its log:' >&2
  tail -n 40 "$work/dockerd.log" >&2
  return 1
}

# dockerd leaves its rules, its bridges and FORWARD at DROP behind; other network tests on this machine need them gone.
restore_network() {
  local table rule chain bridge
  iptables -P FORWARD "${forward_policy_before:-ACCEPT}"
  for table in filter nat raw; do
    iptables -t "$table" -S 2>/dev/null |
      grep -E '^-A (PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) .*(DOCKER|docker0|br-[0-9a-f]{12}|MASQUERADE)' |
      sed 's/^-A/-D/' | while read -r rule; do
      # A rule's words are iptables' own quoting, hence the eval.
      eval "iptables -t $table $rule"
    done
    for chain in $(iptables -t "$table" -S | awk '/^-N DOCKER/ {print $2}'); do iptables -t "$table" -F "$chain"; done
    for chain in $(iptables -t "$table" -S | awk '/^-N DOCKER/ {print $2}'); do iptables -t "$table" -X "$chain"; done
  done
  for bridge in $(ip -br link show type bridge | awk '$1 ~ /^(docker0|br-[0-9a-f]{12})$/ {print $1}'); do
    ip link del "$bridge"
  done
  echo "${ip_forward_before:-0}" >/proc/sys/net/ipv4/ip_forward
}

# Only an engine that start_engine started is stopped.
stop_engine() {
  [[ -n $dockerd_pid ]] || return 0
  engine_gone() { ! kill -0 "$dockerd_pid" 2>/dev/null; }
  kill "$dockerd_pid" 2>/dev/null
  until_true 30 engine_gone || kill -9 "$dockerd_pid" 2>/dev/null
  wait "$dockerd_pid" 2>/dev/null
  dockerd_pid=
  restore_network >/dev/null 2>&1
  awk -v dir="$work/" 'index($2, dir) == 1 {print $2}' /proc/mounts | sort -r | while read -r mount; do
    umount -l "$mount"
  done
}
