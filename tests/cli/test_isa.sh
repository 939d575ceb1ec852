#!/usr/bin/env bash
# test_isa.sh NNGRID SOURCE: tests that NNGRID_ISA selects the instruction set, and that a wrong one is
# an error before anything is done.
set -euo pipefail
nngrid=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
printf 'name: isa\ndata: {builtin: xor}\nbase: {hidden: [4], epochs: 2}\n' >grid.yaml

first=$("$nngrid" --version | sed -n 's/.*compiled in: \([a-z0-9]*\).*/\1/p')
[ -n "$first" ] || { echo "--version names no instruction set" && exit 1; }
NNGRID_ISA=$first "$nngrid" --version | grep -q "$first"
NNGRID_ISA=$first "$nngrid" run grid.yaml -q -o out.h5 >printed

code=0
NNGRID_ISA=avx1024 "$nngrid" run grid.yaml -q -o other.h5 2>printed || code=$?
[ $code -eq 2 ] && grep -q "NNGRID_ISA: there is no instruction set 'avx1024'; there are best, " printed || {
    echo "code $code:" && cat printed && exit 1
}
[ ! -e other.h5 ]
