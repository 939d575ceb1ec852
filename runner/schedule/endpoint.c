/* Polishes the final weights of a run, and tells what kind of point was found. */
#include "schedule/endpoint.h"
#include "schedule/lowest.h"
#include "schedule/polish.h"
#include "grid/grid.h"
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 128,        /* rows whose units are looked at together */
    MOST_FLAT = 64,     /* flat directions that are probed, those of the smallest curvature first */
    MIXTURES = 16,      /* of them, probed too */
    MOST_NEGATIVE = 16, /* negative directions that are followed, the lowest first */
};

/* What the outputs of a unit are over the training rows. */
typedef struct unit {
    double mean, low, high;
} unit;

/* A run, its polished point and the room for looking around it. */
typedef struct point {
    polish p;
    nn_network net;
    size_t n_units;               /* hidden and output units */
    unit *units;                  /* [n_units] layer by layer */
    double *chunk;                /* [CHUNK][n_units] */
    double *other;                /* [biased_net.n_params] weights that are tried */
    double *block, *block_values; /* [n][n] and [n] the Hessian of a part of the weights */
    double *narrow;               /* [n] the polished weights in the precision of the run */
    double *outputs;
    nn_hyper biased_hyper; /* with biases, without penalties */
    nn_job biased;
    nn_network biased_net;
    double linear; /* of lowest.h */
} point;

/* ---- ways down: probes along directions ---- */

static double cost_along(point *at, const double *direction, double step)
{
    return schedule_polish_along(&at->p, direction, step, at->other);
}

/* The lowest cost along a direction, both ways, by steps from 1e-3 to 3; *best is the step that leads there. */
static double lowest_along(point *at, const double *direction, double *best)
{
    static const double steps[] = {1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3};
    double lowest = at->p.cost;
    *best = 0;
    for (size_t s = 0; s < 2 * sizeof steps / sizeof steps[0]; s++) {
        const double step = s % 2 == 0 ? steps[s / 2] : -steps[s / 2], cost = cost_along(at, direction, step);
        if (cost < lowest) {
            lowest = cost;
            *best = step;
        }
    }
    return lowest;
}

/* How far the cost falls, as a share of it, where a probe along the direction finds a way down and L-BFGS follows it. A
 * probe alone sees the little that polishing has left, too. */
static double escape_along(point *at, const double *direction)
{
    polish *p = &at->p;
    double step;
    if (!(lowest_along(at, direction, &step) < p->cost * (1 - ENDPOINT_PROBE)))
        return 0;
    cost_along(at, direction, step);
    schedule_polish_lower(p, at->other);
    return fmax(0, (p->cost - schedule_polish_cost(p, at->other, NULL)) / p->cost);
}

/* The eigenvectors first to end - 1 whose eigenvalues count as none. */
typedef struct flat {
    size_t first, end;
} flat;

static flat flat_of(const polish *p, double most)
{
    flat f = {0, p->n};
    while (f.first < p->n && p->values[f.first] < -ENDPOINT_NEGATIVE * most)
        f.first++;
    while (f.end > f.first && p->values[f.end - 1] > ENDPOINT_NEGATIVE * most)
        f.end--;
    for (size_t n = f.end - f.first; n > MOST_FLAT; n--) /* the flattest stay */
        if (fabs(p->values[f.first]) > fabs(p->values[f.end - 1]))
            f.first++;
        else
            f.end--;
    return f;
}

/* Mixes the flat directions with random signs: two that are level alone may lead down together. */
static void mix(const polish *p, const flat *f, uint32_t which, double *direction)
{
    const double share = 1 / sqrt((double)(f->end - f->first));
    memset(direction, 0, p->n * sizeof *direction);
    for (size_t k = f->first; k < f->end; k++) {
        uint32_t draw[4];
        nn_philox(0, (uint32_t)(k - f->first), which, 0, 0, draw);
        const double sign = draw[0] >> 31 ? share : -share;
        for (size_t i = 0; i < p->n; i++)
            direction[i] += sign * p->vectors[k * p->n + i];
    }
}

