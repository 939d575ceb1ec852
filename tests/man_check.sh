#!/bin/sh
# man_check.sh ROOT: the manual of the grid knows every setting and every choice of core's tables, and no other setting.
set -u
root=$1
page=$root/runner/man/nngrid-grid.5
settings=$(sed -n '/SETTINGS BEGIN/,/SETTINGS END/p' "$page")
documented=$(echo "$settings" | sed -n 's/^\.B //p')
declared=$(sed -n 's/^NN_HYPER([A-Z]*, \([a-z0-9_]*\),.*/\1/p' "$root/core/tables/hyper.def")
status=0
if [ "$documented" != "$declared" ]; then
    echo "nngrid-grid.5 and core/tables/hyper.def do not list the same settings in the same order:"
    echo "in the page: " $documented
    echo "in the table:" $declared
    status=1
fi
for table in activation loss init optimizer schedule gradient reduction precision stop; do
    for word in $(sed -n "s/^NN_[A-Z_]*(\([a-z0-9_]*\),.*/\1/p" "$root/core/tables/$table.def"); do
        grep -qw "$word" "$page" || { echo "nngrid-grid.5 does not mention $table $word"; status=1; }
    done
done
# Formats of data by their endings; in the page a - is written \-.
for ending in $(sed -n 's/^    {"[^"]*", "\([^"]*\)",.*/\1/p' "$root/runner/data/formats/format.c"); do
    sed 's/\\-/-/g' "$page" | grep -qF -e "$ending" || { echo "nngrid-grid.5 does not mention files *$ending"; status=1; }
done
if command -v man >/dev/null; then
    for each in "$root"/runner/man/*; do
        warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=100 man --warnings=w -l "$each" 2>&1 >/dev/null)
        [ -z "$warnings" ] || { echo "$each: $warnings"; status=1; }
    done
fi
[ $status -eq 0 ] && echo "the manual lists what the tables list"
exit $status
