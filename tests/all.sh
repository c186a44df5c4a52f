#!/usr/bin/env bash
# Runs the tests of the project. Works on a fresh Debian machine with Rust alone.
#
#   bash tests/all.sh [fast] [servers] [soak] [clients]
#
# fast     format, lints, unit, integration, UI and doc tests, examples, docs; starts no server
# servers  the tests that need Redis, PostgreSQL or a server that speaks EventStoreDB's protocol, which is
#          in tests/eventstoredb; installs the first two where they are missing, and starts servers of
#          its own, on free ports of the loopback, in temporary folders
# soak     the crash tests, and those of consumers and sagas on servers, for long
# clients  the test server of EventStoreDB, judged by clients that others wrote: installs a Python and a
#          Node client from their registries into the target folder
#
# Without arguments: fast, servers and clients, where a client whose registry cannot be reached is left
# out, which the summary says. A short soak is a part of fast: there the crash tests kill often enough
# to see a mistake, but not for long. The first step that fails ends the run, with its exit status.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

target=${CARGO_TARGET_DIR:-target}
# 34,724 real events, if they lie beside the project.
fines=$PWD/../shared/data/traffic_fines.csv
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
# One set of features for every step, so that steps share what they compile.
all=(--workspace --all-features)
# The packages whose tests need servers.
with_servers=(factum-redis-tests factum-postgres-tests factum-examples-on-servers factum-warm-tests factum-consumer-tests factum-sagas-on-servers factum-guarded-tests eventstoredb-test-server factum-eventstore factum-eventstore-tests)
# The exit status of a step whose packages could not be fetched, and whether that is a failure.
not_to_be_had=75
may_leave_out=
summary=()

# step NAME COMMAND...: runs the command; ends the run if it fails, unless it may be left out.
step() {
    local name=$1 begin=$SECONDS status
    shift
    printf '\n== %s\n' "$name"
    "$@"
    status=$?
    if [ $status -eq $not_to_be_had ] && [ -n "$may_leave_out" ]; then
        summary+=("LEFT OUT  $name: its packages could not be fetched")
        return
    fi
    if [ $status -ne 0 ]; then
        summary+=("FAILED  $((SECONDS - begin)) s  $name (exit status $status)")
        close
        exit $status
    fi
    summary+=("passed  $((SECONDS - begin)) s  $name")
}

close() {
    printf '\n== summary\n'
    printf '%s\n' "${summary[@]}"
}

# What a build needs beside Rust: a C compiler, for the bundled SQLite.
tools() {
    rustfmt --version && cargo clippy --version || rustup component add rustfmt clippy || return
    if command -v cc; then return; fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "there is no C compiler: install one (Debian: apt-get install gcc libc6-dev)"
        return 1
    fi
    apt-get update -q && apt-get install -qy --no-install-recommends gcc libc6-dev
}

# Says what the tests run on, and what they have to leave out here.
extent() {
    local goldens
    [ -n "${FACTUM_FINES:-}" ] || ! [ -f "$fines" ] || export FACTUM_FINES=$fines
    if [ -n "${FACTUM_FINES:-}" ]; then
        echo "the example fines runs on its sample and on $FACTUM_FINES"
    else
        echo "the example fines runs on its sample only: there is no $fines, and no FACTUM_FINES"
    fi
    goldens=$(sed -n 's/^const COMPILER: &str = "\(.*\)";$/\1/p' tests/derive/tests/ui.rs)
    case $(rustc --version) in
    "$goldens"*) echo "errors of the derives are compared with their goldens" ;;
    *) echo "errors of the derives are only counted: their goldens are of ${goldens}x" ;;
    esac
}

# The features of the package in FOLDER, one a line.
features_of() {
    sed -n '/^\[features\]/,/^\[[^f]/s/^\([a-z][a-z0-9_-]*\) *=.*/\1/p' "$1/Cargo.toml" |
        grep -v '^default$'
}

# lint_alone PACKAGE FOLDER: with no feature, and with each by itself.
lint_alone() {
    local feature
    cargo clippy -q -p "$1" --no-default-features -- -D warnings || return
    for feature in $(features_of "$2"); do
        echo "$1 with $feature"
        cargo clippy -q -p "$1" --no-default-features --features "$feature" -- -D warnings || return
    done
}