/* The first way out that is found along negative, flat and mixed directions, by how far it lowers the cost; 0: none. */
static double escape(point *at, const flat *f)
{
    const polish *p = &at->p;
    double found = 0, *mixed = p->room; /* [n], free by now */
    for (size_t k = 0; k < f->first && k < MOST_NEGATIVE && found <= ENDPOINT_SAME; k++)
        found = fmax(found, escape_along(at, p->vectors + k * p->n));
    for (size_t k = f->first; k < f->end && found <= ENDPOINT_SAME; k++)
        found = fmax(found, escape_along(at, p->vectors + k * p->n));
    for (uint32_t m = 0; m < MIXTURES && f->end - f->first > 1 && found <= ENDPOINT_SAME; m++) {
        mix(p, f, m, mixed);
        found = fmax(found, escape_along(at, mixed));
    }
    return found;
}

/* ---- units ---- */

static void look_at_units(point *at)
{
    const nn_split *split = at->p.job->split;
    const size_t n_rows = split->n[NN_TRAIN];
    for (size_t u = 0; u < at->n_units; u++)
        at->units[u] = (unit){0, HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < n_rows; i += CHUNK) {
        const size_t n = n_rows - i < CHUNK ? n_rows - i : CHUNK;
        nn_unit_outputs(at->p.job, at->p.w, split->rows[NN_TRAIN] + i, n, at->chunk, at->p.workspace);
        for (size_t k = 0; k < n * at->n_units; k++) {
            unit *u = &at->units[k % at->n_units];
            u->mean += at->chunk[k] / (double)n_rows;
            u->low = fmin(u->low, at->chunk[k]);
            u->high = fmax(u->high, at->chunk[k]);
        }
    }
}

static bool differs_by_less(const unit *u, double share)
{
    return u->high - u->low <= share * fmax(1, fmax(fabs(u->low), fabs(u->high)));
}

static bool is_constant(const unit *u)
{
    return differs_by_less(u, ENDPOINT_SAME);
}

/* Can the part `ray` of the weights be multiplied by 2, 10 and 100 without raising the cost? */
static bool grows(point *at, const double *ray)
{
    static const double factors[] = {2, 10, 100};
    for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++)
        if (!(cost_along(at, ray, factors[f] - 1) <= at->p.cost * (1 + ENDPOINT_SAME)))
            return false;
    return true;
}

/* Does the cost rise where that part is left out? */
static bool is_needed(point *at, const double *ray)
{
    return cost_along(at, ray, -1) > at->p.cost * (1 + ENDPOINT_SAME);
}

/* Weight i of those that come into units first to end - 1 of layer l; b follows W as one more row. */
static size_t incoming(const point *at, int l, size_t first, size_t end, size_t i)
{
    return at->net.w_at[l] + i / (end - first) * (size_t)at->net.width[l + 1] + first + i % (end - first);
}

/* The Hessian of n incoming weights, from the eigenvectors of the whole. */
static void fill_block(const point *at, int l, size_t first, size_t end, size_t n)
{
    const polish *p = &at->p;
    memset(at->block, 0, n * n * sizeof *at->block);
    for (size_t k = 0; k < p->n; k++)
        for (size_t i = 0; i < n; i++) {
            const double *v = p->vectors + k * p->n, a = p->values[k] * v[incoming(at, l, first, end, i)];
            for (size_t j = 0; j < n && a != 0; j++)
                at->block[i * n + j] += a * v[incoming(at, l, first, end, j)];
        }
}

/* Fills `ray` with the part of the incoming weights that no row holds: rows at which the unit is not saturated give
 * their Hessian curvature, and only what is left of the weights may grow. */
static bool free_part(point *at, int l, size_t first, size_t end, double *ray)
{
    const polish *p = &at->p;
    const size_t n = ((size_t)at->net.fan_in[l] + (at->net.bias ? 1 : 0)) * (end - first);
    const double none = ENDPOINT_NEGATIVE * fmax(fabs(p->values[0]), fabs(p->values[p->n - 1]));
    fill_block(at, l, first, end, n);
    if (!schedule_eigen(p->lapack, at->block, n, at->block_values))
        return false;
    memset(ray, 0, p->n * sizeof *ray);
    for (size_t k = 0; k < n; k++) {
        double along = 0;
        for (size_t i = 0; i < n && fabs(at->block_values[k]) <= none; i++)
            along += at->block[k * n + i] * p->w[incoming(at, l, first, end, i)];
        for (size_t i = 0; i < n; i++)
            ray[incoming(at, l, first, end, i)] += along * at->block[k * n + i];
    }
    return true;
}

