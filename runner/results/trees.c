/* The datasets of /curves, /stops and /weights. */
#include "results/layout.h"
#include "base/setting.h"
#include <stdio.h>
#include <string.h>

static void curve_field(layout *l, char *group, const char *name, const char *help, int index, int run,
                        int epoch)
{
    field *f = layout_add(l, group, name, H5_F64, help);
    f->scope = SCOPE_RUN;
    f->put = put_curve;
    f->index = index;
    f->n_dims = 2;
    f->dims[0] = run;
    f->dims[1] = epoch;
}

/* Gradient norms of the layers, as many as the deepest network has. */
static void layer_fields(layout *l, char *group, int run, int epoch)
{
    int deepest = 0;
    for (size_t i = 0; i < l->n_nets; i++)
        deepest = l->nets[i].net.n_layers > deepest ? l->nets[i].net.n_layers : deepest;
    for (int k = 0; k < deepest; k++)
        curve_field(l, group, layout_text(l, LAYER_CURVE, k + 1),
                    "gradient_norm of this layer's weights and biases", NN_N_CURVE + k, run, epoch);
}

void layout_curves(layout *l)
{
    const nn_split *split = splitter_get(l->splitter, l->grid->seed, 0, 0);
    char *group = layout_group(l, "/curves");
    int run = layout_scale(l, group, "run", H5_I32, l->n_runs, fill_index, "run, from 0");
    int epoch =
        layout_scale(l, group, "epoch", H5_I32, l->n_epochs, fill_epochs, "epoch; 0 is before training");
    for (int i = 0; i < NN_N_CURVE; i++) {
        if (!nn_curve_recorded(&l->grid->recording, &l->data->data, split, i) &&
            (l->left == NULL || !l->left->curves[i]))
            continue;
        curve_field(l, group, nn_curves.rows[i].name, nn_curves.rows[i].help, i, run, epoch);
        if (i == NN_CURVE_gradient_norm)
            layer_fields(l, group, run, epoch);
    }
}

/* ---- /stops ---- */

/* patience_20, target_train_loss_0.001, gl_2_strip_10; what else tells two rules apart is appended. */
static const char *rule_name(layout *l, const nn_stop_rule *rule)
{
    char value[40], more[60] = "", curve[80] = "", number[40];
    if (rule->parameter == floor(rule->parameter) && fabs(rule->parameter) < 1e9)
        snprintf(value, sizeof value, "%.0f", rule->parameter); /* 20, never 2e+01 */
    else
        real_format(rule->parameter, value, sizeof value);
    if (nn_stop_rows[rule->kind].needs & NN_TAKES_CURVE)
        snprintf(curve, sizeof curve, "_%s", nn_curves.rows[rule->curve].name);
    else if (rule->min_delta > 0)
        snprintf(more, sizeof more, "_min_delta_%s", real_format(rule->min_delta, number, sizeof number));
    else if (rule->strip > 0 && rule->strip != NN_DEFAULT_STRIP)
        snprintf(more, sizeof more, "_strip_%d", rule->strip);
    return layout_text(l, "%s%s_%s%s", nn_stops.rows[rule->kind].name, curve, value, more);
}

static const struct {
    const char *name;
    size_t at;
    const char *help;
} stop_members[] = {
    {"epoch", offsetof(nn_stop_record, epoch), "epoch at which the rule fires; -1: never"},
    {"best_epoch", offsetof(nn_stop_record, best_epoch), "epoch of the best weights up to there; -1: never"},
    {"best_train_loss", offsetof(nn_stop_record, best_train_loss), "training loss of these weights"},
    {"best_validation_loss", offsetof(nn_stop_record, best_validation_loss), "their validation loss"},
    {"best_test_loss", offsetof(nn_stop_record, best_test_loss), "their test loss"},
    {"best_train_error", offsetof(nn_stop_record, best_train_error), "their training error"},
    {"best_validation_error", offsetof(nn_stop_record, best_validation_error), "their validation error"},
    {"best_test_error", offsetof(nn_stop_record, best_test_error), "their test error"},
    {"slowness", offsetof(nn_stop_record, slowness), "epoch / best_epoch"},
    {"badness", offsetof(nn_stop_record, badness), "their test loss / lowest test loss of the run - 1"},
};

