/* Makes the built-in datasets. Rows take turns among the classes, so that file order mixes them. */
#include "data/formats/builtin.h"
#include "nn_random.h"
#include <stdlib.h>
#include <string.h>

/* What a generator knows of its row. Draw i of a row comes from Philox with counter (0, row, 0, i / 4). */
typedef struct row_context {
    uint64_t key;
    uint32_t row;
    size_t n_bits; /* of a truth table */
    size_t label, n_classes;
    double along; /* how far along its class this row is, in [0, 1) */
    double noise;
} row_context;

typedef struct builtin_set {
    const char *name;
    bool regression;
    bool any_bits;    /* takes n_bits */
    bool any_classes; /* takes n_classes */
    int64_t rows;     /* 0: a truth table, which has a row for each value of its bits and no noise */
    int64_t n_classes;
    double noise;
    size_t n_inputs;                                      /* of a truth table: its bits by default */
    double (*fill)(const row_context *c, double *inputs); /* returns the target */
} builtin_set;

static const double pi = 3.14159265358979323846;

static uint32_t draw(const row_context *c, uint32_t i)
{
    uint32_t words[4];
    nn_philox(c->key, 0, c->row, 0, i / 4, words);
    return words[i % 4];
}

/* Writes the bits of the row's number, the highest first, and returns how many are 1. */
static size_t fill_bits(const row_context *c, double *x)
{
    size_t n_ones = 0;
    for (size_t j = 0; j < c->n_bits; j++) {
        const uint32_t bit = c->row >> (c->n_bits - 1 - j) & 1;
        x[j] = bit;
        n_ones += bit;
    }
    return n_ones;
}

/* Is the number of ones odd? Of two bits that is xor. */
static double fill_parity(const row_context *c, double *x)
{
    return fill_bits(c, x) % 2 == 1;
}

static double fill_xor(const row_context *c, double *x)
{
    return fill_parity(c, x);
}

static double fill_and(const row_context *c, double *x)
{
    return fill_bits(c, x) == c->n_bits;
}

static double fill_or(const row_context *c, double *x)
{
    return fill_bits(c, x) > 0;
}

static double fill_moons(const row_context *c, double *x)
{
    double angle = pi * c->along;
    x[0] = c->label == 0 ? cos(angle) : 1.0 - cos(angle);
    x[1] = c->label == 0 ? sin(angle) : 0.5 - sin(angle);
    return (double)c->label;
}

static double fill_circles(const row_context *c, double *x)
{
    double radius = c->label == 0 ? 1.0 : 0.5;
    x[0] = radius * cos(2.0 * pi * c->along);
    x[1] = radius * sin(2.0 * pi * c->along);
    return (double)c->label;
}

/* Arms of one and a half turns out to radius 3, so that two arms are 1 apart. */
static double fill_spirals(const row_context *c, double *x)
{
    double angle = 3.0 * pi * c->along + 2.0 * pi * (double)c->label / (double)c->n_classes;
    x[0] = 3.0 * c->along * cos(angle);
    x[1] = 3.0 * c->along * sin(angle);
    return (double)c->label;
}

/* The centres lie on a circle of radius 4. */
static double fill_blobs(const row_context *c, double *x)
{
    double angle = 2.0 * pi * (double)c->label / (double)c->n_classes;
    x[0] = 4.0 * cos(angle);
    x[1] = 4.0 * sin(angle);
    return (double)c->label;
}

/* x is in (0, 1), and y = sin(2 pi x) + noise. */
static double fill_noisy_sine(const row_context *c, double *x)
{
    x[0] = nn_uniform(draw(c, 0));
    return sin(2.0 * pi * x[0]) + c->noise * nn_normal(draw(c, 1));
}

