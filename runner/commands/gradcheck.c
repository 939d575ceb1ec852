/* nngrid gradcheck compares backpropagation with central differences: for every activation x loss on generated data,
 * or for the cells of a grid on its own data. */
#include "nn_random.h"
#include "base/setting.h"
#include "commands/common.h"
#include <stdlib.h>
#include <string.h>

enum { GRADCHECK_ROWS = 12, GRADCHECK_MINI = 5 };

/* What is compared. */
typedef struct comparison {
    double step; /* of the central differences */
    int precision;
    double bound; /* on norm(a - b) / norm(a + b) of each parameter block */
} comparison;

/* The options of the command. */
typedef struct gradcheck_options {
    command_source source;
    const char *difference, *precision;
} gradcheck_options;

/* A set is a few rows, taken out of a data set or generated. */
typedef struct gradcheck_set gradcheck_set;

/* The largest relative differences that were found; a NaN counts as larger than any number. */
typedef struct gradcheck_found {
    size_t n; /* comparisons; each compares all engines */
    double worst, of_engine[NN_N_ENGINE];
} gradcheck_found;

/* ---- the rows to compare on ---- */

enum { MADE_INPUTS = 5, MADE_CLASSES = 3, MADE_TARGETS = 2, TRIES = 50 };
static const double usual_step = 1e-5;

/* The bound of the course notes, 1e-8, is for float64 and the usual step. Central differences are wrong by a multiple of
 * step^2, and by rounding, a multiple of 1/step; gradients in float32 were wrong by 9e-7 at the most. */
static double bound_of(double step, int precision)
{
    const double ratio = step / usual_step, more = ratio > 1 ? ratio * ratio : 1 / ratio, bound = 1e-8 * more;
    return precision == NN_PRECISION_float32 && bound < 1e-5 ? 1e-5 : bound;
}

struct gradcheck_set {
    nn_data data;
    nn_split split;
    uint32_t rows[GRADCHECK_ROWS];
    int32_t classes[GRADCHECK_ROWS];
    void *inputs;
    double *targets;
};

static void gradcheck_free(gradcheck_set *s)
{
    if (s == NULL)
        return;
    free(s->inputs);
    free(s->targets);
    free(s);
}

/* Allocates a set of n rows, with classes or targets as `like` has them. */
static gradcheck_set *set_new(const nn_data *like, size_t n, size_t row_bytes)
{
    gradcheck_set *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->data = *like;
    s->data.n_rows = n;
    s->data.inputs = s->inputs = calloc(n + 1, row_bytes + 1);
    s->data.classes = like->n_classes > 0 ? s->classes : NULL;
    s->data.targets = s->targets = calloc(n * like->n_targets + 1, sizeof *s->targets);
    if (s->data.classes != NULL)
        s->data.targets = NULL;
    for (uint32_t i = 0; i < n; i++)
        s->rows[i] = i;
    s->split.n[NN_TRAIN] = n;
    s->split.rows[NN_TRAIN] = s->rows;
    if (s->inputs != NULL && s->targets != NULL)
        return s;
    gradcheck_free(s);
    return NULL;
}