/* Does the cost fall for ever as weights that come into these units grow: all of them, or those that no row holds? */
static bool units_grow(point *at, int l, size_t first, size_t end)
{
    double *ray = at->p.room; /* [n], free by now */
    const size_t n = ((size_t)at->net.fan_in[l] + (at->net.bias ? 1 : 0)) * (end - first);
    memset(ray, 0, at->p.n * sizeof *ray);
    for (size_t i = 0; i < n; i++)
        ray[incoming(at, l, first, end, i)] = at->p.w[incoming(at, l, first, end, i)];
    return grows(at, ray) || (free_part(at, l, first, end, ray) && grows(at, ray) && is_needed(at, ray));
}

/* Straight pieces reach nothing at infinity: rows at which a relu is 0 would leave its weights free to grow, too, but
 * the cost does not fall as they do. */
static bool is_straight(int activation)
{
    return activation == NN_ACTIVATION_relu || activation == NN_ACTIVATION_leaky_relu ||
           activation == NN_ACTIVATION_linear;
}

/* Copies the polished weights into those of the network with biases. */
static void give_biases(point *at)
{
    const nn_network *from = &at->net, *to = &at->biased_net;
    memset(at->other, 0, to->n_params * sizeof *at->other);
    for (int l = 0; l < from->n_layers; l++) {
        const size_t end = l + 1 < from->n_layers ? from->w_at[l + 1] : from->n_params;
        memcpy(at->other + to->w_at[l], at->p.w + from->w_at[l], (end - from->w_at[l]) * sizeof *at->other);
    }
}

static double biased_cost(const point *at)
{
    const nn_split *split = at->p.job->split;
    return nn_gradient(&at->biased, at->other, split->rows[NN_TRAIN], split->n[NN_TRAIN], NULL, at->p.workspace);
}

/* Puts the mean of unit u of hidden layer l = 1 .. in its place, in the weights that are tried. */
static void replace(point *at, int l, size_t u, double mean)
{
    const nn_network *net = &at->biased_net;
    const size_t row =
        (net->shortcuts ? (size_t)net->fan_in[l - 1] : 0) + u; /* behind the units of all layers before */
    for (int to = l; to < net->n_layers && (to == l || net->shortcuts); to++) {
        double *W = at->other + net->w_at[to] + row * (size_t)net->width[to + 1], *b = at->other + net->b_at[to];
        for (size_t o = 0; o < (size_t)net->width[to + 1]; o++) {
            b[o] += mean * W[o];
            W[o] = 0;
        }
    }
}

/* By which share of it the mean of the unit's outputs in their place raises the cost. */
static double rise_without(point *at, int l, size_t u, double mean)
{
    give_biases(at);
    const double before = biased_cost(at);
    replace(at, l, u, mean);
    return biased_cost(at) / before - 1;
}

static bool matters(point *at, int l, size_t u, double mean)
{
    return rise_without(at, l, u, mean) > ENDPOINT_SAME;
}

/* Polishing ends a little beside a point at which the unit is constant: there its outputs differ by more than rounding,
 * but the cost does not say so. */
static bool is_nearly_constant(point *at, int l, size_t u, const unit *its)
{
    return is_constant(its) ||
           (differs_by_less(its, ENDPOINT_NEARLY) && fabs(rise_without(at, l, u, its->mean)) <= ENDPOINT_PROBE);
}

/* Is hidden unit u of layer l = 1 .. on its way to infinity? */
static bool hidden_grows(point *at, int l, size_t u, const unit *its)
{
    return !is_constant(its) && matters(at, l, u, its->mean) && units_grow(at, l - 1, u, u + 1);
}

