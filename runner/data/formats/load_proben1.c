/* Reads a .dt file of Proben1 into a table. It has header lines `name=number`, then a line for each example with its
 * inputs and outputs; training examples come first, then those of validation, then those of test. */
#include "data/formats/load_proben1.h"
#include "data/fit.h"
#include "data/text.h"
#include <stdlib.h>
#include <string.h>

typedef enum key { BOOL_IN, REAL_IN, BOOL_OUT, REAL_OUT, TRAINING, VALIDATION, TEST, N_KEYS } key;

static const char *const key_names[N_KEYS] = {
    "bool_in", "real_in", "bool_out", "real_out", "training_examples", "validation_examples", "test_examples"};

typedef struct proben1 {
    loader *l;
    data_table *t;
    char *at; /* rest of the text */
    int line;
    bool given[N_KEYS];
    double header[N_KEYS];
    size_t n_inputs, n_outputs, n_examples;
    double *row; /* [n_inputs + n_outputs] */
} proben1;

/* The next line that is not blank, ended by a NUL; NULL at the end of the text. */
static char *next_line(proben1 *p)
{
    while (*p->at != '\0') {
        char *line = p->at, *end = line + strcspn(line, "\n");
        p->at = *end != '\0' ? end + 1 : end;
        *end = '\0';
        p->line++;
        if (line[strspn(line, " \t\r")] != '\0')
            return line;
    }
    return NULL;
}

/* ---- the header ---- */

static nn_status take_key(proben1 *p, char *line)
{
    enum { MOST_COLUMNS = 1000000, MOST_EXAMPLES = 1000000000 };
    double value = 0.0;
    char shown[EXCERPT_SIZE], *equals = strchr(line, '=');
    *equals = '\0';
    line += strspn(line, " \t");
    line[strcspn(line, " \t")] = '\0';
    int k = 0;
    while (k < N_KEYS && strcmp(key_names[k], line) != 0)
        k++;
    if (k == N_KEYS) {
        return data_mistake(p->l, p->line, 1,
                            "'%s' is not a line of a Proben1 header, which has bool_in, real_in, bool_out, real_out, "
                            "training_examples, validation_examples, test_examples",
                            data_excerpt(line, shown));
    }
    if (p->given[k])
        return data_mistake(p->l, p->line, 1, "%s is given twice", key_names[k]);
    char *number = equals + 1;
    number[strcspn(number, "\r")] = '\0';
    if (!data_field_number(number, &value) || value < 0 || value != rint(value) ||
        value > (k < TRAINING ? MOST_COLUMNS : MOST_EXAMPLES)) {
        return data_mistake(p->l, p->line, (int)strlen(key_names[k]) + 2, "%s: '%s' is not a number of %s",
                            key_names[k], data_excerpt(number, shown), k < TRAINING ? "columns" : "examples");
    }
    p->given[k] = true;
    p->header[k] = value;
    return NN_ok;
}

/* Reads the header. *line is then the line of the first example, or NULL. */
static nn_status read_header(proben1 *p, char **line)
{
    nn_status status = NN_ok;
    for (*line = next_line(p); status == NN_ok && *line != NULL && strchr(*line, '=') != NULL;) {
        status = take_key(p, *line);
        *line = status == NN_ok ? next_line(p) : *line;
    }
    for (int k = 0; k < N_KEYS && status == NN_ok; k++)
        if (!p->given[k])
            status = data_mistake(p->l, p->line, 1, "the header has no line %s=", key_names[k]);
    if (status != NN_ok)
        return status;
    p->n_inputs = (size_t)(p->header[BOOL_IN] + p->header[REAL_IN]);
    p->n_outputs = (size_t)(p->header[BOOL_OUT] + p->header[REAL_OUT]);
    p->n_examples = (size_t)(p->header[TRAINING] + p->header[VALIDATION] + p->header[TEST]);
    if (p->n_inputs == 0 || p->n_outputs == 0 || p->n_examples == 0) {
        return data_mistake(p->l, 1, 1,
                            "the header gives %zu inputs, %zu outputs and %zu examples; each must be at least 1",
                            p->n_inputs, p->n_outputs, p->n_examples);
    }
    if (p->header[REAL_OUT] > 0 && !p->l->regression && !p->l->describing && data_wants_target(p->l)) {
        return data_spec_mistake(p->l, p->l->spec->target_at.line > 0 ? p->l->spec->target_at : p->l->at,
                                 "the targets of %s are numeric (real_out); set `task: regression`", p->l->path);
    }
    return NN_ok;
}

/* ---- examples ---- */