/* Generates random rows of 5 inputs with 3 classes or 2 targets. */
static nn_status gradcheck_make(bool classes, gradcheck_set **out, nn_error *err)
{
    const nn_data like = {.n_inputs = MADE_INPUTS,
                          .input_type = NN_FLOAT64,
                          .n_classes = classes ? MADE_CLASSES : 0,
                          .n_targets = classes ? 0 : MADE_TARGETS};
    const uint64_t key = nn_stream_key(1, 0, NN_FOR_DATA);
    gradcheck_set *s = set_new(&like, GRADCHECK_ROWS, MADE_INPUTS * sizeof(double));
    if (s == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    for (uint32_t row = 0; row < GRADCHECK_ROWS; row++) {
        uint32_t draw[4];
        s->classes[row] = (int32_t)(row % MADE_CLASSES);
        for (uint32_t i = 0; i < MADE_INPUTS; i++) {
            nn_philox(key, 0, row, 0, i, draw);
            ((double *)s->inputs)[row * MADE_INPUTS + i] = nn_normal(draw[0]);
            if (i < like.n_targets)
                s->targets[row * like.n_targets + i] = nn_normal(draw[1]);
        }
    }
    *out = s;
    return NN_ok;
}

/* Copies the first training rows of a data set and refers to the scaling in `split`, which must outlive the set. */
static nn_status gradcheck_take(const nn_data *data, const nn_split *split, gradcheck_set **out, nn_error *err)
{
    static const size_t sizes[] = {[NN_UINT8] = 1, [NN_FLOAT32] = sizeof(float), [NN_FLOAT64] = sizeof(double)};
    const size_t bytes = data->n_inputs * sizes[data->input_type];
    const size_t n = split->n[NN_TRAIN] < GRADCHECK_ROWS ? split->n[NN_TRAIN] : GRADCHECK_ROWS;
    gradcheck_set *s = set_new(data, n, bytes);
    if (s == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    s->split.target_shift = split->target_shift;
    s->split.target_scale = split->target_scale;
    s->split.shift = split->shift;
    s->split.factor = split->factor;
    s->split.fill = split->fill;
    for (size_t i = 0; i < n; i++) {
        const size_t row = split->rows[NN_TRAIN][i];
        memcpy((char *)s->inputs + i * bytes, (const char *)data->inputs + row * bytes, bytes);
        if (data->classes != NULL)
            s->classes[i] = data->classes[row];
        for (size_t k = 0; k < data->n_targets && data->targets != NULL; k++)
            s->targets[i * data->n_targets + k] = data->targets[row * data->n_targets + k];
    }
    *out = s;
    return NN_ok;
}

/* The memory of one check. */
typedef struct check_memory {
    double *weights; /* [n_params] */
    double *scratch; /* [3 * n_params] */
    double *z;       /* [GRADCHECK_ROWS][widest] pre-activations */
    double *zeros;   /* the same shape; placeholder targets */
    void *workspace;
} check_memory;

static void memory_free(check_memory *m)
{
    free(m->weights);
    free(m->scratch);
    free(m->z);
    free(m->zeros);
    free(m->workspace);
}

/* Makes a job of the first `depth` layers of a network, the last of them linear, so that its outputs are the
 * pre-activations of that layer. It takes the weights of the whole network, whose layers lie one after the other. */
static nn_job cut(const nn_job *job, const nn_network *net, int depth, const double *zeros, nn_hyper *h, nn_data *data)
{
    nn_job part = *job;
    *h = *job->hyper;
    *data = *job->data;
    h->hidden.n = depth - 1;
    h->loss = NN_LOSS_mse;
    h->output = NN_ACTIVATION_linear;
    data->classes = NULL;
    data->targets = zeros;
    data->n_targets = (size_t)net->width[depth];
    part.hyper = h;
    part.data = data;
    return part;
}

static nn_status memory_take(const nn_job *job, const nn_network *net, const uint32_t *rows, size_t n_rows,
                             check_memory *m, nn_error *err)
{
    size_t bytes = nn_gradient_check_bytes(job, rows, n_rows), widest = 0;
    for (int depth = 1; depth <= net->n_layers; depth++) {
        nn_hyper h;
        nn_data data;
        const nn_job part = cut(job, net, depth, NULL, &h, &data);
        const size_t needed = nn_workspace_bytes(&part), width = (size_t)net->width[depth];
        bytes = needed > bytes ? needed : bytes;
        widest = width > widest ? width : widest;
    }
    m->weights = calloc(net->n_params + 1, sizeof *m->weights);
    m->scratch = calloc(3 * net->n_params + 1, sizeof *m->scratch);
    m->z = calloc(GRADCHECK_ROWS * widest + 1, sizeof *m->z);
    m->zeros = calloc(GRADCHECK_ROWS * widest + 1, sizeof *m->zeros);
    if (posix_memalign(&m->workspace, NN_ALIGN, bytes) != 0)
        m->workspace = NULL;
    if (!m->weights || !m->scratch || !m->z || !m->zeros || !m->workspace)
        return nn_fail(err, NN_memory, "not enough memory for a gradient check of %zu weights", net->n_params);
    return NN_ok;
}

/* Returns the distance from 0 of the pre-activation nearest to 0. */
static double nearest_kink(const nn_job *job, const nn_network *net, const uint32_t *rows, size_t n_rows,
                           check_memory *m)
{
    double nearest = NN_INF;
    for (int depth = 1; depth <= net->n_layers; depth++) {
        nn_hyper h;
        nn_data data;
        const nn_job part = cut(job, net, depth, m->zeros, &h, &data);
        nn_predict(&part, m->weights, rows, n_rows, m->z, m->workspace);
        for (size_t i = 0; i < n_rows * (size_t)net->width[depth]; i++)
            nearest = fabs(m->z[i]) < nearest ? fabs(m->z[i]) : nearest;
    }
    return nearest;
}

/* Returns the smallest distance of a residual from where the slope of the loss jumps or bends: 0 for mae, +-1 for
 * huber. */
static double nearest_residual(const nn_job *job, const uint32_t *rows, size_t n_rows, check_memory *m)
{
    const size_t k = nn_n_outputs(job->data, job->hyper);
    const double at = job->hyper->loss == NN_LOSS_huber ? 1 : 0;
    double nearest = NN_INF;
    if (job->hyper->loss != NN_LOSS_mae && job->hyper->loss != NN_LOSS_huber)
        return nearest;
    nn_predict(job, m->weights, rows, n_rows, m->z, m->workspace);
    for (size_t i = 0; i < n_rows * k; i++) {
        const int32_t c = job->data->classes != NULL ? job->data->classes[rows[i / k]] : 0;
        const double t = job->data->classes == NULL ? job->data->targets[rows[i / k] * k + i % k]
                         : k == 1                   ? (double)c
                                                    : (double)(c == (int32_t)(i % k));
        const double d = fabs(fabs(m->z[i] - t) - at);
        nearest = d < nearest ? d : nearest;
    }
    return nearest;
}

/* Draws weights until everything is ten steps from kinks; after TRIES draws it keeps the last, and the check decides. */
static void draw_weights(nn_job *job, const nn_network *net, const uint32_t *rows, size_t n_rows, double ten_steps,
                         check_memory *m)
{
    for (uint64_t seed = 1; seed <= TRIES; seed++) {
        job->seed = seed;
        nn_start_weights(job, m->weights, m->workspace);
        for (size_t i = 0; i < net->n_params; i++)
            if (fabs(m->weights[i]) < 2 * ten_steps) /* the L1 penalty has its kink at 0 */
                m->weights[i] = copysign(fmax(1e-2, 5 * ten_steps), m->weights[i]);
        if (nearest_kink(job, net, rows, n_rows, m) > ten_steps && nearest_residual(job, rows, n_rows, m) > ten_steps)
            return;
    }
}

/* Returns settings under which gradients can be compared: no dropout, weights and biases of moderate size. */
static nn_hyper comparable(const nn_hyper *settings, int precision)
{
    nn_hyper h = *settings;
    h.precision = precision;
    h.init = NN_INIT_glorot_uniform;
    h.init_scale = 1;
    h.init_bias = 0.5;
    h.epochs = 0;
    h.label_noise = 0; /* it moves the kinks of the loss */
    return h;
}

static double worse(double a, double b)
{
    return a != a || b <= a ? a : b;
}

/* Adds `more` to `all`, keeping the largest differences. */
static void gradcheck_join(gradcheck_found *all, const gradcheck_found *more)
{
    all->n += more->n;
    all->worst = worse(all->worst, more->worst);
    for (int engine = 0; engine < NN_N_ENGINE; engine++)
        all->of_engine[engine] = worse(all->of_engine[engine], more->of_engine[engine]);
}

/* Compares a network with these settings over the first n_rows rows of the set (at most GRADCHECK_ROWS; fewer than
 * all: a mini-batch), and adds the result to `found`. Dropout is off; starting weights are the check's own. */
static nn_status gradcheck_run(const gradcheck_set *s, const comparison *how, const nn_hyper *settings, size_t n_rows,
                               gradcheck_found *found, nn_error *err)
{
    static const nn_recording recording = {.every = 1};
    static const nn_stopping stopping = {0};
    const nn_hyper h = comparable(settings, how->precision);
    nn_job job = {.hyper = &h, .data = &s->data, .split = &s->split, .recording = &recording, .stopping = &stopping};
    nn_network net;
    check_memory m = {0};
    n_rows = n_rows < s->data.n_rows ? n_rows : s->data.n_rows;
    n_rows -= h.loss == NN_LOSS_mae && n_rows % 2 == 0; /* an even number of slopes of +-1 could cancel */
    nn_network_of(&s->data, &h, &net);
    const nn_status status = memory_take(&job, &net, s->rows, n_rows, &m, err);
    if (status == NN_ok) {
        draw_weights(&job, &net, s->rows, n_rows, fmin(10 * how->step, 0.02), &m);
        gradcheck_found one = {.n = 1};
        one.worst =
            nn_gradient_check(&job, m.weights, s->rows, n_rows, how->step, one.of_engine, m.scratch, m.workspace);
        gradcheck_join(found, &one);
    }
    memory_free(&m);
    return status;
}

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "GRID.yaml", offsetof(gradcheck_options, source.grid), "checks the cells of this grid",
     false, 0},
    {"set", 0, OPTION_LIST, "KEY=VALUE", offsetof(gradcheck_options, source.overrides),
     "overrides a setting, or replaces an axis", false, 0},
    {"data", 0, OPTION_TEXT, "DIR", offsetof(gradcheck_options, source.data_root), "also searched for data", false, 0},
    {"difference", 0, OPTION_TEXT, "H", offsetof(gradcheck_options, difference),
     "step of the central differences; default 1e-5", false, 0},
    {"precision", 0, OPTION_TEXT, "P", offsetof(gradcheck_options, precision),
     "of backpropagation: float64 (default) or float32; the differences are in float64", false, 0},
};
static const option_rule rules[] = {
    {"--set", NULL, "GRID.yaml", "whose settings it overrides"},
    {"--data", NULL, "GRID.yaml", "whose data it locates"},
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* Checks one network with the full batch and with a mini-batch. */
static nn_status check_batches(const gradcheck_set *set, const comparison *how, const nn_hyper *h,
                               gradcheck_found *found, nn_error *err)
{
    static const size_t rows[] = {GRADCHECK_ROWS, GRADCHECK_MINI};
    nn_status status = NN_ok;
    for (size_t i = 0; status == NN_ok && i < sizeof rows / sizeof *rows; i++)
        status = gradcheck_run(set, how, h, rows[i], found, err);
    return status;
}

/* Checks penalties x hidden layers x batches for one activation, loss and output. */
static nn_status check_penalties(const gradcheck_set *set, const comparison *how, nn_hyper h, gradcheck_found *found,
                                 nn_error *err)
{
    static const struct {
        double lambda, l1;
    } penalties[] = {{0, 0}, {0.7, 0}, {0, 0.3}};
    static const nn_shape shapes[] = {{.n = 0}, {.n = 1, .width = {6}}, {.n = 2, .width = {6, 4}}};
    for (size_t p = 0; p < sizeof penalties / sizeof *penalties; p++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            h.hidden = shapes[s];
            h.lambda = penalties[p].lambda;
            h.l1 = penalties[p].l1;
            const nn_status status = check_batches(set, how, &h, found, err);
            if (status != NN_ok)
                return status;
        }
    return NN_ok;
}

/* Checks one activation x loss: with the output that follows from the loss and, where any is allowed, with the same
 * activation at the output too. */
static nn_status check_pair(const gradcheck_set *set, const comparison *how, int activation, int loss,
                            gradcheck_found *found, nn_error *err)
{
    nn_hyper h = nn_hyper_defaults;
    h.activation = activation;
    h.loss = loss;
    h.output = nn_loss_rows[loss].output;
    nn_status status = check_penalties(set, how, h, found, err);
    if (status == NN_ok && !nn_loss_rows[loss].required) {
        h.output = activation;
        status = check_penalties(set, how, h, found, err);
    }
    return status;
}

static void add_difference(text_table *t, double difference, double bound)
{
    char text[64];
    snprintf(text, sizeof text, "%.1e%s", difference, difference <= bound ? "" : " WRONG");
    text_table_add(t, text);
}

/* Prints a line for each engine and the verdict; returns the exit code. */
static int verdict(const gradcheck_found *found, double bound)
{
    text_table t;
    text_table_begin(&t, "engine", "difference");
    for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++) {
        text_table_add(&t, nn_engines.rows[engine].name);
        add_difference(&t, found->of_engine[engine], bound);
    }
    printf("\n");
    command_print_table(&t, stdout);
    printf("\n%zu comparisons; the largest relative difference is %.1e, %s %.0e\n", found->n, found->worst,
           found->worst <= bound ? "below" : "NOT below", bound);
    return found->worst <= bound ? EXIT_DONE : EXIT_SOME_FAILED;
}

