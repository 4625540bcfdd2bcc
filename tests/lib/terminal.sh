# shellcheck shell=bash disable=SC2154
# People at terminals: each is a window of a private tmux, in which a program runs and shows what a human would see.
#
# Sourced by tests/containers.sh. Uses: $work, until_true.

tmux_private() { LC_ALL=C.UTF-8 tmux -u -S "$work/tmux" -f "$work/tmux.conf" "$@"; }

# terminal_open NAME COMMAND...: a terminal of 80x24. It stays readable when its program has ended, and then says with
# what status: tmux's own word for that comes too late or never for a program that closes its terminal before it ends.
terminal_open() {
  local name=$1
  shift
  printf '%s\n' 'set -g default-shell /bin/bash' 'set -g remain-on-exit on' 'set -g history-limit 5000' \
    >"$work/tmux.conf"
  tmux_private new-session -d -s "$name" -x 80 -y 24 "$(printf '%q ' "$@"); echo \"[ended with \$?]\""
}

terminal_screen() { tmux_private capture-pane -p -J -S - -t "$1" 2>/dev/null; }

# terminal_type NAME TEXT: types the text and Enter.
terminal_type() {
  tmux_private send-keys -t "$1" -l -- "$2"
  tmux_private send-keys -t "$1" Enter
}

terminal_key() { tmux_private send-keys -t "$1" "$2"; }

screen_shows() {
  local screen
  screen=$(terminal_screen "$1") && [[ $screen == *"$2"* ]]
}

# terminal_sees NAME TEXT: the text appears within 20 seconds.
terminal_sees() { until_true 20 screen_shows "$1" "$2"; }

# terminal_ends NAME STATUS: the program ends within 20 seconds with this status.
terminal_ends() { terminal_sees "$1" "[ended with $2]"; }

terminals_close() { tmux_private kill-server 2>/dev/null; }
