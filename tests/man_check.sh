#!/bin/sh
# man_check.sh ROOT: the manual mentions every format of data files, and man shows all pages without a warning. Keys, words
# and settings of the grid are compared with the program's own by tests/system/test_schema.py.
set -u
root=$1
page=$root/runner/man/nngrid-grid.5
status=0
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
[ $status -eq 0 ] && echo "the manual has all formats and no warnings"
exit $status