/* Checks one activation under every loss and adds its row to the table. */
static nn_status check_activation(gradcheck_set *const sets[2], const comparison *how, int activation, text_table *t,
                                  gradcheck_found *found, nn_error *err)
{
    text_table_add(t, nn_activations.rows[activation].name);
    for (int loss = 0; loss < NN_N_LOSS; loss++) {
        /* The losses that require an output activation are those of classification. */
        const gradcheck_set *set = sets[nn_loss_rows[loss].required];
        gradcheck_found of_pair = {0};
        const nn_status status = check_pair(set, how, activation, loss, &of_pair, err);
        if (status != NN_ok)
            return status;
        add_difference(t, of_pair.worst, how->bound);
        gradcheck_join(found, &of_pair);
    }
    return NN_ok;
}

static void print_how(const comparison *how)
{
    char step[40];
    printf("largest relative difference between backpropagation and central differences (%s, step %s)\n",
           how->precision == NN_PRECISION_float64 ? "float64" : "float32 and float64",
           setting_real_format(how->step, step, sizeof step));
}

static int check_all(const comparison *how)
{
    gradcheck_set *sets[2] = {NULL, NULL}; /* [0] targets, [1] classes */
    nn_error err;
    text_table table;
    gradcheck_found found = {0};
    text_table_init(&table, 1 + NN_N_LOSS);
    text_table_add(&table, "activation");
    for (int loss = 0; loss < NN_N_LOSS; loss++)
        text_table_add(&table, nn_losses.rows[loss].name);
    nn_status status = gradcheck_make(false, &sets[0], &err);
    if (status == NN_ok)
        status = gradcheck_make(true, &sets[1], &err);
    for (int a = 0; status == NN_ok && a < NN_N_ACTIVATION; a++)
        if (nn_activation_places[a] == NN_ANYWHERE)
            status = check_activation(sets, how, a, &table, &found, &err);
    gradcheck_free(sets[0]);
    gradcheck_free(sets[1]);
    if (status != NN_ok) {
        text_table_free(&table);
        return command_fail(&err);
    }
    print_how(how);
    printf("over all engines; penalties none, lambda, l1; full and mini-batch; 0, 1 and 2 hidden layers:\n\n");
    command_print_table(&table, stdout);
    return verdict(&found, how->bound);
}

