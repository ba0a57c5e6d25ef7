# What ./run and ./test share: saying what happens, installing what is missing, building. Sourced by bash in the project's folder.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "installing packages needs root or sudo; install these yourself: ${missing[*]}"
    fi
}

# Fills the array `missing` with those of the named packages that are not installed.
find_missing()
{
    local installed package
    installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | awk '$2 == "installed" {print $1}')
    missing=()
    for package in "$@"; do
        grep -qxF "$package" <<<"$installed" || missing+=("$package")
    done
}

apt_install()
{
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" </dev/null >&2
}

# install_packages build|test|bench...: what tools/packages lists under these words and is missing.
install_packages()
{
    local words
    command -v dpkg-query >/dev/null || die "this script installs Debian packages; elsewhere install what tools/packages lists and build with cmake --preset release"
    mapfile -t words < <(awk -v groups=" $* " '!/^#/ && index(groups, " " $1 " ") {print $2}' tools/packages)
    find_missing "${words[@]}"
    [ ${#missing[@]} -eq 0 ] && return
    say "Installing ${missing[*]}"
    if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || ! apt_install "${missing[@]}"; then
        as_root apt-get update -q </dev/null >&2
        apt_install "${missing[@]}"
    fi
}

# Node 18 or later, from Debian when there is none.
install_node()
{
    local major
    major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p')
    if [ "${major:-0}" -ge 18 ] && command -v npm >/dev/null; then return; fi
    say "Installing nodejs and npm"
    missing=(nodejs npm)
    apt_install nodejs npm || { as_root apt-get update -q </dev/null >&2; apt_install nodejs npm; }
}

# build PRESET [target...]: configures when that was not done yet (ninja does it again when a CMake file changes).
build()
{
    local preset=$1
    shift
    [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >&2
    ninja -C "build/$preset" -j "$(nproc)" "$@" >&2
}
