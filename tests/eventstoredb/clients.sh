#!/usr/bin/env bash
# Judges the server by clients that were not written here.
#
#   bash tests/eventstoredb/clients.sh [wire] [rust] [python] [node]
#
# wire    our .proto files against those in the package kurrentdb, field by field
# rust    the tests of streams and of persistent subscriptions in the package kurrentdb, as they are
# python  clients/round_trip.py with the package kurrentdbclient
# node    clients/round_trip.mjs with the package @kurrent/kurrentdb-client
#
# Without arguments: all. Each client gets a server of its own, on a free port of the loopback. Packages are
# installed into target/eventstoredb-clients; Python, node and npm, where they are missing, by apt-get.
#
# Exit status: 0 if all passed, 75 if what a client consists of could not be had, so that it judged
# nothing.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

here=$PWD/tests/eventstoredb
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
scratch=$target/eventstoredb-clients
python_client=kurrentdbclient==1.3.5
node_client=@kurrent/kurrentdb-client@1.3.1
server=
# The exit status where a client could not be had.
not_to_be_had=75

# Stops the server that start_server started.
stop_server() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    server=
}
trap stop_server EXIT

# Starts a server and sets EVENTSTOREDB_URL.
start_server() {
    local log=$scratch/server.log port=
    "$target/debug/eventstoredb-test-server" --port 0 >"$log" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        port=$(sed -n 's/^listening on port //p' "$log")
        [ -z "$port" ] || break
        sleep 0.05
    done
    if [ -z "$port" ]; then
        echo "the server did not start:" >&2
        cat "$log" >&2
        return 1
    fi
    export EVENTSTOREDB_URL="esdb://127.0.0.1:$port?tls=false"
}

# fetch COMMAND...: runs what a registry is asked by, for a while.
fetch() {
    timeout 300 "$@" && return
    echo "clients.sh: cannot be had: $*" >&2
    return $not_to_be_had
}

# programs PACKAGE...: has Debian's packages installed.
programs() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "clients.sh: install what is missing of: $* (Debian: apt-get install $*)" >&2
        return $not_to_be_had
    fi
    # Not to be cut off while it installs.
    apt-get update -q && apt-get install -qy --no-install-recommends "$@" || return $not_to_be_had
}

# The folder of the package kurrentdb in cargo's registry.
kurrentdb_source() {
    cargo metadata --format-version 1 |
        grep -o '"manifest_path":"[^"]*/kurrentdb-[0-9.]*/Cargo\.toml"' |
        sed 's/^"manifest_path":"//; s/\/Cargo\.toml"$//' | grep .
}

rust() {
    local source suite=$scratch/rust
    mkdir -p "$suite/tests"
    cp "$here/clients/rust/Cargo.toml" "$suite/" && cp "$here/clients/rust/suite.rs" "$suite/tests/" ||
        return
    # The versions of the project, so that what both need is compiled once.
    [ -f "$suite/Cargo.lock" ] || cp Cargo.lock "$suite/" || return
    source=$(kurrentdb_source) || return
    cp -r "$source/tests/common.rs" "$source/tests/api" "$suite/tests/" || return
    fetch cargo fetch -q --manifest-path "$suite/Cargo.toml" || return
    CARGO_TARGET_DIR=$target timeout 900 cargo test -q --manifest-path "$suite/Cargo.toml" |
        tee "$scratch/rust.log" || return
    if grep -w WARN "$scratch/rust.log"; then
        echo "the tests left out what the server is said not to do" >&2
        return 1
    fi
}

# The compiler of .proto files that `wire` needs is a dependency of the Python client.
python_packages() {
    python3 -c 'import ensurepip, venv' || programs python3 python3-venv || return
    [ -x "$scratch/venv/bin/python" ] || python3 -m venv "$scratch/venv" || return
    fetch "$scratch/venv/bin/pip" install -q --disable-pip-version-check "$python_client"
}

wire() {
    local source
    source=$(kurrentdb_source) && python_packages || return
    "$scratch/venv/bin/python" "$here/clients/wire.py" "$source/protos"
}

python() {
    python_packages || return
    timeout 120 "$scratch/venv/bin/python" "$here/clients/round_trip.py"
}

node() {
    type -P node >/dev/null && type -P npm >/dev/null || programs nodejs npm || return
    mkdir -p "$scratch/node"
    [ -f "$scratch/node/package.json" ] || echo '{"private": true}' >"$scratch/node/package.json"
    fetch npm install --prefix "$scratch/node" --silent --no-fund --no-audit "$node_client" || return
    # Packages are looked for beside the script.
    cp "$here/clients/round_trip.mjs" "$scratch/node/" || return
    (cd "$scratch/node" && exec timeout 120 env node round_trip.mjs)
}

[ $# -gt 0 ] || set -- wire rust python node
mkdir -p "$scratch"
cargo build -q -p eventstoredb-test-server || exit
for client in "$@"; do
    case $client in
    wire | rust | python | node) ;;
    *)
        echo "clients.sh: there is no client $client; there are wire, rust, python and node" >&2
        exit 2
        ;;
    esac
    begin=$SECONDS
    start_server && "$client"
    status=$?
    stop_server
    if [ $status -eq $not_to_be_had ]; then
        echo "left out  $client: it could not be had"
        exit $status
    fi
    if [ $status -ne 0 ]; then
        echo "FAILED  $((SECONDS - begin)) s  $client (exit status $status)"
        exit $status
    fi
    echo "passed  $((SECONDS - begin)) s  $client"
done