/* What a unit has to get for this output; those of a softmax are known up to a constant. NaN: it is not known. */
static double inverse(int activation, double y)
{
    return activation == NN_ACTIVATION_sigmoid    ? log(y / (1 - y))
           : activation == NN_ACTIVATION_softmax  ? log(y)
           : activation == NN_ACTIVATION_tanh     ? atanh(y)
           : activation == NN_ACTIVATION_softsign ? y / (1 - fabs(y))
                                                  : NN_NAN;
}

/* Would the mean outputs in the place of output units first to end - 1 raise the cost? Where that cannot be tried, they
 * do. */
static bool outputs_matter(point *at, const unit *units, size_t first, size_t end)
{
    const nn_network *net = &at->biased_net;
    const int last = net->n_layers - 1;
    const size_t width = (size_t)net->width[last + 1];
    bool differ = false;
    give_biases(at);
    const double before = biased_cost(at);
    for (size_t u = first; u < end; u++) {
        for (size_t i = 0; i < (size_t)net->fan_in[last]; i++)
            at->other[net->w_at[last] + i * width + u] = 0;
        at->other[net->b_at[last] + u] = inverse(at->p.job->hyper->output, units[u].mean);
        differ |= !is_constant(&units[u]);
    }
    return differ && !(biased_cost(at) <= before * (1 + ENDPOINT_SAME));
}

/* Are output units? Those of a softmax grow together. */
static bool outputs_grow(point *at, const unit *units)
{
    const int last = at->net.n_layers - 1;
    const size_t width = (size_t)at->net.width[last + 1];
    for (size_t u = 0; u < width && width > 1 && at->p.job->hyper->output != NN_ACTIVATION_softmax; u++)
        if (outputs_matter(at, units, u, u + 1) && units_grow(at, last, u, u + 1))
            return true;
    return outputs_matter(at, units, 0, width) && units_grow(at, last, 0, width);
}

static bool at_infinity(point *at)
{
    const unit *its = at->units;
    for (int l = 1; l < at->net.n_layers && !is_straight(at->p.job->hyper->activation); l++)
        for (size_t u = 0; u < (size_t)at->net.width[l]; u++, its++)
            if (hidden_grows(at, l, u, its))
                return true;
    const size_t hidden = at->n_units - (size_t)at->net.width[at->net.n_layers];
    return !is_straight(at->p.job->hyper->output) && outputs_grow(at, at->units + hidden);
}

/* Does nothing pull at the weights that come into unit u of layer l: are their rows of the Hessian 0, too? A unit that is
 * saturated for all rows, and of no use, is such a one. */
static bool is_still(const point *at, int l, size_t u)
{
    const polish *p = &at->p;
    const double none = ENDPOINT_NEGATIVE * fmax(fabs(p->values[0]), fabs(p->values[p->n - 1]));
    const size_t n = (size_t)at->net.fan_in[l] + (at->net.bias ? 1 : 0);
    for (size_t i = 0; i < n; i++) {
        double squares = 0;
        for (size_t k = 0; k < p->n; k++) {
            const double part = p->values[k] * p->vectors[k * p->n + incoming(at, l, u, u + 1, i)];
            squares += part * part;
        }
        if (squares > none * none)
            return false;
    }
    return true;
}

static bool on_plateau(point *at)
{
    const unit *its = at->units;
    for (int l = 1; l < at->net.n_layers; l++)
        for (size_t u = 0; u < (size_t)at->net.width[l]; u++, its++)
            if (is_nearly_constant(at, l, u, its) || is_still(at, l - 1, u))
                return true;
    return false;
}

/* ---- the verdict ---- */

static bool is_solution(const point *at)
{
    return at->p.cost <= at->p.low || at->p.cost <= at->linear * (1 + ENDPOINT_LEAST_SQUARES);
}

