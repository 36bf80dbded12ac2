# Builds, starts and stops the server for the clients: its process and its data folder.

admin=admin
password=correct-horse-battery

# Sets $doorsign to the server's binary: the one in DOORSIGN_BIN, or that of the tree, built if necessary. The variable is unset, because
# the server reads every DOORSIGN_ variable as a setting.
build_server() {
  doorsign=${DOORSIGN_BIN:-}
  unset DOORSIGN_BIN
  if [ -n "$doorsign" ]; then return; fi
  cargo build --locked --manifest-path "$root/Cargo.toml"
  doorsign="${CARGO_TARGET_DIR:-$root/target}/debug/doorsign"
}

# Starts a server with contract $1 and compat $2 (8 by default) on new data, and sets $url and $data to its address and data folder. Rate limits are off: they have
# their own tests, and would refuse requests here. Users without a connection are offline at once, as in Rocket.Chat, so that one suite
# serves both contracts. Webhooks to this machine are allowed, because the tests receive them here.
start_server() {
  here=$(mktemp -d)
  data="$here/data"
  (
    cd "$here"
    export DOORSIGN_ADMIN_USERNAME=$admin DOORSIGN_ADMIN_PASSWORD=$password DOORSIGN_LOG=warn
    export DOORSIGN_LOGIN_FAILURES_PER_USER=1000 DOORSIGN_LOGIN_FAILURES_PER_ADDRESS=100000 DOORSIGN_LOGIN_FAILURES_PER_ACCOUNT=100000
    export DOORSIGN_OFFLINE_GRACE_SECONDS=0 DOORSIGN_UNCONNECTED=offline
    if "$doorsign" config | grep -q '^rate_limit_calls'; then export DOORSIGN_RATE_LIMIT_CALLS=0; fi
    if "$doorsign" config | grep -q '^webhook_allow'; then export DOORSIGN_WEBHOOK_ALLOW=127.0.0.0/8; fi
    exec "$doorsign" --listen 127.0.0.1:0 --contract "$1" --compat "${2:-8}" --data "$data" --ready-file "$here/ready" >"$here/log" 2>&1
  ) &
  server=$!
  trap stop_server EXIT
  await_ready
}

# Waits for the ready file. Shows the log if the server ended before.
await_ready() {
  until [ -s "$here/ready" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$here/log" >&2; give_up "the server did not start"; }
    sleep 0.02
  done
  url=$(cat "$here/ready")
}

# Stops the server and removes its data. Fails and shows the log if the server panicked or exited with an error.
stop_server() {
  local ended=0
  trap - EXIT
  kill "$server" 2>/dev/null || true
  wait "$server" || ended=$?
  if [ "$ended" != 0 ] || grep --quiet panicked "$here/log"; then
    cat "$here/log" >&2
    ended=1
  fi
  rm -rf "$here"
  return "$ended"
}