static nn_status take_values(proben1 *p, char *line)
{
    const size_t n = p->n_inputs + p->n_outputs;
    size_t i = 0;
    char *rest = NULL, shown[EXCERPT_SIZE];
    for (char *word = strtok_r(line, " \t\r", &rest); word != NULL; word = strtok_r(NULL, " \t\r", &rest)) {
        if (i < n && !data_field_number(word, &p->row[i])) {
            if (!data_field_missing(word))
                return data_mistake(p->l, p->line, (int)i + 1, "'%s' is not a number", data_excerpt(word, shown));
            p->row[i] = NN_NAN;
        }
        i++;
    }
    if (i != n) {
        return data_mistake(p->l, p->line, (int)(i < n ? i : n) + 1,
                            "the row has %zu values, but the header gives %zu inputs and %zu outputs", i, p->n_inputs,
                            p->n_outputs);
    }
    return NN_ok;
}

static int8_t part_of(const proben1 *p, size_t row)
{
    const double i = (double)row;
    return i < p->header[TRAINING]                           ? NN_TRAIN
           : i < p->header[TRAINING] + p->header[VALIDATION] ? NN_VALIDATION
                                                             : NN_TEST;
}

static nn_status take_example(proben1 *p, char *line)
{
    data_table *t = p->t;
    if (t->n_rows == p->n_examples)
        return data_mistake(p->l, p->line, 1, "there are more rows than the %zu examples that the header gives",
                            p->n_examples);
    if (take_values(p, line) != NN_ok)
        return NN_ok; /* it is reported; the next rows may have errors of their own */
    nn_status status = data_table_grow(t, (table_extras){.parts = true}, p->l);
    if (status == NN_ok) {
        memcpy(t->inputs + t->n_rows * p->n_inputs, p->row, p->n_inputs * sizeof *p->row);
        memcpy(t->targets + t->n_rows * p->n_outputs, p->row + p->n_inputs, p->n_outputs * sizeof *p->row);
        t->parts[t->n_rows] = part_of(p, t->n_rows);
        t->lines[t->n_rows++] = p->line;
    }
    return status;
}

static nn_status read_examples(proben1 *p, char *line)
{
    nn_status status = NN_ok;
    p->row = malloc((p->n_inputs + p->n_outputs) * sizeof *p->row);
    if (p->row == NULL)
        return data_no_memory(p->l, "a row of the data file");
    for (; line != NULL && status == NN_ok; line = next_line(p))
        status = take_example(p, line);
    if (status == NN_ok && p->t->n_rows < p->n_examples && p->l->n_mistakes == 0) {
        status = data_mistake(p->l, p->line, 1, "the header gives %zu examples, but there are %zu", p->n_examples,
                              p->t->n_rows);
    }
    return status;
}

/* Checks what the grid says against the header. The header gives the parts unless the grid has a split. */
static nn_status heed_grid(proben1 *p)
{
    data_table *t = p->t;
    const bool own_split = p->l->spec->split.kind == SPLIT_DEFAULT && !p->l->several;
    t->target_column = (int)p->n_inputs + 1;
    if (p->l->spec->target != NULL || p->l->spec->targets.n > 0) {
        return data_spec_mistake(p->l, p->l->spec->target_at, "the header of %s gives the targets; leave `target` out",
                                 p->l->path);
    }
    if (p->l->spec->split.kind == SPLIT_COLUMN) {
        return data_spec_mistake(p->l, p->l->spec->split.at,
                                 "the header of %s gives the parts; leave the column of `split` out", p->l->path);
    }
    if (!own_split) {
        free(t->parts);
        t->parts = NULL;
    }
    return NN_ok;
}

nn_status data_load_proben1(loader *l, const data_source *source, data_table *t)
{
    proben1 p = {.l = l, .t = t};
    data_columns columns = {.part = NO_COLUMN};
    size_t size = 0;
    char *line = NULL;
    (void)source;
    nn_status status = data_read_text(l, t, &p.at, &size);
    if (status == NN_ok)
        status = read_header(&p, &line);
    if (status == NN_ok) {
        t->n_inputs = p.n_inputs;
        t->n_targets = p.n_outputs;
        status = read_examples(&p, line);
    }
    if (status == NN_ok) {
        columns.n = (int)p.n_inputs;
        status = l->model != NULL ? data_new_roles(l, &columns, false) : data_roles(l, &columns, false);
    }
    if (status == NN_ok)
        status = data_keep_inputs(l, &columns, t);
    if (status == NN_ok)
        status = heed_grid(&p);
    data_columns_free(&columns);
    free(p.row);
    return status;
}
