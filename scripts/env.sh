# Where builds and test tools live. Sourced by the scripts and, through them, by the Makefile; sets only what the caller
# has not set. Everything is outside the checkout, so that a fresh clone does not rebuild the world.
# shellcheck shell=bash

BUSSOLA_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BUSSOLA_CACHE=${BUSSOLA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bussola}
CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$BUSSOLA_CACHE/target}
# Links made by scripts/bootstrap to environments in the cache.
BUSSOLA_VENV=${BUSSOLA_VENV:-$BUSSOLA_ROOT/target/venv}
BUSSOLA_JUDGE_VENV=${BUSSOLA_JUDGE_VENV:-$BUSSOLA_ROOT/target/judge}
BUSSOLA_SECRETS_VENV=${BUSSOLA_SECRETS_VENV:-$BUSSOLA_ROOT/target/secrets} # without it, tests say that they skip
export BUSSOLA_SECRETS_VENV
BUSSOLA_AICS_TLOG=${BUSSOLA_AICS_TLOG:-$BUSSOLA_JUDGE_VENV/bin/aics-tlog}
[ -x "$BUSSOLA_AICS_TLOG" ] || BUSSOLA_AICS_TLOG='' # tests say that they skip it
export BUSSOLA_AICS_TLOG
export BUSSOLA_ROOT BUSSOLA_CACHE CARGO_TARGET_DIR BUSSOLA_VENV BUSSOLA_JUDGE_VENV

# rustup's default place is not on the PATH of a non-login shell.
if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
  PATH=$HOME/.cargo/bin:$PATH
  export PATH
fi

# The Node that scripts/bootstrap fetched, where the machine has none that is new enough.
if [ -x "$BUSSOLA_ROOT/target/node/bin/node" ]; then
  PATH=$BUSSOLA_ROOT/target/node/bin:$PATH
  export PATH
fi

# The Node of the providers that tests sign in at; none: those tests say that they are skipped.
BUSSOLA_NODE=${BUSSOLA_NODE:-$BUSSOLA_ROOT/target/counterparts-node}
[ -x "$BUSSOLA_NODE" ] || BUSSOLA_NODE=''
export BUSSOLA_NODE

# The browser of the web app's tests; none: they are skipped.
if [ -z "${BUSSOLA_CHROMIUM:-}" ]; then
  BUSSOLA_CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
fi
export BUSSOLA_CHROMIUM

say() { printf '%s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$1" >&2
  if [ $# -gt 1 ]; then printf 'hint: %s\n' "$2" >&2; fi
  exit 1
}