/* X(name, regression, any_bits, any_classes, rows, n_classes, noise, n_inputs) */
#define BUILTIN_SETS(X)                                                                                                \
    X(xor, false, false, false, 0, 2, 0.0, 2)                                                                          \
    X(moons, false, false, false, 200, 2, 0.2, 2)                                                                      \
    X(circles, false, false, false, 200, 2, 0.1, 2)                                                                    \
    X(spirals, false, false, true, 200, 2, 0.1, 2)                                                                     \
    X(blobs, false, false, true, 200, 3, 1.0, 2)                                                                       \
    X(noisy_sine, true, false, false, 200, 1, 0.2, 1)                                                                  \
    X(parity, false, true, false, 0, 2, 0.0, 3)                                                                        \
    X(and, false, true, false, 0, 2, 0.0, 2)                                                                           \
    X(or, false, true, false, 0, 2, 0.0, 2)

#define SET_ROW(name, ...)  {#name, __VA_ARGS__, fill_##name},
#define SET_NAME(name, ...) #name,
static const builtin_set sets[] = {BUILTIN_SETS(SET_ROW)};
const char *const data_builtin_names[DATA_N_BUILTIN] = {BUILTIN_SETS(SET_NAME)};
enum { N_SETS = sizeof sets / sizeof sets[0] };
_Static_assert((int)N_SETS == (int)DATA_N_BUILTIN, "dataset.h says how many built-in sets there are");

static const builtin_set *find_set(const char *name)
{
    for (size_t i = 0; i < N_SETS; i++)
        if (strcmp(sets[i].name, name) == 0)
            return &sets[i];
    return NULL;
}

bool data_builtin_is_regression(const char *name)
{
    const builtin_set *set = find_set(name);
    return set != NULL && set->regression;
}

bool data_builtin_is_table(const char *name)
{
    const builtin_set *set = find_set(name);
    return set != NULL && set->rows == 0;
}

/* Rounds to a multiple of 2^-20. The last bit of sin and cos varies between C libraries and CPUs, and the digest must
 * not; and such multiples are exact as float, so that float32 and float64 runs train on the same numbers. */
static double settled(double value)
{
    return rint(value * 0x1p20) * 0x1p-20 + 0.0;
}

/* Checks what a truth table may be asked for, and fills in its bits and rows. False: it reported an error. */
static bool table_is_good(loader *l, const builtin_set *set, row_context *c, int64_t *rows)
{
    const data_spec *spec = l->spec;
    const int64_t n_bits = spec->n_bits != 0 && set->any_bits ? spec->n_bits : (int64_t)set->n_inputs;
    if (spec->n_bits != 0 && !set->any_bits) {
        data_spec_mistake(l, spec->at, "%s does not take bits; %s", set->name,
                          set->rows == 0 ? "parity of 3 or more bits goes on where xor ends"
                                         : "only parity, and, or do");
        return false;
    }
    if (set->rows != 0)
        return true;
    if (n_bits < 1 || n_bits > DATA_MOST_BITS) {
        data_spec_mistake(l, spec->at, "%s: the number of bits is between 1 and %d", set->name, DATA_MOST_BITS);
        return false;
    }
    *rows = (int64_t)1 << n_bits;
    c->n_bits = (size_t)n_bits;
    if ((spec->rows != 0 && spec->rows != *rows) || spec->noise > 0.0) {
        data_spec_mistake(l, spec->at, "%s always has %d rows and no noise; leave out rows and noise", set->name,
                          (int)*rows);
        return false;
    }
    return true;
}

