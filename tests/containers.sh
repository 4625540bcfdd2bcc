#!/usr/bin/env bash
# The containers, tried on a real Docker engine: the image that the Dockerfile makes, the services of compose.yaml, and
# people who talk through them from terminals, from scripts and from the host.
#
# Needs root (or sudo) on Debian 12 or later and nothing else: engine and base image are made here if there are none.
# Everything is removed at the end. RUST_IMAGE=... builds from that image instead of the stand-in.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if ((EUID != 0)); then
  exec sudo env "PATH=$PATH" "HOME=$HOME" ${RUSTUP_HOME:+"RUSTUP_HOME=$RUSTUP_HOME"} \
    ${RUST_IMAGE:+"RUST_IMAGE=$RUST_IMAGE"} "$root/tests/containers.sh" "$@"
fi

cd "$root"
# shellcheck disable=SC2034
cache_dir=$root/target/containers
work=$(mktemp -d /var/tmp/maru.XXXXXX)
for part in check packages engine base-image terminal; do
  # shellcheck disable=SC1090
  . "tests/lib/$part.sh"
done

# The tree as it is now: whoever goes on working while this runs changes nothing here. A .env is its owner's.
tree=$work/tree
mkdir "$tree"
tar -c --exclude=./.git --exclude=./target --exclude=./fuzz/target --exclude=./.env . | tar -x -C "$tree"
cd "$tree"

# A project, an image and a port of this run's own: an engine that was here before may hold somebody's real hall.
export COMPOSE_PROJECT_NAME=maru-test-$$ COMPOSE_FILE=$tree/compose.yaml MARU_IMAGE=maru-test:$$
export COMPOSE_ANSI=never
unset COMPOSE_PROFILES
base_image=${RUST_IMAGE:-maru-test-rust:$$}

compose() { timeout 120 docker compose "$@"; }

cleanup() {
  local status=$?
  trap - EXIT INT TERM
  set +e
  cd "$root"
  terminals_close
  if docker info >/dev/null 2>&1; then
    compose --profile '*' down -v --remove-orphans -t 5 >/dev/null 2>&1
    docker image rm -f "$MARU_IMAGE" >/dev/null 2>&1
    [[ -n ${RUST_IMAGE:-} ]] || docker image rm -f "$base_image" >/dev/null 2>&1
  fi
  stop_engine
  [[ -z ${SUDO_UID:-} ]] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$root/target"
  rm -rf "$work"
  step "cleaned up, exit $status"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# ---- before the checks: engine, base image, build

# run_logged LOG COMMAND...: quiet when it works, its last lines when it does not.
run_logged() {
  local log=$work/$1.log
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    return 1
  }
}

prepare() {
  need_programs nc=netcat-openbsd telnet=telnet python3=python3 tmux=tmux
  step 'the Docker engine'
  local sources
  sources=$(debian_sources)
  engine_tools_present || run_logged install install_engine "$sources"
  start_engine
  docker version --format 'client {{.Client.Version}}, engine {{.Server.Version}}'
  docker compose version
  step "the base image ($base_image)"
  run_logged base provide_base_image "$base_image"
  step 'docker compose build'
  run_logged build timeout 1500 docker compose --progress plain build --build-arg "RUST_IMAGE=$base_image"
}

# ---- the image

image_field() { docker image inspect -f "{{$1}}" "$MARU_IMAGE"; }

image_holds_only_the_binary() {
  local id files
  id=$(docker create "$MARU_IMAGE")
  # What the engine itself puts into a container (device and name-resolution files) is not the image's.
  files=$(docker export "$id" | tar -t | grep -vE '^(\.dockerenv|(dev|etc|proc|sys)/.*)$' | sort | tr '\n' ' ')
  docker rm -v "$id" >/dev/null
  [[ $files == 'data/ maru ' ]]
}

# A change in the sources must not build the dependencies again.
dependencies_are_cached() {
  echo '// A change.' >>"$tree/crates/maru/src/main.rs"
  docker build --progress plain --target deps --build-arg "RUST_IMAGE=$base_image" "$tree" >"$work/deps.log" 2>&1
  awk '/\[deps .*RUN cargo build/ {step = $1} step != "" && $1 == step && $2 == "CACHED" {cached = 1} END {exit !cached}' \
    "$work/deps.log"
}

