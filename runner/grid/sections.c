/* Reads the sections stop, record, limits and success. */
#include "grid/sections.h"
#include "base/setting.h"
#include "grid/tables.h"
#include "grid/values.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const nn_range any_number = {-HUGE_VAL, HUGE_VAL, true, true};

/* ---- stop ---- */

static bool same_rule(const nn_stop_rule *a, const nn_stop_rule *b)
{
    return a->kind == b->kind && a->parameter == b->parameter && a->min_delta == b->min_delta && a->curve == b->curve;
}

static void add_rule(reader *r, const node *item, nn_stop_rule rule)
{
    const int n = r->g->stopping.n_rules;
    for (int i = 0; i < n; i++)
        if (same_rule(&r->g->stopping.rules[i], &rule)) {
            grid_mistake(r, item, "this stopping rule is already in the list");
            return;
        }
    if (n == NN_MAX_RULES) {
        grid_mistake(r, item, "more than %d stopping rules", NN_MAX_RULES);
        return;
    }
    nn_stop_rule *rules = grid_grow(r, (void *)r->g->stopping.rules, (size_t)n, sizeof *rules);
    if (rules == NULL)
        return;
    rules[n] = rule;
    r->g->rule_at[n] = grid_place_in(r, item);
    r->g->stopping.rules = rules;
    r->g->stopping.n_rules = n + 1;
}

/* Reads the mapping in {patience: {epochs: 20, min_delta: 1e-3}}. */
static bool read_rule_map(reader *r, const node *map, const nn_stop_row *row, nn_stop_rule *rule)
{
    const char *rule_name = nn_stops.rows[rule->kind].name;
    const nn_range from_0 = {0, HUGE_VAL, false, true};
    const char *const names[] = {row->parameter, "min_delta"};
    const size_t n_names = row->needs & NN_TAKES_MIN_DELTA ? 2 : 1, before = r->d->n_errors;
    for (size_t i = 0; i < map->n; i++) {
        const char *key = map->keys[i]->text;
        if (strcmp(key, row->parameter) == 0)
            grid_want_real(r, map->items[i], key, row->range, &rule->parameter);
        else if (n_names == 2 && strcmp(key, "min_delta") == 0)
            grid_want_real(r, map->items[i], key, from_0, &rule->min_delta);
        else
            grid_unknown_name(r, map->keys[i], "key of the rule", names, n_names);
    }
    if (yaml_get(map, row->parameter, NULL) == NULL && r->d->n_errors == before)
        grid_mistake(r, map, "%s needs `%s`, such as {%s: {%s: %g}}", rule_name, row->parameter, rule_name,
                     row->parameter, row->default_value);
    return r->d->n_errors == before;
}

/* Reads the mapping in {target: {train_loss: 1e-3}}. */
static bool read_target(reader *r, const node *value, nn_stop_rule *rule)
{
    if (value->kind != NODE_MAP || value->n != 1) {
        grid_mistake(r, value, "target takes one curve and its value, such as {target: {train_loss: 0.01}}");
        return false;
    }
    rule->curve = nn_choice_find(&nn_curves, value->keys[0]->text);
    if (rule->curve < 0) {
        grid_unknown_choice_key(r, value->keys[0], &nn_curves);
        return false;
    }
    return grid_want_real(r, value->items[0], value->keys[0]->text, any_number, &rule->parameter);
}

static bool is_count(const char *parameter)
{
    return strcmp(parameter, "epochs") == 0 || strcmp(parameter, "strips") == 0;
}

static void read_rule(reader *r, const node *item)
{
    if (item->kind != NODE_MAP || item->n != 1) {
        grid_mistake(r, item, "a stopping rule is one key and its value, such as {patience: 20}");
        return;
    }
    nn_stop_rule rule = {.kind = nn_choice_find(&nn_stops, item->keys[0]->text)};
    const node *value = item->items[0];
    bool good;
    if (rule.kind < 0) {
        grid_unknown_choice_key(r, item->keys[0], &nn_stops);
        return;
    }
    const nn_stop_row *row = &nn_stop_rows[rule.kind];
    const char *name = nn_stops.rows[rule.kind].name;
    if (row->needs & NN_TAKES_CURVE)
        good = read_target(r, value, &rule);
    else if (value->kind == NODE_MAP)
        good = read_rule_map(r, value, row, &rule);
    else
        good = grid_want_real(r, value, name, row->range, &rule.parameter);
    if (good && is_count(row->parameter) && rule.parameter != floor(rule.parameter))
        grid_mistake(r, value, "%s takes a whole number of %s", name, row->parameter);
    else if (good)
        add_rule(r, item, rule);
}

static void read_rules(reader *r, const key_row *row, const node *value)
{
    (void)row;
    if (grid_want_list(r, value, "stop.rules", "rules: [{patience: 20}]"))
        for (size_t i = 0; i < value->n; i++)
            read_rule(r, value->items[i]);
}

