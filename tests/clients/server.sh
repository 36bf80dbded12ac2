# Builds and runs the server that the clients meet. Owns its process and its data folder; knows nothing of clients and tests.

admin=admin
password=correct-horse-battery

# Leaves the server's binary in $doorsign: the one that DOORSIGN_BIN names, or the tree's, built if needed. The variable is not
# passed on, as the server takes every DOORSIGN_ for a setting.
build_server() {
  doorsign=${DOORSIGN_BIN:-}
  unset DOORSIGN_BIN
  if [ -n "$doorsign" ]; then return; fi
  cargo build --locked --manifest-path "$root/Cargo.toml"
  doorsign="${CARGO_TARGET_DIR:-$root/target}/debug/doorsign"
}

# Starts a server with contract $1 on new data, and leaves its address in $url and its data folder in $data. Nothing limits how
# often it may be asked: limits have tests of their own, and here they would refuse what is being tested. Users without a
# connection are offline at once, as in Rocket.Chat, so that one suite serves both contracts. Webhooks may be on this machine, where the tests receive them.
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
    exec "$doorsign" --listen 127.0.0.1:0 --contract "$1" --data "$data" --ready-file "$here/ready" >"$here/log" 2>&1
  ) &
  server=$!
  trap stop_server EXIT
  await_ready
}

# Waits for the ready file; a server that ended before it shows why.
await_ready() {
  until [ -s "$here/ready" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$here/log" >&2; give_up "the server did not start"; }
    sleep 0.02
  done
  url=$(cat "$here/ready")
}

# Stops the server and removes its data. Fails, and shows the log, when it had panicked or does not end as it should.
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