static void rule_fields(layout *l, char *group, int rule)
{
    int run = layout_scale(l, group, "run", H5_I32, l->n_runs, fill_index, "run, from 0");
    for (size_t i = 0; i < sizeof stop_members / sizeof stop_members[0]; i++) {
        field *f = layout_add(l, group, stop_members[i].name, H5_F64, stop_members[i].help);
        f->scope = SCOPE_RUN;
        f->put = put_stop;
        f->index = rule;
        f->detail = stop_members[i].at;
        f->n_dims = 1;
        f->dims[0] = run;
    }
}

/* The same rule twice in a grid: the second is of no use, and its group would bear the same name. */
static bool has_group(const layout *l, const char *path)
{
    for (size_t i = 0; i < l->n_groups; i++)
        if (strcmp(l->groups[i], path) == 0)
            return true;
    return false;
}

void layout_stops(layout *l)
{
    if (l->n_rules > 0)
        layout_group(l, "/stops");
    for (size_t i = 0; i < l->n_rules; i++) {
        const char *path = layout_text(l, "/stops/%s", rule_name(l, &l->rules[i]));
        if (!has_group(l, path))
            rule_fields(l, layout_group(l, "%s", path), (int)i);
    }
}

/* ---- /weights ---- */

static void weight_field(layout *l, char *group, const char *name, int net, int keep, size_t at,
                         const int *dims, int n_dims)
{
    const net_shape *shape = &l->nets[net];
    field *f = layout_add(l, group, name, shape->wide ? H5_F64 : H5_F32, "");
    f->scope = SCOPE_RUN;
    f->put = put_weights;
    f->net = net;
    f->index = keep;
    f->detail = at;
    f->n_dims = n_dims;
    for (int d = 0; d < n_dims; d++)
        f->dims[d] = dims[d];
}

/* `detail` of a weight field is where its numbers start among the parameters of the network. */
static void keep_fields(layout *l, char *group, int net, int keep, int run, const int *inputs,
                        const int *units)
{
    const nn_network *n = &l->nets[net].net;
    for (int k = 0; k < n->n_layers; k++) {
        const int w_dims[3] = {run, inputs[k], units[k + 1]}, b_dims[2] = {run, units[k + 1]};
        weight_field(l, group, layout_text(l, "%s_W%d", nn_keep_names[keep], k + 1), net, keep, n->w_at[k],
                     w_dims, 3);
        if (n->bias)
            weight_field(l, group, layout_text(l, "%s_b%d", nn_keep_names[keep], k + 1), net, keep,
                         n->b_at[k], b_dims, 2);
    }
}

static void net_fields(layout *l, int net)
{
    const nn_network n = l->nets[net].net;
    int units[NN_MAX_HIDDEN + 2] = {0}, inputs[NN_MAX_HIDDEN + 2] = {0};
    char *group = layout_group(l, "/weights/%s", l->nets[net].name);
    int run =
        layout_scale(l, group, "run", H5_I32, l->nets[net].n_runs, fill_net_runs, "run, a row of /runs");
    l->fields[run].net = net;
    for (int k = 0; k <= n.n_layers; k++) {
        const char *name = k == 0 ? "input" : k == n.n_layers ? "output" : layout_text(l, "hidden%d", k);
        units[k] = inputs[k] = layout_scale(l, group, name, H5_BLANK, (size_t)n.width[k], NULL, NULL);
    }
    for (int k = 1; k < n.n_layers && n.shortcuts; k++)
        inputs[k] = layout_scale(l, group, layout_text(l, "up_to_hidden%d", k), H5_BLANK, (size_t)n.fan_in[k],
                                 NULL, NULL);
    for (int keep = 0; keep < NN_N_KEEP; keep++)
        if (l->nets[net].keep[keep])
            keep_fields(l, group, net, keep, run, inputs, units);
}

void layout_weights(layout *l)
{
    if (l->n_nets > 0)
        layout_group(l, "/weights");
    for (size_t i = 0; i < l->n_nets && !l->failed; i++)
        net_fields(l, (int)i);
}
