#!/usr/bin/env bash
# test_manual.sh PROGRAM ROOT: tests that the synopsis of nngrid(1) has every command and option of --help.
set -eu
program=$1 page=$2/runner/man/nngrid.1 missing=0

# The synopsis of a command, as it is read.
synopsis()
{
    sed -n '/^\.SH SYNOPSIS/,/^\.SH DESCRIPTION/p' "$page" | sed 's/\\f[A-Z]//g; s/\\-/-/g' |
        awk -v name="nngrid $1" 'BEGIN { RS = "\\.br\n" } index($0, ".B " name "\n")'
}

commands=$("$program" --help | sed -n 's/^  nngrid \([a-z]*\)  .*/\1/p')
[ "$(echo "$commands" | wc -w)" -gt 10 ] || { echo "--help lists no commands"; exit 1; }
for command in $commands; do
    text=$(synopsis "$command")
    [ -n "$text" ] || { echo "nngrid $command is not there"; missing=1; }
    while read -r short long; do
        grep -qE -e "(^|[[ ])($short|$long)( |\]|$)" <<<"$text" || { echo "nngrid $command has no $long"; missing=1; }
    done < <("$program" "$command" --help | sed -n 's/^  \(-[a-z]\)\?,\? *\(--[a-z-]*\).*/\1 \2/p' | sed 's/^ \(.*\)/\1 \1/')
done
exit $missing