/* Checks a cell on rows of its own variant of the data. */
static nn_status check_cell(const command_job *job, splitter *splits, const comparison *how, size_t cell,
                            gradcheck_found *found, nn_error *err)
{
    gradcheck_set *set = NULL;
    nn_hyper h;
    const nn_split *split = data_splitter_get(splits, grid_data(job->grid, cell), job->grid->seed, 0, 0);
    grid_cell(job->grid, cell, &h);
    nn_status status = gradcheck_take(&job->data->data, split, &set, err);
    if (status == NN_ok)
        status = check_batches(set, how, &h, found, err);
    gradcheck_free(set);
    return status;
}

static nn_status check_cells(const command_job *job, splitter *splits, const comparison *how, text_table *t,
                             gradcheck_found *found, nn_error *err)
{
    const grid *g = job->grid;
    for (size_t cell = 0; cell < g->n_cells; cell++) {
        char text[256];
        gradcheck_found of_cell = {0};
        const nn_status status = check_cell(job, splits, how, cell, &of_cell, err);
        if (status != NN_ok)
            return status;
        snprintf(text, sizeof text, "%zu", cell);
        text_table_add(t, text);
        add_difference(t, of_cell.worst, how->bound);
        text_table_add(t, grid_cell_name(g, cell, text, sizeof text));
        gradcheck_join(found, &of_cell);
    }
    return NN_ok;
}