/* Checks the spec and fills in what generators need. False: it reported an error. */
static bool spec_is_good(loader *l, const builtin_set *set, row_context *c, size_t *n_rows)
{
    const data_spec *spec = l->spec;
    int64_t rows = spec->rows != 0 ? spec->rows : set->rows;
    int64_t n_classes = spec->n_classes != 0 ? spec->n_classes : set->n_classes;
    bool noise_given = !isnan(spec->noise);
    if (!table_is_good(l, set, c, &rows))
        return false;
    if (n_classes != set->n_classes && !set->any_classes) {
        data_spec_mistake(l, spec->at, "%s does not take a number of classes; only spirals and blobs do", set->name);
        return false;
    }
    if (!set->regression && (n_classes < 2 || n_classes > MAX_CLASSES || rows < n_classes)) {
        data_spec_mistake(l, spec->at,
                          "%s: %lld rows of %lld classes; there must be 2 to %d classes, each with at least one row",
                          set->name, (long long)rows, (long long)n_classes, MAX_CLASSES);
        return false;
    }
    if (rows < 1 || rows > 100000000) {
        data_spec_mistake(l, spec->at, "%s: the number of rows, %lld, is not between 1 and 100 million", set->name,
                          (long long)rows);
        return false;
    }
    if (noise_given && !(spec->noise >= 0.0 && spec->noise <= 1000.0)) {
        data_spec_mistake(l, spec->at, "%s: noise is a standard deviation between 0 and 1000", set->name);
        return false;
    }
    c->key = nn_stream_key(spec->seed, 0, NN_FOR_DATA);
    c->n_classes = (size_t)n_classes;
    c->noise = noise_given ? spec->noise : set->noise;
    *n_rows = (size_t)rows;
    return true;
}

static size_t n_inputs_of(const builtin_set *set, const row_context *c)
{
    return set->rows == 0 ? c->n_bits : set->n_inputs;
}

static void fill_row(const builtin_set *set, row_context *c, size_t row, size_t n_rows, double *x, double *target)
{
    const size_t n_inputs = n_inputs_of(set, c);
    size_t k = c->n_classes;
    c->row = (uint32_t)row;
    c->label = row % k;
    size_t n_alike = (n_rows - c->label + k - 1) / k; /* the number of rows of this class */
    size_t before = row / k;
    c->along = (double)before / (double)n_alike;
    *target = settled(set->fill(c, x));
    for (size_t j = 0; j < n_inputs; j++) {
        double noise = set->regression ? 0.0 : c->noise * nn_normal(draw(c, (uint32_t)j));
        x[j] = settled(x[j] + noise);
    }
}

/* Makes a table of n_rows empty rows. False: memory is short. */
static bool make_room(const builtin_set *set, data_table *t, size_t n_rows, size_t n_inputs)
{
    static const char *const names[DATA_MOST_BITS] = {"x1", "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",
                                                      "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16"};
    t->inputs = calloc(n_rows * n_inputs, sizeof *t->inputs);
    t->targets = calloc(n_rows, sizeof *t->targets);
    t->names = malloc(sizeof names);
    if (t->inputs == NULL || t->targets == NULL || t->names == NULL)
        return false;
    memcpy(t->names, names, sizeof names);
    t->n_rows = t->capacity = n_rows;
    t->n_inputs = n_inputs;
    t->n_targets = 1;
    t->target_name = set->regression ? "y" : "class";
    return true;
}

nn_status data_load_builtin(loader *l, data_table *t)
{
    const builtin_set *set = find_set(l->spec->builtin);
    row_context c = {0};
    size_t n_rows = 0;
    if (set == NULL)
        return data_spec_mistake(l, l->spec->at, "there is no built-in dataset '%s'", l->spec->builtin);
    if (set->regression && !l->regression) {
        return data_spec_mistake(l, l->spec->at, "%s is regression; set `task: regression` or leave task out",
                                 set->name);
    }
    if (l->spec->split.kind == SPLIT_COLUMN)
        return data_spec_mistake(l, l->spec->split.at, "a split by column needs a file; %s is built in", set->name);
    if (!spec_is_good(l, set, &c, &n_rows))
        return NN_data;
    if (!make_room(set, t, n_rows, n_inputs_of(set, &c)))
        return data_no_memory(l, "the rows of the built-in dataset");
    for (size_t i = 0; i < n_rows; i++)
        fill_row(set, &c, i, n_rows, t->inputs + i * t->n_inputs, t->targets + i);
    return NN_ok;
}
