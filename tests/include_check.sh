#!/bin/sh
# include_check.sh ROOT [FILE...]: enforces who may use what, in all files or in those named (relative to ROOT). The
# tables below are the rules; each line ends with its reason.
set -u
root=$1
shift
cd "$root" || exit 2
bad=$(mktemp)
trap 'rm -f "$bad" "$bad.code"' EXIT

complain()
{
    echo "$1" >>"$bad"
}

# matches FILE "PATTERN...": is the base name one of the shell patterns?
matches()
{
    set -f
    for pattern in $2; do
        set +f
        # shellcheck disable=SC2254
        case "${1##*/}" in
        $pattern) return 0 ;;
        esac
        set -f
    done
    set +f
    return 1
}

# The code of a file without comments and without what stands in quotes; #include lines keep their names.
code_of()
{
    awk '
    {
        line = $0; out = ""
        include = line ~ /^[ \t]*#[ \t]*include/
        while (line != "") {
            if (comment) {
                i = index(line, "*/")
                if (!i) { line = ""; break }
                line = substr(line, i + 2); comment = 0
            } else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^\047([^\047\\]|\\.)*\047/)) {
                out = out (include ? substr(line, 1, RLENGTH) : "\"\""); line = substr(line, RLENGTH + 1)
            } else if (substr(line, 1, 2) == "/*") {
                comment = 1; line = substr(line, 3)
            } else if (substr(line, 1, 2) == "//") {
                line = ""
            } else {
                # Up to the next character that may begin one of the above; at least one.
                match(line, /^.[^"\047\/]*/)
                out = out substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1)
            }
        }
        print out
    }' "$1"
}

# Headers of the C library that core may include: folder's files | headers | reason
core_headers='
*|math.h string.h stdbool.h stddef.h stdint.h stdatomic.h stdarg.h float.h limits.h|numbers and memory that the caller gave
simd_t.h|immintrin.h arm_neon.h|one file knows the vectors of the processors
error.c hyper.c network*.c stop*.c|stdio.h|snprintf into text of the caller
'