check_image() {
  step 'the image'
  local size version
  size=$(image_field .Size)
  awk -v size="$size" 'BEGIN {printf "     image size: %.1f MB (%d bytes)\n", size / 1e6, size}'
  check 'the image is below 20 MB' test "$size" -lt 20000000
  check 'the image holds the binary and the data directory only' image_holds_only_the_binary
  check 'the image runs as 65532' test "$(image_field .Config.User)" = 65532:65532
  check 'the image exposes 55555' test "$(image_field '(index .Config.ExposedPorts "55555/tcp")')" = '{}'
  check 'the image has the volume /data' test "$(image_field '(index .Config.Volumes "/data")')" = '{}'
  check 'the image stops by SIGTERM' test "$(image_field .Config.StopSignal)" = SIGTERM
  check 'the image probes itself' test "$(image_field .Config.Healthcheck.Test)" = '[CMD /maru health]'
  version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
  check 'the version label is the version' \
    test "$(image_field '(index .Config.Labels "org.opencontainers.image.version")')" = "$version"
  check 'the licence label is there' \
    test "$(image_field '(index .Config.Labels "org.opencontainers.image.licenses")')" = 'MIT OR Apache-2.0'
  check 'a change in the sources leaves the dependencies cached' dependencies_are_cached
}

# ---- the server's container

server_id() { compose ps -aq chat_server; }
server_state() { docker inspect -f "{{$1}}" "$(server_id)"; }

process_status() { grep -F "$1:" "/proc/$server_pid/status" | cut -f 2-; }

mounted() { # mounted POINT OPTION: the mount at this point in the server's container has this option
  awk -v point="$1" -v option="$2" '$5 == point {options = $6} END {exit options !~ "(^|,)" option "(,|$)"}' \
    "/proc/$server_pid/mountinfo"
}

volume_writable_by_the_user() {
  local point
  point=$(docker volume inspect -f '{{.Mountpoint}}' "${COMPOSE_PROJECT_NAME}_chat_data")
  mounted /data rw && [[ $(stat -c %u:%g "$point") == 65532:65532 ]] &&
    (cd "$point" && setpriv --reuid 65532 --regid 65532 --clear-groups sh -c 'echo yes >.probe && rm .probe')
}

# server_said PART...: a line of the server's log since its last start holds all of these, in this order.
server_said() {
  local log pattern
  printf -v pattern '%s*' "$@"
  log=$(compose logs --no-color --no-log-prefix --since "$(server_state .State.StartedAt)" chat_server) || return
  while IFS= read -r line; do
    # shellcheck disable=SC2053
    [[ $line != *$pattern ]] || return 0
  done <<<"$log"
  return 1
}

# client_run ARGUMENT...: the client's container with other arguments, no terminal and no server beside it.
client_run() { compose run --rm -T --no-deps chat_client "$@" 2>&1 </dev/null; }

check_server() {
  step 'docker compose up -d --wait'
  check 'compose up --wait ends with a healthy server' run_logged up compose up -d --wait
  check 'up starts the server and no client' test "$(compose --profile '*' ps -a --services)" = chat_server
  check 'the server is healthy by its own probe' test "$(server_state .State.Health.Status)" = healthy
  server_pid=$(server_state .State.Pid)
  if [[ $server_pid == 0 ]]; then
    echo 'containers.sh: the server does not run, so nothing more can be checked; its log:' >&2
    compose logs --no-color chat_server >&2
    return 1
  fi
  check 'it runs as 65532' test "$(process_status Uid) $(process_status Gid)" = \
    $'65532\t65532\t65532\t65532 65532\t65532\t65532\t65532'
  check 'it is PID 1 in its container' test "$(process_status NSpid | awk '{print $NF}')" = 1
  check 'it has no capability' test \
    "$(process_status CapPrm)$(process_status CapEff)$(process_status CapBnd)" = "$(printf '0%.0s' {1..48})"
  check 'it can gain no privilege' test "$(process_status NoNewPrivs)" = 1
  check 'its root file system is read-only' mounted / ro
  check 'its volume is writable' volume_writable_by_the_user
  check 'it may open 20000 files' test \
    "$(awk '/^Max open files/ {print $4, $5}' "/proc/$server_pid/limits")" = '20000 20000'

  check 'it greets with the way in by its host' server_said "nc 127.0.0.1 $port"

  local output status=0
  check 'health: 0 beside a server' compose exec -T chat_server /maru health
  output=$(client_run health) || status=$?
  check 'health: not 0 without a server' fails_plainly "$status" "$output"
  status=0
  output=$(client_run chat no-such-name --nick x) || status=$?
  check 'an unknown name is a clear error' fails_plainly "$status" "$output" no-such-name
  status=0
  output=$(client_run serve --data-dir /elsewhere) || status=$?
  check 'a data directory that cannot be written is a clear error' fails_plainly "$status" "$output" /elsewhere
}