features_alone() {
    lint_alone factum-core core && lint_alone factum-stores stores &&
        lint_alone factum-projections projections &&
        lint_alone factum-resilience resilience && lint_alone factum .
}

run_tests() {
    extent
    # The tests of the examples run them; `cargo test` builds them by itself only without a selection.
    cargo build -q "${all[@]}" --examples || return
    local left_out=()
    for package in "${with_servers[@]}"; do left_out+=(--exclude "$package"); done
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run "${all[@]}" "${left_out[@]}" "$@"
    else
        cargo test "${all[@]}" "${left_out[@]}" --lib --bins --tests "$@"
    fi
}

# The servers' programs. Where there is no init, their packages start nothing; elsewhere RUNLEVEL keeps
# them from it: the tests start servers of their own.
server_programs() {
    local missing=()
    command -v redis-server || missing+=(redis-server)
    ls /usr/lib/postgresql/*/bin/postgres || command -v postgres || missing+=(postgresql)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing: ${missing[*]}; install them (Debian: apt-get install ${missing[*]})"
        return 1
    fi
    apt-get update -q && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install -qy --no-install-recommends "${missing[@]}"
}

# A server that is missing is a failure here.
run_server_tests() {
    local packages=()
    for package in "${with_servers[@]}"; do packages+=(-p "$package"); done
    export FACTUM_TEST_SERVERS=required
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --all-features "${packages[@]}"
    else
        cargo test --all-features "${packages[@]}" --lib --bins --tests
    fi
}

# Runs an example twice on one file; what the second run prints goes to FILE.2.
twice() {
    local example=$1 out=$2
    shift 2
    "$target/debug/examples/$example" "$@" >"$out.1" &&
        "$target/debug/examples/$example" "$@" >"$out.2"
}

# In a shell of its own, whose end takes the scratch folder away.
examples() (
    scratch=$(mktemp -d) || exit
    trap 'rm -rf "$scratch"' EXIT
    twice bank "$scratch/bank" "$scratch/bank.db" || exit
    cat "$scratch/bank.1"
    twice fines "$scratch/sample" --db "$scratch/sample.db" || exit
    cat "$scratch/sample.1"
    cmp "$scratch/sample.1" "$scratch/sample.2" || exit
    twice transfer "$scratch/transfer" "$scratch/transfer.db" || exit
    cat "$scratch/transfer.1"
    "$target/debug/examples/shop"
)

# In a target folder of its own: the flag is for all that is compiled.
interleavings() {
    RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=$target/loom \
        cargo test -q --release -p factum-resilience --test loom &&
        RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=$target/loom \
            cargo test -q --release -p factum-projections --lib interleavings
}

docs() {
    RUSTDOCFLAGS="-D warnings" cargo doc -q "${all[@]}" --no-deps
}

fast() {
    step "tools" tools
    step "format" cargo fmt --all --check
    step "clippy" cargo clippy -q "${all[@]}" --all-targets -- -D warnings
    step "clippy, each feature alone" features_alone
    step "unit, integration and UI tests" run_tests
    step "doc tests" cargo test -q "${all[@]}" --doc
    step "interleavings of the breaker and the hub" interleavings
    step "examples" examples
    step "docs" docs
}

servers() {
    step "programs of servers" server_programs
    step "tests with servers" run_server_tests
}

clients() {
    local client
    for client in wire rust python node; do
        step "client that others wrote: $client" bash tests/eventstoredb/clients.sh "$client"
    done
}

# The crash tests have `kill` in their names; with FACTUM_SOAK they kill many times as often. Those of
# consumers and sagas do all that they do for longer, on servers.
soak() {
    FACTUM_SOAK=1 run_tests kill && server_programs &&
        FACTUM_SOAK=1 FACTUM_TEST_SERVERS=required \
            cargo test --all-features -p factum-consumer-tests -p factum-sagas-on-servers --tests
}

if [ $# -eq 0 ]; then
    set -- fast servers clients
    may_leave_out=yes
fi
for tier in "$@"; do
    case $tier in
    fast) fast ;;
    servers) servers ;;
    soak) step "soak" soak ;;
    clients) clients ;;
    *)
        echo "tests/all.sh: there is no tier $tier; the tiers are fast, servers, soak and clients" >&2
        exit 2
        ;;
    esac
done
close
echo "all passed"
