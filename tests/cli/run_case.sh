#!/usr/bin/env bash
# run_case.sh CASE_DIR NNGRID [--update]: runs one command-line test.
#
# The case is copied to an empty folder. Each line of `cmd` is the arguments of one call of nngrid there (quotes work as
# in a shell; lines that start with # are comments). What the calls print is compared with the files `stdout` and
# `stderr` where the case has them, the exit code of the last call with `code` (0 where there is none), and the files
# that are new afterwards with `files`. After exit code 2 there may be no new file at all.
# `filter` is a sed script that removes from both outputs what differs from run to run. --update writes what it got as the
# new expectations.
set -uo pipefail
case_dir=$(cd "$1" && pwd)
nngrid=$(realpath "$2")
update=${3-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/case" "$work/got"
cp -r "$case_dir/." "$work/case"
cd "$work/case" || exit 2
rm -f cmd code stdout stderr files filter
find . -type f | sort >"$work/before"

unset OMP_NUM_THREADS SLURM_CPUS_PER_TASK COLUMNS
export LC_ALL=C NO_COLOR=1
code=0
while IFS= read -r line || [ -n "$line" ]; do
    case "$line" in '' | '#'*) continue ;; esac
    eval "set -- $line"
    code=0
    "$nngrid" "$@" >>"$work/got/stdout" 2>>"$work/got/stderr" </dev/null || code=$?
done <"$case_dir/cmd"
echo $code >"$work/got/code"
find . -type f | sort | comm -13 "$work/before" - >"$work/got/files"
touch "$work/got/stdout" "$work/got/stderr"
if [ -f "$case_dir/filter" ]; then
    sed -E -i -f "$case_dir/filter" "$work/got/stdout" "$work/got/stderr"
fi

if [ "$update" = --update ]; then
    cp "$work/got/code" "$case_dir/code"
    for what in stdout stderr files; do
        # An existing expectation stays, even when empty; an output without one gets one only if it is not empty.
        if [ -f "$case_dir/$what" ] || [ -s "$work/got/$what" ]; then
            cp "$work/got/$what" "$case_dir/$what"
        fi
    done
    exit 0
fi

failed=0
[ -f "$case_dir/code" ] || echo 0 >"$work/code"
for what in code stdout stderr files; do
    expected=$case_dir/$what
    [ $what = code ] && [ -f "$work/code" ] && expected=$work/code
    [ -f "$expected" ] || continue
    if ! diff -u --label "expected $what" --label "got $what" "$expected" "$work/got/$what"; then
        failed=1
    fi
done
if [ $code -eq 2 ] && [ -s "$work/got/files" ]; then
    echo "exit code 2, but these files were written:"
    cat "$work/got/files"
    failed=1
fi
if [ $failed -ne 0 ]; then
    echo "--- stdout and stderr of this run"
    cat "$work/got/stdout" "$work/got/stderr"
    echo "to make this output the expected one: tests/cli/run_case.sh ${case_dir#"$PWD"/} $nngrid --update"
fi
exit $failed