# ---- the conversation

# The host's own nc, through the published port. What it hears is in $work/nc.log, what it says goes to descriptor 7.
nc_open() {
  [[ -p $work/nc.in ]] || mkfifo "$work/nc.in"
  : >"$work/nc.log"
  nc 127.0.0.1 "$port" <"$work/nc.in" >"$work/nc.log" 2>&1 &
  nc_pid=$!
  exec 7>"$work/nc.in"
}
nc_says() { printf '%s\n' "$1" >&7; }
nc_log_has() { grep -qF -- "$1" "$work/nc.log"; }
nc_hears() { until_true 20 nc_log_has "$1"; }
nc_close() {
  exec 7>&-
  kill "$nc_pid" 2>/dev/null || true
  wait "$nc_pid" 2>/dev/null || true
}

# chat_open NAME LANG: `docker compose run --rm chat_client` at a terminal, as the README says it.
chat_open() { terminal_open "$1" env -u LC_ALL -u LC_MESSAGES "LANG=$2" docker compose run --rm chat_client; }

client_containers() {
  docker ps -q "$@" --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    --filter label=com.docker.compose.service=chat_client
}

# Where the clients that run are on the network of the containers.
client_addresses() {
  client_containers | xargs docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
}

server_untouched() { [[ $(server_state .State.Pid) == "$server_pid" ]]; }

check_conversation() {
  step 'a conversation'
  nc_open
  nc_says '나그네: 누구 있어요?'
  nc_says '/ping 1'
  check 'nc on the host reaches the hall' nc_hears '* pong 1'

  chat_open minji ko_KR.UTF-8
  check 'a Korean terminal is asked for a nickname in Korean' terminal_sees minji '닉네임 입력: '
  terminal_type minji 민지
  check 'the host sees 민지 come in' nc_hears 민지
  minji_address=$(client_addresses)
  check 'the log says from which address' server_said arrived "peer=$minji_address:"
  chat_open james en_US.UTF-8
  check 'an English terminal is asked for a nickname in English' terminal_sees james 'Nickname: '
  terminal_type james James
  check 'the host sees James come in' nc_hears James

  terminal_type minji '안녕하세요, 제임스! 👋'
  check 'two clients: from the first to the second' terminal_sees james '민지: 안녕하세요, 제임스! 👋'
  check 'and to nc on the host' nc_hears '민지: 안녕하세요, 제임스! 👋'
  terminal_type james '반가워요, 민지. 마루가 넓네요'
  check 'two clients: from the second to the first' terminal_sees minji 'James: 반가워요, 민지. 마루가 넓네요'
  nc_says '밖에서도 들려요'
  check 'from nc on the host to a client' terminal_sees james '나그네: 밖에서도 들려요'
  check_conversation_of_others
  check 'clients come and go without the server being made or started anew' server_untouched

  local output status=0
  output=$(printf '빌드 성공\n' | compose run --rm -T chat_client chat chat_server --nick 봇 2>&1) || status=$?
  check 'a piped message ends with 0' test "$status" -eq 0
  check 'and arrived' nc_hears '봇: 빌드 성공'
}

