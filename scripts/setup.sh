# Functions that install missing packages by apt, and build with CMake and Ninja. The other scripts source this file.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# purpose  package  what it is for
packages='
build  gcc             the C compiler with OpenMP
build  libc6-dev       headers of the C library
build  cmake           configures the build
build  ninja-build     runs the build
build  pkg-config      finds the libraries
build  libhdf5-dev     the results file
build  libyaml-dev     the grid file
build  libmatio-dev    data and weights in .mat files
build  libxxhash-dev   keys, digests and checksums
build  zlib1g-dev      data in .gz files, compact results
build  liblapacke-dev  eigenvalues for diagnose: endpoint
build  liblbfgs-dev    optimizer: lbfgs
test   libcmocka-dev   unit tests
test   clang           the second compiler
test   libclang-rt-dev  its sanitizers
test   libomp-dev      OpenMP for clang
test   gcc-aarch64-linux-gnu  core for Arm, which must give the same bits
test   libc6-dev-arm64-cross  headers and C library for it
test   qemu-user       runs it
test   python3-h5py    Python reader
test   python3-numpy   Python reader
test   python3-pandas  Python reader
test   python3-xarray  Python reader
test   python3-netcdf4 reads results as netCDF
test   python3-h5netcdf  reads results as netCDF
test   python3-silx    reads results as NeXus
test   python3-sklearn the reader compared with scikit-learn
test   python3-torch   trajectories compared with PyTorch (0.2 GB)
test   python3-matplotlib  plots
test   octave          MATLAB reader
test   octave-netcdf   MATLAB reader
test   netcdf-bin      ncdump
test   hdf5-tools      h5dump
test   python3-scipy   writes MATLAB files for the tests
test   python3-jsonschema  checks grids by nngrid schema
test   python3-yaml    reads them for it
test   curl            scripts/fetch-data
test   man-db          reads the manual pages
test   git             tells which files the project has
bench  python3-h5py    reads results
bench  python3-numpy   data, and a peer
bench  python3-scipy   data in .mat files
bench  python3-torch   a peer
bench  python3-sklearn a peer
bench  libopenblas0-pthread     the BLAS of the peers
bench  libopenblas-pthread-dev  the BLAS of the peer in C
bench  linux-perf      where the time goes
plot   python3-h5py    reads results
plot   python3-pandas  reads results
plot   python3-xarray  reads results
plot   python3-matplotlib  draws
format clang-format-14 one layout for all C files; other versions lay out differently
lint   clang-tidy      finds bugs
lint   cppcheck        finds bugs
bare   debootstrap     fills a bare Debian
bare   git             copies the checkout
'

# missing_packages PURPOSE...: prints the packages of these purposes that dpkg does not know as installed.
missing_packages()
{
    local purpose package
    for purpose in "$@"; do
        while read -r p package _; do
            [ "$p" = "$purpose" ] || continue
            [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
        done <<<"$packages"
    done
}

# known_packages: prints those of the packages on standard input that this system has; all while apt has no lists.
known_packages()
{
    if [ -n "$(apt-cache madison gcc)" ]; then
        xargs -r apt-cache madison 2>/dev/null | awk '!seen[$1]++ { print $1 }'
    else
        cat
    fi
}

# need PURPOSE...: installs the missing packages of these purposes. A package that another Debian or Ubuntu does not have
# is left out: another package has its files there, or what needs them is left out as well.
need()
{
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        echo "This machine has no apt, so nothing is installed. Needed for $*:" >&2
        for purpose in "$@"; do
            echo "$packages" | awk -v p="$purpose" '$1 == p { $1 = ""; print " " $0 }' >&2
        done
        return 0 # they may be there under other names: the build fails if not
    fi
    local missing
    mapfile -t missing < <(missing_packages "$@" | known_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    local sudo=""
    if [ "$(id -u)" -ne 0 ]; then
        sudo=sudo
        if ! command -v sudo >/dev/null; then
            echo "Missing packages, and neither root nor sudo to install them. As root: apt-get install ${missing[*]}" >&2
            exit 2
        fi
    fi
    echo "Installing with apt what is missing to $*: ${missing[*]}" >&2
    $sudo apt-get update -qq >&2 || echo "apt-get update failed; trying with the package lists that are there" >&2
    mapfile -t missing < <(missing_packages "$@" | known_packages)
    if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
            >"${TMPDIR:-/tmp}/nngrid-apt.$$" 2>&1; then
        cat "${TMPDIR:-/tmp}/nngrid-apt.$$" >&2
        rm -f "${TMPDIR:-/tmp}/nngrid-apt.$$"
        echo "apt could not install: ${missing[*]}" >&2
        exit 2
    fi
    rm -f "${TMPDIR:-/tmp}/nngrid-apt.$$"
}

# quietly COMMAND...: runs the command, and prints its output only if it fails.
quietly()
{
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    [ $status -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return $status
}

# build FOLDER [TARGET...] [-- CMAKE-OPTION...]: configures and builds; says so the first time, which takes long.
build()
{
    local folder=$1 targets=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        targets+=("$1")
        shift
    done
    [ $# -eq 0 ] || shift
    [ -e "$folder/build.ninja" ] || echo "Building in ${folder#"$root"/}/" >&2
    quietly cmake -S "$root" -B "$folder" -G Ninja "$@" || return
    quietly ninja -C "$folder" ${NNGRID_JOBS:+-j "$NNGRID_JOBS"} "${targets[@]}"
}

# c_files: prints the C files of the project.
c_files()
{
    find "$root/core" "$root/runner" "$root/tests" -name '*.[ch]' | sort
}
