/* Backprop against central differences. */
#include "commands/gradcheck_layers.h"
#include <stdlib.h>
#include <string.h>

enum { MADE_INPUTS = 5, MADE_CLASSES = 3, MADE_TARGETS = 2, TRIES = 50 };
static const double step = 1e-5, ten_steps = 1e-4;

struct gradcheck_set {
    nn_data data;
    nn_split split;
    uint32_t rows[GRADCHECK_ROWS];
    int32_t classes[GRADCHECK_ROWS];
    void *inputs;
    double *targets;
};

void gradcheck_free(gradcheck_set *s)
{
    if (s == NULL)
        return;
    free(s->inputs);
    free(s->targets);
    free(s);
}

/* Room for n rows; classes or targets as in `like`. */
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

nn_status gradcheck_make(bool classes, gradcheck_set **out, nn_error *err)
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

nn_status gradcheck_take(const nn_data *data, const nn_split *split, gradcheck_set **out, nn_error *err)
{
    static const size_t sizes[] = {
        [NN_UINT8] = 1, [NN_FLOAT32] = sizeof(float), [NN_FLOAT64] = sizeof(double)};
    const size_t bytes = data->n_inputs * sizes[data->input_type];
    const size_t n = split->n[NN_TRAIN] < GRADCHECK_ROWS ? split->n[NN_TRAIN] : GRADCHECK_ROWS;
    gradcheck_set *s = set_new(data, n, bytes);
    if (s == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
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

/* Memory of one check. */
typedef struct check_memory {
    double *weights; /* [n_params] */
    double *scratch; /* [3 * n_params] */
    double *z;       /* [GRADCHECK_ROWS][widest] pre-activations; */
    double *zeros;   /* the same, what stands for targets */
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

/* The first `depth` layers of a network, the last of them linear: its outputs are pre-activations of the
 * whole. The weights are those of the whole, since layers lie one after the other. */
static nn_job cut(const nn_job *job, const nn_network *net, int depth, const double *zeros, nn_hyper *h,
                  nn_data *data)
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
        return nn_fail(err, NN_memory, "not enough memory for a gradient check of %zu weights",
                       net->n_params);
    return NN_ok;
}

/* The pre-activation nearest to 0. */
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

/* The residual nearest to where the slope of the loss jumps or bends: 0 of mae, +-1 of huber. */
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

/* Draws weights until all is far from kinks; keeps the last draw if none is, and the check then decides. */
static void draw_weights(nn_job *job, const nn_network *net, const uint32_t *rows, size_t n_rows,
                         check_memory *m)
{
    for (uint64_t seed = 1; seed <= TRIES; seed++) {
        job->seed = seed;
        nn_start_weights(job, m->weights, m->workspace);
        for (size_t i = 0; i < net->n_params; i++)
            if (fabs(m->weights[i]) < 2 * ten_steps) /* |w| has its kink at 0 too */
                m->weights[i] = copysign(100 * ten_steps, m->weights[i]);
        if (nearest_kink(job, net, rows, n_rows, m) > ten_steps &&
            nearest_residual(job, rows, n_rows, m) > ten_steps)
            return;
    }
}

/* Settings under which gradients can be compared: double precision, weights and biases of moderate size. */
static nn_hyper comparable(const nn_hyper *settings)
{
    nn_hyper h = *settings;
    h.precision = NN_PRECISION_float64;
    h.init = NN_INIT_glorot_uniform;
    h.init_scale = 1;
    h.init_bias = 0.5;
    h.epochs = 0;
    h.label_noise = 0; /* where the loss has its kinks depends on it */
    return h;
}

static double worse(double a, double b)
{
    return a != a || b <= a ? a : b;
}

void gradcheck_join(gradcheck_found *all, const gradcheck_found *more)
{
    all->n += more->n;
    all->worst = worse(all->worst, more->worst);
    for (int engine = 0; engine < NN_N_ENGINE; engine++)
        all->of_engine[engine] = worse(all->of_engine[engine], more->of_engine[engine]);
}

nn_status gradcheck_run(const gradcheck_set *s, const nn_hyper *settings, size_t n_rows,
                        gradcheck_found *found, nn_error *err)
{
    static const nn_recording recording = {.every = 1};
    static const nn_stopping stopping = {0};
    const nn_hyper h = comparable(settings);
    nn_job job = {
        .hyper = &h, .data = &s->data, .split = &s->split, .recording = &recording, .stopping = &stopping};
    nn_network net;
    check_memory m = {0};
    n_rows = n_rows < s->data.n_rows ? n_rows : s->data.n_rows;
    n_rows -= h.loss == NN_LOSS_mae && n_rows % 2 == 0; /* slopes, all of one size, could add up to 0 */
    nn_network_of(&s->data, &h, &net);
    const nn_status status = memory_take(&job, &net, s->rows, n_rows, &m, err);
    if (status == NN_ok) {
        draw_weights(&job, &net, s->rows, n_rows, &m);
        gradcheck_found one = {.n = 1};
        one.worst =
            nn_gradient_check(&job, m.weights, s->rows, n_rows, step, one.of_engine, m.scratch, m.workspace);
        gradcheck_join(found, &one);
    }
    memory_free(&m);
    return status;
}