check_conversation_of_others() {
  terminal_open telnet telnet 127.0.0.1 "$port"
  terminal_sees telnet 'Escape character' || true
  # As it comes, Debian's telnet takes some bytes of Korean letters for control characters (0x83 for Ctrl-C, 0x8f for
  # Ctrl-O); in binary mode it sends what is typed.
  terminal_key telnet 'C-]'
  terminal_type telnet 'toggle binary'
  terminal_type telnet '/nick 텔넷'
  check 'the host sees telnet come in' nc_hears 텔넷
  terminal_type telnet '텔넷도 됩니다'
  check 'from telnet to a client' terminal_sees minji '텔넷: 텔넷도 됩니다'

  terminal_open script python3 "$root/tests/lib/unframed_chat.py" 127.0.0.1 "$port" 철수
  terminal_type script '소켓만으로도'
  check 'from an unframed script to a client' terminal_sees minji '철수: 소켓만으로도'
  terminal_type minji '모두 한 방에 있네요'
  check 'from a client to telnet' terminal_sees telnet '민지: 모두 한 방에 있네요'
  check 'from a client to the unframed script' terminal_sees script '민지: 모두 한 방에 있네요'
}

everybody_is_back() {
  nc_says /who
  grep -q '^\* .*민지' "$work/nc.log" && grep -q '^\* .*James' "$work/nc.log"
}

published_port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

operator_finds() { compose exec -T chat_server /maru search "$1" | grep -qF "*$1*"; }

backup_taken() { compose exec -T chat_server /maru backup - >"$work/backup.db" && [[ -s $work/backup.db ]]; }
backup_put_back() { compose run --rm -T --no-deps chat_server restore - <"$work/backup.db"; }

check_restart() {
  step 'docker compose restart'
  nc_close
  check 'restart works' run_logged restart compose restart chat_server
  check 'the published port answers again' until_true 20 published_port_answers
  nc_open
  nc_says '나그네: 다시 왔어요'
  nc_says '/search 넓네요'
  check 'what was said before the restart is found' nc_hears 'James: 반가워요, 민지. 마루가 *넓네요*'
  check 'and by the operator' operator_finds '넓네요'
  check 'the ledger is whole' compose exec -T chat_server /maru verify
  check 'a backup comes through standard output' backup_taken
  check 'both clients come back by themselves' until_true 60 everybody_is_back
  terminal_type minji '저도 다시 왔어요'
  check 'and talk on' terminal_sees james '민지: 저도 다시 왔어요'
}

clients_gone() { [[ -z $(client_containers -a) ]]; }

check_leaving() {
  step 'leaving and stopping'
  terminal_type minji Exit
  check 'Exit leaves the chat' terminal_ends minji 0
  terminal_key james C-d
  check 'Ctrl-D leaves the chat' terminal_ends james 0
  check 'their containers are gone' until_true 20 clients_gone
  check 'the log says who left, from which address' until_true 5 server_said left "peer=$minji_address:" nick=민지

  local before took lines
  lines=$(wc -l <"$work/nc.log")
  before=$(date +%s%N)
  compose stop chat_server >/dev/null 2>&1 || true
  took=$((($(date +%s%N) - before) / 1000000))
  echo "     stopped in $took ms"
  check 'SIGTERM ends it well before the engine would kill it' test "$took" -lt 5000
  check 'SIGTERM ends it with 0' test "$(server_state .State.ExitCode)" = 0
  check 'a backup is put back through standard input' backup_put_back
  told() { tail -n "+$((lines + 1))" "$work/nc.log" | grep -q '^\* '; }
  check 'those who were in were told' until_true 5 told
  nc_close
}

show_what_was_seen() {
  local name
  echo '---- the server said'
  compose logs --no-color chat_server 2>&1 | tail -n 40
  echo '---- nc heard'
  tail -n 40 "$work/nc.log" 2>/dev/null || true
  for name in minji james telnet script; do
    echo "---- the terminal of $name"
    terminal_screen "$name" || true
  done
}

prepare
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export CHAT_PORT=127.0.0.1:$port
check_image
if check_server; then
  check_conversation
  check_restart
  check_leaving
else
  checks_failed=$((checks_failed + 1))
fi
((checks_failed == 0)) || show_what_was_seen
summary