static int kind_of(point *at, double *depth)
{
    const polish *p = &at->p;
    if (is_solution(at))
        return NN_ENDPOINT_solution;
    if (!(p->residual <= POLISH_RESIDUAL))
        return NN_ENDPOINT_moving;
    const flat f = flat_of(p, fmax(fabs(p->values[0]), fabs(p->values[p->n - 1])));
    *depth = escape(at, &f);
    if (*depth > ENDPOINT_SAME)
        return NN_ENDPOINT_saddle;
    look_at_units(at);
    return at_infinity(at) ? NN_ENDPOINT_at_infinity : on_plateau(at) ? NN_ENDPOINT_plateau : NN_ENDPOINT_minimum;
}

static double distance(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

static double norm(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

/* The outputs of the polished network for rows that are spread evenly over the training part. */
static void fill_outputs(point *at, nn_endpoint *e)
{
    const nn_split *split = at->p.job->split;
    const size_t k = (size_t)at->net.width[at->net.n_layers], hidden = at->n_units - k;
    e->n_outputs = k;
    e->n_rows = grid_endpoint_rows(split->n[NN_TRAIN]);
    e->outputs = at->outputs;
    for (size_t r = 0; r < e->n_rows; r++) {
        const uint32_t row = split->rows[NN_TRAIN][r * split->n[NN_TRAIN] / e->n_rows];
        nn_unit_outputs(at->p.job, at->p.w, &row, 1, at->chunk, at->p.workspace);
        memcpy(at->outputs + r * k, at->chunk + hidden, k * sizeof *at->outputs);
    }
}

static void keep_weights(point *at, nn_outcome *o)
{
    if (!at->p.job->recording->keep[NN_KEEP_ENDPOINT])
        return;
    o->weights[NN_KEEP_ENDPOINT] = at->narrow;
    for (size_t i = 0; i < at->p.n; i++)
        if (o->real_bytes == sizeof(float))
            ((float *)(void *)at->narrow)[i] = (float)at->p.w[i];
        else
            at->narrow[i] = at->p.w[i];
}

static double final_weight(const nn_outcome *o, size_t i)
{
    const void *weights = o->weights[NN_KEEP_FINAL];
    return o->real_bytes == sizeof(float) ? (double)((const float *)weights)[i] : ((const double *)weights)[i];
}

static bool judge(point *at, nn_outcome *o)
{
    polish *p = &at->p;
    const double constant = schedule_lowest_constant(p->job);
    nn_endpoint e = nn_no_endpoint();
    for (size_t i = 0; i < p->n; i++)
        p->w[i] = final_weight(o, i);
    e.cost_before = schedule_polish_cost(p, p->w, p->gradient);
    e.gradient_norm = norm(p->gradient, p->n);
    at->linear = schedule_lowest_linear(p->job, p->lapack);
    p->low = constant > 0 ? ENDPOINT_SOLVED * constant : 0;
    p->unit = constant > 0 ? constant : e.cost_before > 0 ? e.cost_before : 1;
    if (!isfinite(e.cost_before) || !schedule_polish(p))
        return false;
    for (size_t i = 0; i < p->n; i++)
        p->room[i] = final_weight(o, i);
    e.distance = distance(p->w, p->room, p->n);
    e.cost = p->cost;
    e.steps = p->steps;
    e.residual = p->residual;
    e.lowest = p->values[0];
    e.highest = p->values[p->n - 1];
    e.n_negative = 0;
    for (size_t i = 0; i < p->n; i++)
        e.n_negative += p->values[i] < -ENDPOINT_NEGATIVE * fmax(fabs(e.lowest), fabs(e.highest));
    e.escape = 0;
    e.kind = kind_of(at, &e.escape);
    fill_outputs(at, &e);
    keep_weights(at, o);
    o->endpoint = e;
    nn_observe(o, o->stopping);
    return true;
}

/* ---- room ---- */

static void *take(char **block, size_t *used, size_t bytes)
{
    const size_t at = *used;
    *used += (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
    return *block == NULL ? NULL : *block + at;
}

/* Takes all arrays from the block; NULL: only counts. Returns the bytes. */
static size_t carve(point *at, char *block)
{
    const size_t n = at->p.n, k = (size_t)at->net.width[at->net.n_layers], real = sizeof(double);
    const size_t here = nn_gradient_bytes(at->p.job), biased = nn_gradient_bytes(&at->biased);
    size_t used = 0;
    at->p.w = take(&block, &used, n * real);
    at->p.gradient = take(&block, &used, n * real);
    at->p.values = take(&block, &used, n * real);
    at->p.room = take(&block, &used, 4 * n * real);
    at->p.vectors = take(&block, &used, n * n * real);
    at->other = take(&block, &used, at->biased_net.n_params * real);
    at->block = take(&block, &used, n * n * real);
    at->block_values = take(&block, &used, n * real);
    at->narrow = take(&block, &used, n * real);
    at->units = take(&block, &used, at->n_units * sizeof *at->units);
    at->chunk = take(&block, &used, CHUNK * at->n_units * real);
    at->outputs = take(&block, &used, grid_endpoint_rows(at->p.job->split->n[NN_TRAIN]) * k * real);
    at->p.workspace = take(&block, &used, here > biased ? here : biased);
    return used;
}

static bool make_room(point *at, endpoint_room *room)
{
    const size_t bytes = carve(at, NULL);
    if (bytes > room->bytes) {
        free(room->block);
        room->block = aligned_alloc(NN_ALIGN, bytes);
        room->bytes = room->block == NULL ? 0 : bytes;
    }
    if (room->block != NULL)
        carve(at, room->block);
    return room->block != NULL;
}

/* Fills in what follows from the job. */
static void know_network(const nn_job *job, point *at)
{
    *at = (point){.p = {.job = job}, .biased_hyper = *job->hyper, .biased = *job};
    at->biased_hyper.bias = true;
    at->biased_hyper.lambda = at->biased_hyper.l1 = 0;
    at->biased.hyper = &at->biased_hyper;
    nn_network_of(job->data, job->hyper, &at->net);
    nn_network_of(job->data, &at->biased_hyper, &at->biased_net);
    at->p.n = at->net.n_params;
    for (int l = 1; l <= at->net.n_layers; l++)
        at->n_units += (size_t)at->net.width[l];
}

endpoint_memory schedule_endpoint_bytes(const nn_job *job)
{
    point at;
    know_network(job, &at);
    return (endpoint_memory){carve(&at, NULL), schedule_lowest_bytes(job) + schedule_eigen_bytes(at.p.n)};
}

nn_status schedule_endpoint_diagnose(const nn_job *job, nn_outcome *outcome, eigen_lapack *lapack,
                                     const atomic_int *stop, endpoint_room *room, nn_error *err)
{
    point at;
    know_network(job, &at);
    at.p.lapack = lapack;
    at.p.stop = stop;
    if (!make_room(&at, room))
        return nn_fail(err, NN_memory, "not enough memory for the Hessian of %zu parameters", at.p.n);
    judge(&at, outcome);
    /* Whatever was found on the way would be another answer than that of a diagnosis to its end. */
    return schedule_polish_stopped(&at.p) ? nn_fail(err, NN_cancelled, "stopped") : NN_ok;
}

/* What a diagnosis takes. The reference engine, one network at a time in float64, takes `slower` times as long for a
 * multiply-add as training does, LAPACK `slow` times. */
typedef struct effort {
    double lbfgs, newton, probes, slower, slow;
} effort;

static double work_of(const nn_job *job, const effort *e)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    double row = 0;
    for (int l = 0; l < net.n_layers; l++)
        row += (double)net.width[l + 1] * ((double)net.fan_in[l] + 20);
    const double n = (double)net.n_params, steps = n <= POLISH_PARAMS ? e->newton : 1;
    const double passes = 3 * (e->lbfgs + steps * 4 * n) + e->probes;
    return e->slower * passes * row * (double)job->split->n[NN_TRAIN] + e->slow * steps * 20 * n * n * n;
}

/* Of networks with 9 to 2,000 parameters on the project's machines. */
schedule_range schedule_endpoint_work(const nn_job *job)
{
    static const effort least = {.lbfgs = 5, .newton = 1, .probes = 20, .slower = 4, .slow = 1.5},
                        most = {.lbfgs = POLISH_LBFGS, .newton = 12, .probes = 200, .slower = 30, .slow = 10};
    return (schedule_range){work_of(job, &least), work_of(job, &most)};
}