# What only some files of runner may use: regular expression | files | reason
runner_rules='
#[ ]*include[ ]*<yaml\.h>|yaml_tree.c|one file knows libyaml
#[ ]*include[ ]*<hdf5(_hl)?\.h>|h5.c h5_*.c h5_internal.h|one module knows the HDF5 library
#[ ]*include[ ]*<matio\.h>|array_mat.c|one file knows libmatio
#[ ]*include[ ]*<omp\.h>|schedule*.c|one module knows OpenMP
#[ ]*pragma[ ]+omp|schedule*.c|one module knows OpenMP
(^|[^a-zA-Z0-9_])(printf|puts|putchar|perror|vprintf)[ ]*\(|cmd_*.c main.c|only commands print
(^|[^a-zA-Z0-9_])(stdout|stderr)([^a-zA-Z0-9_]|$)|cmd_*.c main.c|only commands print
(^|[^a-zA-Z0-9_])_?(exit|abort|quick_exit)[ ]*\(|cmd_*.c main.c array_apart.c|only commands choose an exit code; a child has to end
(^|[^a-zA-Z0-9_])setlocale[ ]*\(||the locale stays "C", or numbers are read wrongly
'
# Libraries that stand in one file each, whatever its name.
in_one_file='yaml.h matio.h'

# What core may not call at all: regular expression | reason
core_rules='
(^|[^a-zA-Z0-9_])(printf|fprintf|puts|putchar|perror|vprintf)[ ]*\(|core prints nothing
(^|[^a-zA-Z0-9_])(fopen|fread|fwrite|fclose|open|read|write|close)[ ]*\(|core opens no file
(^|[^a-zA-Z0-9_])(malloc|calloc|realloc|free|aligned_alloc|posix_memalign|alloca)[ ]*\(|the caller owns the memory
(^|[^a-zA-Z0-9_])_?(exit|abort|assert)[ ]*\(|core ends no program
(^|[^a-zA-Z0-9_])(rand|srand|time|clock)[ ]*\(|results depend on the job alone
#[ ]*pragma[ ]+omp|core knows no threads
'

top_level='core runner experiments tests scripts CMakeLists.txt README.md LICENSE .ci .github .clang-format .clang-tidy .gitignore'
max_lines=350
max_function=80

allowed_in_core()
{
    echo "$core_headers" | while IFS='|' read -r files headers _; do
        [ -n "$files" ] && matches "$1" "$files" && matches "$2" "$headers" && echo yes
    done | grep -q yes
}

check_core_includes()
{
    sed -n 's/^[ \t]*#[ \t]*include[ \t]*//p' "$bad.code" | while read -r header _; do
        name=$(echo "$header" | tr -d '<>"')
        case "$header" in
        '"'*) [ -f "core/$name" ] || complain "$1: includes $header, which is not core's: core stands alone" ;;
        '<'*) allowed_in_core "$1" "$name" ||
            complain "$1: includes $header: not in the list of headers for core (core_headers in tests/include_check.sh)" ;;
        esac
    done
}

check_runner_includes()
{
    sed -n 's/^[ \t]*#[ \t]*include[ \t]*//p' "$bad.code" | while read -r header _; do
        name=$(echo "$header" | tr -d '<>"')
        case "$header" in
        '"nn.h"' | '"version.h"' | '<'*) ;;
        *) [ -f "runner/$name" ] || complain "$1: includes $header: runner reaches core through nn.h only" ;;
        esac
    done
}

check_rules() # FILE RULES FIELDS
{
    echo "$2" | while IFS= read -r rule; do
        [ -n "$rule" ] || continue
        reason=${rule##*|}
        rest=${rule%|*}
        files=
        if [ "$3" = 3 ]; then
            files=${rest##*|}
            rest=${rest%|*}
        fi
        matches "$1" "$files" && continue
        grep -nE "$rest" "$bad.code" | while IFS= read -r hit; do
            complain "$1:${hit%%:*}: $(echo "${hit#*:}" | sed 's/^ *//'): $reason"
        done
    done
}

check_lengths() # FILE
{
    lines=$(wc -l <"$1")
    [ "$lines" -le $max_lines ] || complain "$1: $lines lines; files stay under $max_lines: split it"
    awk -v max=$max_function -v file="$1" '
        /^{/ { start = NR }
        /^}/ { if (start && NR - start - 1 > max) print file ":" start ": a function of " NR - start - 1 " lines; none over " max
               start = 0 }' "$1" >>"$bad"
}

check_file() # FILE
{
    case "$1" in
    core/*)
        code_of "$1" >"$bad.code"
        check_core_includes "$1"
        check_rules "$1" "$core_rules" 2
        ;;
    runner/*)
        code_of "$1" >"$bad.code"
        check_runner_includes "$1"
        check_rules "$1" "$runner_rules" 3
        ;;
    esac
    check_lengths "$1"
}

[ $# -gt 0 ] || set -- core/*.[ch] runner/*.[ch] tests/unit/*.[ch] tests/bench/*.[ch]
for file in "$@"; do
    if [ -f "$file" ]; then
        check_file "$file"
    fi
done
for header in $in_one_file; do
    users=$(grep -lE "^[ ]*#[ ]*include[ ]*<$header>" core/*.[ch] runner/*.[ch] 2>/dev/null)
    [ "$(echo "$users" | wc -w)" -le 1 ] || complain "<$header> stands in more than one file: $(echo $users)"
done
if [ -e .git ] && command -v git >/dev/null; then
    for name in $(git -c safe.directory="$root" ls-files 2>/dev/null | cut -d/ -f1 | sort -u); do
        matches "$name" "$top_level" || complain "$name: not one of the agreed names at the top level ($top_level)"
    done
fi

if [ -s "$bad" ]; then
    cat "$bad"
    exit 1
fi
echo "the rules hold"
