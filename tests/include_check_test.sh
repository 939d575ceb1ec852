#!/bin/sh
# include_check_test.sh ROOT: plants one violation at a time into a copy and sees that include_check.sh finds it.
set -u
root=$1
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
failed=0

cp -r "$root/core" "$root/runner" "$copy/"

# planted FILE TEXT WORD: the check must fail and its message must have WORD.
planted()
{
    rm -f "$copy/runner/new.c"
    cp "$root"/core/*.c "$copy/core/"
    printf '%b\n' "$2" >>"$copy/$1"
    out=$(sh "$root/tests/include_check.sh" "$copy" "$1") && status=0 || status=$?
    if [ $status -ne 1 ] || ! echo "$out" | grep -q "$1.*$3"; then
        echo "not found: $2 in $1 (exit code $status)"
        echo "$out"
        failed=1
    fi
}

# What is there must pass, or what follows says nothing.
sh "$root/tests/include_check.sh" "$copy" core/error.c core/tables.c || failed=1
planted core/error.c '#include "grid.h"' 'core stands alone'
planted core/error.c '#include <stdlib.h>' 'list of headers for core'
planted core/tables.c '#include <stdio.h>' 'list of headers for core'
planted core/tables.c 'void f(void) { void *p = malloc(3); }' 'caller owns'
planted core/tables.c 'void f(void) { exit(3); }' 'ends no program'
planted runner/new.c '#include "nn_tables.h"' 'through nn.h'
planted runner/new.c '#include <yaml.h>' 'libyaml'
planted runner/new.c '#include <hdf5.h>' 'HDF5'
planted runner/new.c '#include <matio.h>' 'libmatio'
planted runner/new.c '#include <omp.h>' 'OpenMP'
planted runner/new.c '#pragma omp parallel for' 'OpenMP'
planted runner/new.c 'void f(void) { printf("x"); }' 'only commands print'
planted runner/new.c 'void f(FILE *to) { fprintf(stderr, "x"); }' 'only commands print'
planted runner/new.c 'void f(void) { exit(1); }' 'exit code'
planted runner/new.c "$(yes 'int x;' | head -360 | tr '\n' ' ' | sed 's/; /;\\n/g')" 'split it'
planted runner/new.c "void f(void)\n{\n$(yes 'g();' | head -90 | tr '\n' ' ' | sed 's/; /;\\n/g')\n}" 'a function of'

# What stands in comments and texts is no violation.
rm -f "$copy/runner/new.c"
printf '/* printf( exit( #pragma omp */\nstatic const char *text = "exit(1) malloc(";\n' >>"$copy/runner/new.c"
sh "$root/tests/include_check.sh" "$copy" runner/new.c >/dev/null || { echo "a comment or a text was taken for code"; failed=1; }

[ $failed -eq 0 ] && echo "every planted violation was found"
exit $failed
