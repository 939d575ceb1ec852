#!/usr/bin/env bash
# test_fetch_data.sh NNGRID ROOT: tests scripts/fetch-data with a mirror on this disk: a right file is kept, a wrong one is
# not, and one that is there already is not fetched again. Where the real data sets are, their digests are checked too.
set -uo pipefail
nngrid=$(realpath "$1")
root=$(realpath "$2")
fetch=$root/scripts/fetch-data
shared=${NNGRID_SHARED_DATA:-$root/../shared/data}
if ! command -v curl >/dev/null; then
    echo "[  SKIPPED ] curl is not there"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failed=0

check() # WHAT CONDITION...
{
    local what=$1
    shift
    "$@" || { echo "failed: $what"; failed=1; }
}

mkdir -p "mirror/small" "mirror/folders/a"
printf '1,2,0\n3,4,1\n5,6,0\n7,8,1\n' >mirror/small/small.csv
gzip -1 <mirror/small/small.csv >mirror/small/packed.csv.gz
cp mirror/small/small.csv mirror/folders/a/b.csv
sum=$(sha256sum <mirror/small/small.csv | cut -d' ' -f1)
{
    echo "# a comment"
    echo "small small.csv sha256:$sum https://nowhere.invalid"
    echo "small packed.csv.gz unpacked-sha256:$sum https://nowhere.invalid"
    echo "folders a/b.csv md5:$(md5sum <mirror/small/small.csv | cut -d' ' -f1) file://$work/mirror/folders"
    echo "wrong small.csv sha256:0$sum file://$work/mirror/small"
} >list

check "a set by another place" "$fetch" --list list --to got --from "file://$work/mirror" small >out
check "both files" cmp mirror/small/small.csv got/small/small.csv
check "both files are named" [ "$(wc -l <out)" = 2 ]
check "a file that only looks other" [ -f got/small/packed.csv.gz ]
check "nothing is fetched again" [ "$("$fetch" --list list --to got small | grep -c ': is there')" = 2 ]
check "by the list's own place" "$fetch" --list list --to got folders >out
check "in folders" cmp mirror/small/small.csv got/folders/a/b.csv
check "NNGRID_DATA" env NNGRID_DATA=root "$fetch" --list list folders >out
check "is where nngrid looks" env NNGRID_DATA=root "$nngrid" data folders/a/b.csv >out

"$fetch" --list list --to got wrong 2>err && { echo "failed: a wrong digest passed"; failed=1; }
check "says so" grep -q "is not the expected file" err
check "keeps nothing" [ -z "$(find got/wrong -type f)" ]
echo spoilt >got/folders/a/b.csv
check "a spoilt file is fetched again" "$fetch" --list list --to got folders >out
check "and right again" cmp mirror/small/small.csv got/folders/a/b.csv
"$fetch" --list list --to got --from "file://$work/nowhere" folders >out 2>err
check "what is right stays without a mirror" grep -q "is there" out
"$fetch" --list list --to other --from "file://$work/nowhere" folders 2>err && { echo "failed: no file"; failed=1; }
check "a file that cannot be downloaded" grep -q "could not be downloaded" err
"$fetch" --list list nothing 2>err
check "an unknown set is wrong usage" [ $? -eq 2 ]
check "and the sets are named" grep -q "there are: small folders wrong" err

if [ -f "$shared/mnist/t10k-labels-idx1-ubyte.gz" ]; then
    check "the digests of the real sets" "$fetch" --to real --from "file://$(realpath "$shared")" mnist proben1 vowel \
        concrete pima bike-sharing >out
else
    echo "[  SKIPPED ] the real data sets are not there"
    [ -z "${NNGRID_REQUIRE_DATA-}" ] || failed=1
fi
exit $failed