static int check_grid(const command_job *job, const comparison *how)
{
    splitter *splits = NULL;
    text_table table;
    nn_error err;
    gradcheck_found found = {0};
    text_table_begin(&table, "cell", "difference", "settings");
    nn_status status = data_splitter_new(job->data, &splits, &err);
    if (status == NN_ok)
        status = check_cells(job, splits, how, &table, &found, &err);
    data_splitter_free(splits);
    if (status != NN_ok) {
        text_table_free(&table);
        return command_fail(&err);
    }
    command_print_table(&table, stdout);
    return verdict(&found, how->bound);
}

/* Finds out what is asked for. Steps beyond these ends leave no digit of a difference. */
static nn_status read_comparison(const gradcheck_options *o, comparison *out, nn_error *err)
{
    comparison how = {.step = usual_step, .precision = NN_PRECISION_float64};
    if (o->difference != NULL &&
        (!setting_parse_real(o->difference, &how.step) || !(how.step >= 1e-10 && how.step <= 0.01)))
        return nn_fail(err, NN_usage, "--difference takes a step from 1e-10 to 0.01, not '%.60s'", o->difference);
    if (o->precision != NULL && (how.precision = nn_choice_find(&nn_precisions, o->precision)) < 0)
        return nn_fail(err, NN_usage, "--precision takes float32 or float64, not '%.60s'", o->precision);
    how.bound = bound_of(how.step, how.precision);
    *out = how;
    return NN_ok;
}

static int gradcheck(int argc, char **argv)
{
    gradcheck_options o = {.difference = NULL};
    command_job job = {0};
    comparison how;
    nn_error err;
    int code = command_options(&command_gradcheck, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    if (read_comparison(&o, &how, &err) != NN_ok) {
        code = command_fail(&err);
    } else if (o.source.grid == NULL) {
        code = check_all(&how);
    } else {
        code = command_load(&o.source, &job);
        if (code == EXIT_DONE)
            code = check_grid(&job, &how);
        command_unload(&job);
    }
    options_free(options, N_OPTIONS, &o);
    return code;
}

const command command_gradcheck = {
    .name = "gradcheck",
    .help = "compares backpropagation with central differences, for every activation and loss or for a grid",
    .more = "Exit code: 0 every relative difference is below the bound, 1 one is not. The bound is 1e-8, the\n"
            "course notes', for step 1e-5; with another step it grows as the error of central differences does,\n"
            "(H/1e-5)^2 or 1e-5/H. It is at least 1e-5 in float32.\n\n"
            "Examples:\n"
            "  nngrid gradcheck\n"
            "  nngrid gradcheck experiments/xor.yaml\n"
            "  nngrid gradcheck --precision float32 --difference 1e-4\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = gradcheck,
};
