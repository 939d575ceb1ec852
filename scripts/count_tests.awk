# Reads ctest's LastTest.log and prints three numbers: passed, failed and skipped tests.
# cmocka programs and Python test files print how many tests they have, which ctest does not see; any other program is
# one test. A program that fails without naming a failed test counts as one failure.
function close_test() {
    if (!open)
        return
    if (!counted && good)
        p = 1
    if (!good && f == 0)
        f = 1
    passed += p; failed += f; skipped += s
    open = 0
}
/^[0-9]+\/[0-9]+ Testing: / { close_test(); open = 1; counted = good = p = f = s = 0 }
/^\[  PASSED  \] [0-9]+ test/ { counted = 1; p += $4 }
/^\[  FAILED  \] [0-9]+ test/ { f += $4 }
/^\[  SKIPPED \] [0-9]+ test/ { counted = 1; s += $4 }
/^Ran [0-9]+ tests? in / { counted = 1; ran = $2 }
/^(OK|FAILED)( \(.*\))?$/ {
    n_bad = 0; n_skip = 0
    if (match($0, /failures=[0-9]+/)) n_bad += substr($0, RSTART + 9, RLENGTH - 9)
    if (match($0, /errors=[0-9]+/)) n_bad += substr($0, RSTART + 7, RLENGTH - 7)
    if (match($0, /skipped=[0-9]+/)) n_skip = substr($0, RSTART + 8, RLENGTH - 8)
    f += n_bad; s += n_skip; p += ran - n_bad - n_skip; ran = 0
}
/^Test Passed\./ { good = 1 }
/^Test Skipped\./ { good = 1; counted = 1; s += 1 }
END { close_test(); print passed + 0, failed + 0, skipped + 0 }
