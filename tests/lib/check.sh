# shellcheck shell=bash disable=SC2034
# What the shell tests are written with: one line for each check, a count at the end, and waiting with a deadline for
# what must appear instead of sleeping for a time that might be enough.

checks_passed=0
checks_failed=0
started_at=$SECONDS

step() { printf '== [%4ds] %s\n' $((SECONDS - started_at)) "$*"; }

# check NAME COMMAND...: the command's success is the check's.
check() {
  local name=$1
  shift
  if "$@"; then
    checks_passed=$((checks_passed + 1))
    echo "ok   $name"
  else
    checks_failed=$((checks_failed + 1))
    echo "FAIL $name"
  fi
}

# until_true SECONDS COMMAND...: tries again until the command succeeds; fails at the deadline.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# contains TEXT PART...: every part occurs in the text.
contains() {
  local text=$1 part
  shift
  for part in "$@"; do
    [[ $text == *"$part"* ]] || return 1
  done
}

# fails_plainly STATUS OUTPUT PART...: a program failed, said so with these words, and did not panic.
fails_plainly() {
  local status=$1 output=$2
  shift 2
  ((status != 0 && status < 124)) && [[ $output != *panicked* ]] && contains "$output" "$@"
}

# The closing line, and whether all went well.
summary() {
  echo "$checks_passed passed, $checks_failed failed"
  ((checks_failed == 0 && checks_passed > 0))
}
