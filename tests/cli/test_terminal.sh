#!/usr/bin/env bash
# test_terminal.sh NNGRID SOURCE: tests that texts of files reach the terminal without control characters, and pipes that
# want data with them; that commands to type again are quoted; and how the program is linked.
set -euo pipefail
nngrid=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "$1:" && cat -v printed && exit 1
}

# What a terminal would get holds no control character but line ends.
is_plain() {
    [ -s printed ] || fail "$1 printed nothing"
    ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]\|\xc2[\x80-\x9f]' printed || fail "$1 printed a control character"
}

printf 'a,"\033]0;evil\007","\302\233y"\n1,2,\033[31mred\n2,1,blue\n3,1,\033[31mred\n0,1,blue\n' >data.csv
printf 'name: grid\ndata: {file: data.csv}\nbase: {epochs: 2, hidden: [3]}\n' >grid.yaml
printf 'name: grid\ndata: {file: data.csv}\nbase: {epochs: 2, "\\e[1m\\nnngrid: forged": 3}\n' >wrong.yaml

"$nngrid" data data.csv >printed || fail data
is_plain data
"$nngrid" check wrong.yaml >printed 2>&1 && fail "check accepted a wrong grid"
is_plain check
! grep -q '^nngrid: forged' printed || fail "a name forged a line"
"$nngrid" plan grid.yaml >printed 2>&1 || fail plan
is_plain plan
out=$'it\'s \033[1m.h5'
"$nngrid" run grid.yaml -o "$out" >printed 2>&1 || fail run
is_plain run
for command in "show" "show --run 0" "status" "cells" "evaluate --run 0"; do
    # shellcheck disable=SC2086
    "$nngrid" ${command%% *} "$out" $(echo "$command" | cut -s -d' ' -f2-) >printed 2>&1 || fail "$command"
    is_plain "$command"
done

# The line that resumes is one that a shell reads back.
"$nngrid" run grid.yaml --set epochs=10000000 --max-time 0.2s -o "$out.2" >printed 2>&1 || true
line=$(grep -A1 'resume with' printed | tail -1)
eval "set -- $line"
for word in "$@"; do [ "$word" = "$out.2" ] && found=1; done
[ "${found-0}" = 1 ] || fail "the command to resume does not name the file"

# Data for programs are as they are.
"$nngrid" predict "$out" --run 0 data.csv 2>printed | grep -q $'\033' || fail "predict changed a label"
"$nngrid" data data.csv --json | tee printed | grep -q 'u001b' || fail "JSON has no escape"
is_plain "data --json"

# Position-independent, with all relocations made before the first line runs and read-only after.
if command -v readelf >readelf.path && ! grep -aq __asan_init "$nngrid"; then
    readelf -hdl "$nngrid" >printed
    grep -q 'DYN' printed && grep -q 'BIND_NOW\|NOW' printed && grep -q GNU_RELRO printed || fail "not hardened"
fi
