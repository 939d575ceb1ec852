#!/usr/bin/env bash
# same_bits.sh SOURCE_DIR DIGEST COMPILER: tests that core gives the same bits on every instruction set: in this build, by
# its program DIGEST and the CMake name of its compiler; built by the other one of gcc and clang; and for Arm, where there
# are a cross compiler and qemu. What it builds is core alone, without CMake, by the flags of CMakeLists.txt.
set -euo pipefail
root=$1 digest=$2 mine=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c11 -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math -I "$root/core" -I "$root/tests/bits" -I "$root/tests/unit")

# build COMPILER NAME SETS...: a set is name or name:flag:flag
build()
{
    local compiler=$1 name=$2 set parts precision file objects=()
    shift 2
    for set in "$@"; do
        IFS=: read -r -a parts <<<"$set"
        for precision in f32 f64; do
            for file in $(find "$root/core/kernels" -name '*.c'); do
                local object=$work/$name-${parts[0]}-$precision-$(tr / - <<<"${file#"$root"/}").o
                "$compiler" "${flags[@]}" "${parts[@]:1}" -DNN_REAL_$precision -DNN_SUFFIX="${precision}_${parts[0]}" \
                    -c "$file" -o "$object" &
                objects+=("$object")
                while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
            done
        done
    done
    wait
    "$compiler" "${flags[@]}" -static -o "$work/$name" "$root/tests/bits/digest.c" \
        $(find "$root/core" -name '*.c' ! -path '*/kernels/*') "${objects[@]}" -lm
}

wanted=
# compare TITLE COMMAND...
compare()
{
    local title=$1 got status=0
    shift
    got=$("$@") || status=$?
    [ $status -eq 2 ] && echo "$title: not on this CPU" && return 0
    echo "$title: $got"
    wanted=${wanted:-$got}
    [ $status -eq 0 ] && [ "$got" = "$wanted" ] && return 0
    echo "$title differs: $wanted was wanted"
    exit 1
}

cases=${NNGRID_BITS_CASES:-60}
if [ "$(uname -m)" = x86_64 ]; then
    sets=(portable:-march=x86-64-v2 avx2:-march=x86-64-v3 avx512:-march=x86-64-v4:-mprefer-vector-width=512)
    for set in portable avx2 avx512; do
        compare "this build ($mine) $set" "$digest" "$cases" $set
    done
    [ "$mine" = Clang ] && other=gcc || other=clang
    if command -v $other >/dev/null; then
        build $other other "${sets[@]}"
        for set in portable avx2 avx512; do
            compare "$other $set" "$work/other" "$cases" $set
        done
    else
        echo "[  SKIPPED ] no $other"
    fi
fi
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then
    build aarch64-linux-gnu-gcc arm neon
    compare "gcc neon (qemu)" qemu-aarch64 "$work/arm" "$cases" neon
else
    echo "[  SKIPPED ] Arm: no aarch64-linux-gnu-gcc or no qemu-aarch64"
fi