static const char *const modes[] = {"observe", "first"};
static const key_row stop_rows[] = {
    {"mode", KEY_CHOICE, "observe: train on and record where each rule would have stopped; first: stop at the first",
     WORDS(modes), FIELD(stopping.first)},
    {"rules", KEY_RULES, "stopping rules, each one key and its value, such as {patience: 20}", .read = read_rules},
    {"strip", KEY_COUNT, "epochs of a strip, which rules such as gl look at; default 5", BETWEEN(1, 1e6), FIELD(strip)},
};

static void check_stop(reader *r, const node *map, bool good)
{
    grid *g = r->g;
    for (int i = 0; i < g->stopping.n_rules; i++) { /* at the end, since `strip` may stand after the rules */
        nn_stop_rule *rule = (nn_stop_rule *)&g->stopping.rules[i];
        rule->strip = nn_stop_rows[rule->kind].needs & NN_WANTS_STRIPS ? g->strip : 0;
    }
    if (good && g->stopping.first && g->stopping.n_rules == 0)
        grid_mistake(r, map, "mode: first needs rules, such as rules: [{patience: 20}]");
}

const key_table grid_stop_keys = {"stop", "stop: {mode: first, rules: [{patience: 20}]}", COUNT_OF(stop_rows),
                                  stop_rows, check_stop};

/* ---- record ---- */

#define PER_DECADE                                                                                                     \
    "per_decade", KEY_COUNT, "evaluations at epochs round(10^(i/n))", BETWEEN(1, 1000), FIELD(recording.per_decade)
static const key_row every_rows[] = {{PER_DECADE, .required = true}};
static const key_table every_keys = {"record.every", "every: {per_decade: 50}", COUNT_OF(every_rows), every_rows, NULL};

static void read_parts(reader *r, const key_row *row, const node *value)
{
    const bool *parts = r->g->recording.parts;
    grid_read_field(r, row, value);
    if (!parts[NN_TRAIN] && !parts[NN_VALIDATION])
        grid_mistake(r, value, "parts needs train or validation: the best epoch is found by one of them");
}

const char *const grid_kept_words[NN_KEEP_EVERY + 1] = {[NN_KEEP_INITIAL] = "initial",
                                                        [NN_KEEP_BEST] = "best",
                                                        [NN_KEEP_FINAL] = "final",
                                                        [NN_KEEP_ENDPOINT] = "endpoint",
                                                        [NN_KEEP_EVERY] = "every"};
static const key_row record_rows[] = {
    {"every", KEY_COUNT | KEY_MAP, "epochs between evaluations; default 1", BETWEEN(1, 1e9), FIELD(recording.every),
     .table = &every_keys},
    {PER_DECADE},
    {"parts", KEY_CHOICES, "which parts are evaluated; default: all that there are", WORDS(nn_part_names),
     FIELD(recording.parts), .read = read_parts},
    {"weights", KEY_CHOICES,
     "which weights are kept; default best and final; every: those of each recorded epoch, of "
     "networks of at most 100 weights",
     WORDS(grid_kept_words), FIELD(recording.keep), AT(weights_at)},
    {"gradient", KEY_TRUTH, "norms of the full-batch gradient, and dead and saturated units at the end",
     FIELD(recording.gradient)},
    {"metrics", KEY_CHOICES,
     "further curves of every part, and sharpness: the largest eigenvalue of the Hessian at the best weights",
     WORDS(nn_measure_names), FIELD(recording.measures), AT(metrics_at)},
};

static void check_record(reader *r, const node *map, bool good)
{
    (void)good;
    if (r->g->recording.every > 0 && r->g->recording.per_decade > 0)
        grid_mistake(r, map, "record takes every or per_decade, not both");
}

const key_table grid_record_keys = {"record", "record: {every: 10}", COUNT_OF(record_rows), record_rows, check_record};

/* ---- limits ---- */

static const key_row limits_rows[] = {
    {"per_run", KEY_TIME, "longest time that a run may take, such as 30min", FIELD(per_run_seconds)},
    {"diverge", KEY_REAL, "a loss above this many times the first is divergence; default 1e4", ABOVE(1),
     FIELD(diverge)},
};
const key_table grid_limits_keys = {"limits", "limits: {per_run: 30min}", COUNT_OF(limits_rows), limits_rows, NULL};

/* ---- success ---- */

static void read_condition(reader *r, const node *key, const node *value)
{
    const char *text;
    grid_condition c = {.metric = nn_choice_find(&nn_metrics, key->text)};
    if (c.metric < 0) {
        grid_unknown_choice_key(r, key, &nn_metrics);
        return;
    }
    if (!grid_want_text(r, value, key->text, &text))
        return;
    if (!setting_parse_real(grid_read_compare(text, &c.compare), &c.value)) {
        grid_mistake(r, value, "a condition is a comparison and a number, such as \"< 0.4\", not '%.60s'", text);
        return;
    }
    grid_condition *list = grid_grow(r, r->g->success, r->g->n_conditions, sizeof *list);
    if (list == NULL)
        return;
    r->g->success = list;
    list[r->g->n_conditions++] = c;
}

void grid_read_success(reader *r, const key_row *row, const node *value)
{
    (void)row;
    if (grid_want_map(r, value, "success", "success: {best_validation_error: \"< 0.1\"}"))
        for (size_t i = 0; i < value->n; i++)
            read_condition(r, value->keys[i], value->items[i]);
}
