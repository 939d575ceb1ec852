"""The rules of the house as data: who may use whom, who may be seen, who may call what. Each has its reason.

includes.py holds them against the source, objects.py against the object files.
"""

TOP_LEVEL = (
    "core runner experiments tests scripts CMakeLists.txt README.md LICENSE "
    ".ci .github .clang-format .clang-tidy .gitignore"
).split()

# Folder: the folders whose public headers it may include. A folder may include all headers of its own subfolders and of
# the folder it lies in. The order of FOLDERS is that of the chain: no function calls one of a folder further up.
FOLDERS = {
    "core/tables": ["core"],
    "core/kernels": ["core", "core/tables", "core/train"],
    "core/kernels/reference": ["core", "core/tables", "core/train"],
    "core/kernels/tile": ["core", "core/tables", "core/train"],
    "core/kernels/lanes": ["core", "core/tables", "core/train"],
    "core/train": ["core", "core/tables", "core/kernels"],
    "core": ["core/tables"],
    "runner/base": ["core"],
    "runner/h5": ["core"],
    "runner/data": ["core", "runner/base", "runner/h5"],
    "runner/data/formats": ["core", "runner/base", "runner/h5"],
    "runner/grid": ["core", "runner/base", "runner/data"],
    "runner/grid/yaml": ["core", "runner/base"],
    "runner/results": ["core", "runner/base", "runner/h5", "runner/data", "runner/grid"],
    "runner/results/reader": ["core", "runner/base", "runner/h5", "runner/data", "runner/grid"],
    "runner/schedule": ["core", "runner/base", "runner/data", "runner/grid", "runner/results"],
    "runner/commands": [
        "core", "runner/base", "runner/h5", "runner/data", "runner/grid", "runner/results", "runner/schedule",
    ],
    "runner": ["core", "runner/base", "runner/commands"],
}

# What other folders see of a folder: these headers. "*": each header is the face of its file.
PUBLIC = {
    "core": ["nn.h", "nn_tables.h", "nn_random.h", "nn_descent.h"],
    "core/tables": ["*"],
    "core/train": ["engine.h", "arena.h", "sum.h"],  # what an engine needs of the trainer
    "core/kernels": ["scalar.h"],  # of which random.c needs the logarithm
    "runner/base": ["*"],
    "runner/h5": ["h5.h"],
    "runner/data": ["dataset.h"],
    "runner/data/formats": ["array.h"],
    "runner/grid": ["grid.h"],
    "runner/grid/yaml": ["tree.h"],
    "runner/results": [
        "results.h", "options.h", "names.h", "statistics.h", "summary.h", "ranking.h", "compare.h", "importance.h", "stops.h",
        "folds.h",
    ],
    "runner/results/reader": ["reader.h", "look.h", "cells.h", "select.h", "export.h", "model.h", "outlook.h", "folds.h"],
    "runner/schedule": ["schedule.h", "eigen.h"],
    "runner/commands": ["command.h", "common.h"],
}

# The headers that declare for other folders what several files of their own define.
FACES = {
    "core": PUBLIC["core"],
    "runner/h5": ["h5.h"],
    "runner/data": ["dataset.h"],
    "runner/data/formats": ["array.h"],
    "runner/grid": ["grid.h"],
    "runner/grid/yaml": ["tree.h"],
    "runner/results": ["results.h"],
    "runner/schedule": ["schedule.h"],
    "runner/commands": ["command.h"],
}

# Exceptions, each with its reason: (file, header).
EXCEPTIONS = {
    ("runner/data/formats/h5.c", "runner/h5/handle.h"): "users' HDF5 files have types that results files have not",
    ("runner/data/formats/netcdf.h", "runner/h5/handle.h"): "users' HDF5 files have attributes that results files have not",
}

# Of the C library, and beyond: header, the files of core that may include it, reason.
CORE_HEADERS = [
    ("math.h string.h stdbool.h stddef.h stdint.h stdatomic.h stdarg.h float.h limits.h", "*",
     "numbers, and memory that the caller gave"),
    ("immintrin.h arm_neon.h", "core/kernels/simd.h", "one file knows the vectors of the processors"),
    ("stdio.h", "core/train/error.c core/train/network.c core/train/stop.c core/tables/hyper.c",
     "snprintf into text of the caller"),
]

CALL = r"(?<![A-Za-z0-9_])(%s)[ ]*\("

# Core: regular expression, reason.
CORE_CALLS = [
    (CALL % "printf|fprintf|puts|putchar|perror|vprintf", "core prints nothing"),
    (CALL % "fopen|fread|fwrite|fclose|open|read|write|close", "core opens no file"),
    (CALL % "malloc|calloc|realloc|free|aligned_alloc|posix_memalign|alloca", "the caller owns the memory"),
    (CALL % "_?exit|abort|assert", "core ends no program"),
    (CALL % "rand|srand|time|clock", "results depend on the job alone"),
    (r"#[ ]*pragma[ ]+omp", "core knows no threads"),
]

# Runner: regular expression, the files that may (shell patterns, * does not cross a /), reason.
RUNNER_CALLS = [
    (r"#[ ]*include[ ]*<yaml\.h>", "runner/grid/yaml/*", "one folder knows libyaml"),
    (r"#[ ]*include[ ]*<hdf5(_hl)?\.h>", "runner/h5/*", "one folder knows the HDF5 library"),
    (r"#[ ]*include[ ]*<matio\.h>", "runner/data/formats/mat.c", "one file knows libmatio"),
    (r"#[ ]*include[ ]*<lbfgs\.h>", "runner/schedule/lbfgs.c", "one file knows libLBFGS"),
    (r"#[ ]*(include[ ]*<omp\.h>|pragma[ ]+omp)", "runner/base/parallel.c", "one file knows OpenMP"),
    (CALL % "printf|puts|putchar|perror|vprintf", "runner/commands/* runner/main.c", "only commands print"),
    (r"(?<![A-Za-z0-9_])(stdout|stderr)(?![A-Za-z0-9_])", "runner/commands/* runner/main.c", "only commands print"),
    (CALL % "_?exit|abort|quick_exit", "runner/commands/* runner/main.c runner/base/shield.c",
     "only commands choose an exit code; a child has to end"),
    (CALL % "setlocale", "", 'the locale stays "C", or numbers are read wrongly'),
]

MAX_FILE, MAX_FUNCTION = 850, 60  # lines

# What the exported names of a folder begin with. "FILE": the name of the file, since each is a module of its own.
PREFIXES = {
    "core": ["nn_"],
    "runner/base": ["FILE"],
    "runner/h5": ["h5_"],
    "runner/data": ["data"],
    "runner/data/formats": ["data", "array_"],
    "runner/grid": ["grid_"],
    "runner/grid/yaml": ["yaml_"],
    "runner/results": ["results_"],
    "runner/results/reader": ["results_", "reader_"],
    "runner/schedule": ["schedule_"],
    "runner/commands": ["command_"],
    "runner": ["main"],
}
