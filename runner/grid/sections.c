/* The sections stop, record, limits and success. */
#include "grid/sections.h"
#include "base/setting.h"
#include "grid/tables.h"
#include "grid/values.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const grid_mode_words[2] = {"observe", "first"};
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
            grid_mistake(r, item, "this stopping rule stands in the list already");
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

/* {patience: {epochs: 20, min_delta: 1e-3}} */
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
            grid_unknown_key(r, map->keys[i], "key of the rule", names, n_names);
    }
    if (yaml_get(map, row->parameter, NULL) == NULL && r->d->n_errors == before)
        grid_mistake(r, map, "%s needs `%s`, such as {%s: {%s: %g}}", rule_name, row->parameter, rule_name,
                     row->parameter, row->default_value);
    return r->d->n_errors == before;
}

/* {target: {train_loss: 1e-3}} */
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

static void read_rules(reader *r, const node *value)
{
    if (grid_want_list(r, value, "stop.rules", "rules: [{patience: 20}]"))
        for (size_t i = 0; i < value->n; i++)
            read_rule(r, value->items[i]);
}

static void read_mode(reader *r, const node *value)
{
    int mode;
    if (grid_want_choice(r, value, "mode", grid_mode_words, COUNT_OF(grid_mode_words), &mode))
        r->g->stopping.first = mode == 1;
}

static void read_strip(reader *r, const node *value)
{
    int64_t n;
    if (grid_want_count(r, value, "strip", 1, 1000000, &n))
        r->g->strip = (int)n;
}

static const key_row stop_rows[] = {{"mode", read_mode}, {"rules", read_rules}, {"strip", read_strip}};
const key_table grid_stop_keys = {"stop", "stop: {mode: first, rules: [{patience: 20}]}", COUNT_OF(stop_rows),
                                  stop_rows};

/* `strip` may stand behind the rules. */
static void give_strips(grid *g)
{
    for (int i = 0; i < g->stopping.n_rules; i++) {
        nn_stop_rule *rule = (nn_stop_rule *)&g->stopping.rules[i];
        rule->strip = nn_stop_rows[rule->kind].needs & NN_WANTS_STRIPS ? g->strip : 0;
    }
}

void grid_read_stop(reader *r, const node *value)
{
    const size_t before = r->d->n_errors;
    r->g->stop_at = grid_place_in(r, value);
    if (!grid_read_keys(r, &grid_stop_keys, value))
        return;
    give_strips(r->g);
    if (r->g->stopping.first && r->g->stopping.n_rules == 0 && r->d->n_errors == before)
        grid_mistake(r, value, "mode: first needs rules, such as rules: [{patience: 20}]");
}

/* ---- record ---- */

static void read_per_decade(reader *r, const node *value)
{
    int64_t n;
    if (grid_want_count(r, value, "per_decade", 1, 1000, &n))
        r->g->recording.per_decade = (int32_t)n;
}

/* `every: {per_decade: 50}` may stand for `per_decade: 50`. */
static void read_every(reader *r, const node *value)
{
    int64_t n;
    if (value->kind == NODE_MAP && value->n == 1 && strcmp(value->keys[0]->text, "per_decade") == 0)
        read_per_decade(r, value->items[0]);
    else if (value->kind == NODE_MAP)
        grid_mistake(r, value, "every takes a number of epochs, or {per_decade: 50}");
    else if (grid_want_count(r, value, "every", 1, 1000000000, &n))
        r->g->recording.every = (int32_t)n;
}

/* A list of names, or one; `none` for no name. Marks those that stand there. */
static void read_names(reader *r, const node *value, const char *what, const char *const *names, int n, bool *marks)
{
    bool found[8] = {false};
    const size_t n_items = value->kind == NODE_LIST ? value->n : 1;
    if (value->kind == NODE_SCALAR && strcmp(value->text, "none") == 0) {
        memset(marks, 0, (size_t)n * sizeof *marks);
        return;
    }
    for (size_t i = 0; i < n_items; i++) {
        int which;
        if (!grid_want_choice(r, value->kind == NODE_LIST ? value->items[i] : value, what, names, n, &which))
            return;
        found[which] = true;
    }
    memcpy(marks, found, (size_t)n * sizeof *marks);
}

static void read_parts(reader *r, const node *value)
{
    bool *parts = r->g->recording.parts;
    read_names(r, value, "part", nn_part_names, NN_N_PART, parts);
    if (!parts[NN_TRAIN] && !parts[NN_VALIDATION])
        grid_mistake(r, value, "parts needs train or validation: the best epoch is found by one of them");
}

static void read_weights(reader *r, const node *value)
{
    read_names(r, value, "weights", nn_keep_names, NN_N_KEEP, r->g->recording.keep);
}

static void read_gradient(reader *r, const node *value)
{
    grid_want_truth(r, value, "gradient", &r->g->recording.gradient);
}

static const key_row record_rows[] = {{"every", read_every},
                                      {"per_decade", read_per_decade},
                                      {"parts", read_parts},
                                      {"weights", read_weights},
                                      {"gradient", read_gradient}};
const key_table grid_record_keys = {"record", "record: {every: 10}", COUNT_OF(record_rows), record_rows};

void grid_read_record(reader *r, const node *value)
{
    nn_recording *recording = &r->g->recording;
    recording->every = 0; /* not given */
    if (!grid_read_keys(r, &grid_record_keys, value))
        return;
    if (recording->every > 0 && recording->per_decade > 0)
        grid_mistake(r, value, "record takes every or per_decade, not both");
    if (recording->per_decade == 0 && recording->every == 0)
        recording->every = 1;
}

/* ---- diagnose ---- */

const char *const grid_diagnose_words[2] = {"none", "endpoint"};

void grid_read_diagnose(reader *r, const node *value)
{
    int word = 0;
    if (!grid_want_choice(r, value, "diagnose", grid_diagnose_words, 2, &word))
        return;
    r->g->recording.endpoint = word == 1;
    r->g->diagnose_at = value->at;
}

/* ---- limits ---- */

static void read_per_run(reader *r, const node *value)
{
    grid_want_seconds(r, value, "per_run", &r->g->per_run_seconds);
}

static void read_diverge(reader *r, const node *value)
{
    grid_want_real(r, value, "diverge", (nn_range){1, HUGE_VAL, true, true}, &r->g->diverge);
}

static const key_row limits_rows[] = {{"per_run", read_per_run}, {"diverge", read_diverge}};
const key_table grid_limits_keys = {"limits", "limits: {per_run: 30min}", COUNT_OF(limits_rows), limits_rows};

void grid_read_limits(reader *r, const node *value)
{
    grid_read_keys(r, &grid_limits_keys, value);
}

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

void grid_read_success(reader *r, const node *value)
{
    if (grid_want_map(r, value, "success", "success: {best_validation_error: \"< 0.1\"}"))
        for (size_t i = 0; i < value->n; i++)
            read_condition(r, value->keys[i], value->items[i]);
}
