/* Knows the names of nngrid's groups and attributes, also of those that a new grid may lack. */
#include "results/own.h"
#include "h5/h5.h"
#include "results/names.h"
#include <string.h>

static const char *const groups[] = {PATH_RUNS,    PATH_CELLS,      PATH_CURVES,   PATH_STOPS,  PATH_TARGETS,
                                     PATH_WEIGHTS, PATH_PLOTS,      PATH_DATA,     PATH_TIMING, PATH_GRID,
                                     PATH_STATE,   PATH_PROVENANCE, PATH_ENDPOINTS};

static const char *const attributes[] = {
    /* of the root and of pictures */
    ATTR_FORMAT, "nngrid_version", "Conventions", "NX_class", "default", "title", "signal", "axes", "auxiliary_signals",
    "interpretation", "long_name",
    /* of columns */
    ATTR_COVERS, ATTR_FLAG_VALUES, ATTR_FLAG_MEANINGS, ATTR_ZERO_MEANS, "CLASS", "NAME", "REFERENCE_LIST",
    "DIMENSION_LIST",
    /* of /grid, /data and /provenance */
    ATTR_LAYOUT, ATTR_YAML, ATTR_RESOLVED, ATTR_DIGEST, ATTR_INPUT_NAMES, ATTR_CLASS_NAMES, ATTR_TARGET_NAME,
    ATTR_TARGET_NAMES, ATTR_ENGINE, ATTR_THREADS, ATTR_COMMAND_LINE, ATTR_GRID_PATH, ATTR_SOURCES, "question", "n_axes",
    "seed", "name", "rows", "missing", "dropped", "version", "compiler", "flags", "instruction_set", "cpu", "host",
    "date",
    /* of rules and networks */
    ATTR_RULE, "parameter_name", ATTR_PARAMETER, ATTR_MIN_DELTA, ATTR_STRIP, ATTR_CURVE, ATTR_WIDTHS, "bias",
    "shortcuts"};

static bool is_attribute(const char *name)
{
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (strcmp(attributes[i], name) == 0)
            return true;
    return false;
}

static bool is_below(const char *path, const char *group)
{
    const size_t n = strlen(group);
    return strncmp(path, group, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* The groups that have no attribute. */
static bool is_plain_group(const char *path)
{
    return is_below(path, PATH_CELLS_STOPS) ||
           (is_below(path, PATH_WEIGHTS) && strcmp(strrchr(path, '/') + 1, NAME_EVERY) == 0);
}

/* What is below a group of nngrid is nngrid's where it is marked; of a group that is not in the new file, all is. */
static bool is_object(const char *path, bool marked)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (is_below(path, groups[i]))
            return strcmp(path, groups[i]) == 0 || marked || is_plain_group(path);
    return false;
}

static bool is_own(const char *path, const char *attribute, bool marked)
{
    return attribute != NULL ? is_attribute(attribute) : is_object(path, marked);
}

nn_status results_carry_own(const char *from, const char *to, nn_error *err)
{
    return h5_carry(from, to, is_own, err);
}
