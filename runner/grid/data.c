/* Reads the section `data` into a data_spec, with the places in the file that later messages point at. */
#include "grid/data.h"
#include "base/setting.h"
#include "grid/tables.h"
#include "grid/values.h"
#include <stdlib.h>
#include <string.h>

/* ---- split: how large the parts are, or folds, or a column that says the part of each row ---- */

/* A number without a decimal point counts rows; 1.0 is all of them. 1 is refused, since it may be meant as either. */
static bool read_part_size(const char *text, part_size *size)
{
    int64_t count;
    double fraction;
    if (strcmp(text, "rest") == 0)
        size->kind = SIZE_REST;
    else if (strchr(text, '.') == NULL && setting_parse_count(text, &count) && count >= 0)
        *size = (part_size){SIZE_COUNT, (double)count, size->at};
    else if (setting_parse_real(text, &fraction) && fraction >= 0 && fraction <= 1)
        *size = (part_size){SIZE_FRACTION, fraction, size->at};
    else
        return false;
    return true;
}

/* Reports a list of values where the data have one: the setting is swept under grid. */
static bool is_swept_here(reader *r, const node *value, const char *setting, const char *example)
{
    if (value->kind != NODE_LIST)
        return false;
    grid_mistake(r, value, "all runs have one value here; to sweep it, put %s: %s under grid", setting, example);
    return true;
}

static void read_size(reader *r, const key_row *row, const node *value)
{
    part_size *size = (part_size *)((char *)r->g + row->field);
    split_spec *split = &r->g->data.split;
    const char *text;
    if (size == &split->size[NN_TRAIN] && is_swept_here(r, value, "split.train", "[100, 300, all]"))
        return;
    size->at = grid_place_in(r, value);
    if (size == &split->size[NN_TRAIN] && value->kind == NODE_SCALAR && strcmp(value->text, "all") == 0)
        split->kind = SPLIT_ALL;
    else if (grid_want_text(r, value, row->name, &text) && !read_part_size(text, size))
        grid_mistake(r, value, "%s takes a fraction in [0, 1], a number of rows, or rest; not '%.60s'", row->name,
                     text);
    else if (size == &split->size[NN_TRAIN] && size->kind == SIZE_COUNT && !(size->value > 1) && !(size->value < 1))
        grid_mistake(r, value, "%s: 1 may be one row or all of them; write 1.0 for all, and 2 or more to count rows",
                     row->name);
}

static const char *const train_words[] = {"all", "rest"}, *const rest_words[] = {"rest"},
                         *const orders[] = {"random", "file"};
static const key_row split_rows[] = {
    {"train", KEY_CHOICE | KEY_REAL, "a fraction, a number of rows, rest, or all", AT_LEAST(0), WORDS(train_words),
     FIELD(data.split.size[NN_TRAIN]), .read = read_size},
    {"validation", KEY_CHOICE | KEY_REAL, "a fraction, a number of rows, or rest", AT_LEAST(0), WORDS(rest_words),
     FIELD(data.split.size[NN_VALIDATION]), .read = read_size},
    {"test", KEY_CHOICE | KEY_REAL, "a fraction, a number of rows, or rest", AT_LEAST(0), WORDS(rest_words),
     FIELD(data.split.size[NN_TEST]), .read = read_size},
    {"stratify", KEY_TRUTH, "the same share of each class in every part", FIELD(data.split.stratify)},
    {"order", KEY_CHOICE, "random, or rows as they stand in the file", WORDS(orders), FIELD(data.split.file_order)},
    {"folds", KEY_COUNT, "cross-validation: this many folds", BETWEEN(2, 1000), FIELD(data.split.folds)},
    {"file", KEY_TEXT,
     "a file of splits: an array split [splits][rows] of parts (0 train, 1 validation, 2 test, -1 none), or a results "
     "file",
     FIELD(data.split.file)},
    {"column", KEY_COLUMN, "the column that has the part of each row: train, validation, test",
     FIELD(data.split.column)},
};

static int count_sizes(const split_spec *s, size_kind kind)
{
    int n = 0;
    for (int part = 0; part < NN_N_PART; part++)
        n += s->size[part].kind == kind;
    return n;
}

/* Does a mapping of the grid have this axis? */
static bool has_axis(const node *map, const char *name)
{
    bool has = false;
    for (size_t i = 0; i < map->n; i++)
        has |= (map->kind == NODE_MAP && strcmp(map->keys[i]->text, name) == 0) ||
               (map->items[i]->kind != NODE_SCALAR && has_axis(map->items[i], name));
    return has;
}

/* Does the grid say itself how many rows train? */
static bool sweeps_train(reader *r)
{
    static const char name[] = "split.train";
    const node *top = yaml_tree_root(r->tree), *swept = top->kind == NODE_MAP ? yaml_get(top, "grid", NULL) : NULL;
    return grid_find_override(r, name) != NULL ||
           (swept != NULL && swept->kind != NODE_SCALAR && has_axis(swept, name));
}

/* Are there folds, and a test part beside them? */
static bool folds_and_test(const split_spec *s)
{
    return s->folds > 0 && s->file == NULL && s->size[NN_TEST].kind != SIZE_NONE &&
           count_sizes(s, SIZE_NONE) == NN_N_PART - 1;
}

/* Finds out which of the ways to split was asked for: exactly one. */
static void check_split(reader *r, const node *value, bool good)
{
    split_spec *s = &r->g->data.split;
    const bool all = s->kind == SPLIT_ALL, sizes = count_sizes(s, SIZE_NONE) < NN_N_PART && !folds_and_test(s);
    if (!good)
        return;
    if (sizes && s->size[NN_TRAIN].kind == SIZE_NONE && sweeps_train(r))
        s->size[NN_TRAIN].kind = SIZE_REST;
    if ((all || sizes) + (s->folds > 0 || s->file != NULL) + (s->column != NULL) > 1)
        grid_mistake(
            r, value,
            "split takes one of: sizes of train, validation and test; folds, with test or without; column; file");
    else if (folds_and_test(s) && s->size[NN_TEST].kind == SIZE_REST)
        grid_mistake(r, value, "beside folds test takes a fraction or a number of rows: the rest is theirs");
    else if (all && sizes)
        grid_mistake(r, value, "train: all leaves no rows for another part; use train: rest");
    else if (sizes && s->size[NN_TRAIN].kind == SIZE_NONE)
        grid_mistake(r, value, "split needs train: a fraction, a number of rows, rest, or all");
    else if (count_sizes(s, SIZE_REST) > 1)
        grid_mistake(r, value, "only one part of a split can be the rest");
    if (s->file != NULL)
        s->kind = SPLIT_FILE;
    else if (s->folds > 0)
        s->kind = SPLIT_FOLDS;
    else if (s->column != NULL)
        s->kind = SPLIT_COLUMN;
    else if (sizes)
        s->kind = SPLIT_SIZES;
    r->g->folds = s->folds > 0 ? (uint32_t)s->folds : 1;
}

static const key_table split_keys = {"data.split", "split: {train: 0.6, validation: 0.2, test: 0.2}",
                                     COUNT_OF(split_rows), split_rows, check_split};

static void read_split(reader *r, const key_row *row, const node *value)
{
    if (value->kind == NODE_SCALAR && strcmp(value->text, "all") == 0)
        r->g->data.split.kind = SPLIT_ALL;
    else
        grid_read_keys(r, row->table, value);
}

/* ---- file: one file, two (inputs and targets), or those of the parts ---- */

#define SOURCE_EXAMPLE      "{inputs: X.npy, targets: y.npy}"
#define SOURCE_FILE(part)   "file", KEY_TEXT, "the file", FIELD(data.parts[part].file)
#define SOURCE_INPUTS(part) "inputs", KEY_TEXT, "a file of the inputs, or their array", FIELD(data.parts[part].inputs)
#define SOURCE_TARGETS(part)                                                                                           \
    "targets", KEY_TEXT, "a file of the targets, or their array", FIELD(data.parts[part].targets)
static const key_row source_rows[NN_N_PART][3] = {
    {{SOURCE_FILE(NN_TRAIN)}, {SOURCE_INPUTS(NN_TRAIN)}, {SOURCE_TARGETS(NN_TRAIN)}},
    {{SOURCE_FILE(NN_VALIDATION)}, {SOURCE_INPUTS(NN_VALIDATION)}, {SOURCE_TARGETS(NN_VALIDATION)}},
    {{SOURCE_FILE(NN_TEST)}, {SOURCE_INPUTS(NN_TEST)}, {SOURCE_TARGETS(NN_TEST)}},
};
static const key_table source_keys[NN_N_PART] = {
    {"data.file.train", SOURCE_EXAMPLE, 3, source_rows[NN_TRAIN], NULL},
    {"data.file.validation", SOURCE_EXAMPLE, 3, source_rows[NN_VALIDATION], NULL},
    {"data.file.test", SOURCE_EXAMPLE, 3, source_rows[NN_TEST], NULL},
};

static void check_source(reader *r, const node *value, const data_source *source)
{
    if ((source->inputs == NULL) != (source->targets == NULL))
        grid_mistake(r, value, "inputs and targets go together, such as " SOURCE_EXAMPLE);
    else if (source->file == NULL && source->inputs == NULL)
        grid_mistake(r, value, "a file is missing here, or " SOURCE_EXAMPLE);
}

static void read_part(reader *r, const key_row *row, const node *value)
{
    if (grid_read_field(r, row, value) && value->kind == NODE_MAP)
        check_source(r, value, &r->g->data.parts[row->table - source_keys]);
}

/* Where the whole data have a file of inputs and one of targets, these are kept as those of the training part. */
static const key_row file_rows[] = {
    {"inputs", KEY_TEXT, "a file of the inputs alone", FIELD(data.parts[NN_TRAIN].inputs)},
    {"targets", KEY_TEXT, "a file of the targets alone", FIELD(data.parts[NN_TRAIN].targets)},
    {"train", KEY_TEXT | KEY_MAP, "the file of the training rows", FIELD(data.parts[NN_TRAIN].file),
     AT(data.parts[NN_TRAIN].at), .table = &source_keys[NN_TRAIN], .read = read_part},
    {"validation", KEY_TEXT | KEY_MAP, "the file of the validation rows", FIELD(data.parts[NN_VALIDATION].file),
     AT(data.parts[NN_VALIDATION].at), .table = &source_keys[NN_VALIDATION], .read = read_part},
    {"test", KEY_TEXT | KEY_MAP, "the file of the test rows", FIELD(data.parts[NN_TEST].file),
     AT(data.parts[NN_TEST].at), .table = &source_keys[NN_TEST], .read = read_part},
};

static void check_files(reader *r, const node *value, bool good)
{
    const data_spec *data = &r->g->data;
    const bool pair = yaml_get(value, "inputs", NULL) != NULL || yaml_get(value, "targets", NULL) != NULL;
    const bool parts = data_spec_has_part(data, NN_VALIDATION) || data_spec_has_part(data, NN_TEST) ||
                       yaml_get(value, "train", NULL) != NULL;
    if (!good)
        return;
    if (pair && parts)
        grid_mistake(r, value,
                     "file takes inputs and targets, or files of the parts; inputs and targets of a part go "
                     "below it: train: " SOURCE_EXAMPLE);
    else if (parts && !data_spec_has_part(data, NN_TRAIN))
        grid_mistake(r, value, "the parts need train: a file with the rows to train on");
    else
        check_source(r, value, &data->parts[NN_TRAIN]);
}

static const key_table file_keys = {"data.file", "file: data.csv", COUNT_OF(file_rows), file_rows, check_files};

static void read_file(reader *r, const key_row *row, const node *value)
{
    r->g->data.parts[NN_TRAIN].at = r->g->data.file_at;
    grid_read_field(r, row, value);
}

/* ---- the other keys ---- */

static void read_builtin(reader *r, const key_row *row, const node *value)
{
    int which;
    if (grid_want_copy(r, value, row->name, &r->g->data.builtin))
        grid_want_word(r, value, row, &which);
}

static void read_task(reader *r, const key_row *row, const node *value)
{
    r->g->data.task_given |= grid_read_field(r, row, value);
}

/* The value is a word of data_scale, or a number: the divisor. */
static void read_scale(reader *r, const key_row *row, const node *value)
{
    double divisor;
    int scale;
    r->g->data.scale_given = true;
    if (is_swept_here(r, value, "data.scale", "[none, minmax]"))
        return;
    if (value->kind == NODE_SCALAR && setting_parse_real(value->text, &divisor)) {
        r->g->data.scale = SCALE_DIVISOR;
        grid_want_real(r, value, row->name, row->range, &r->g->data.divisor);
    } else if (grid_want_word(r, value, row, &scale)) {
        r->g->data.scale = (data_scale)scale;
    }
}

static void read_target_scale(reader *r, const key_row *row, const node *value)
{
    r->g->data.target_scale_given = true;
    if (!is_swept_here(r, value, "data.scale_target", "[none, standardize]"))
        grid_read_field(r, row, value);
}

static void read_missing(reader *r, const key_row *row, const node *value)
{
    if (!is_swept_here(r, value, "data.missing", "[mean, drop]"))
        grid_read_field(r, row, value);
}

/* Reads one column or a list of columns, each by name or index. */
static void read_columns(reader *r, const key_row *row, const node *value)
{
    data_column_list *list = (data_column_list *)((char *)r->g + row->field);
    const bool one = value->kind == NODE_SCALAR;
    list->at = grid_place_in(r, value);
    if (!one && !grid_want_list(r, value, row->name, "[sex, month]"))
        return;
    for (size_t i = 0; i < (one ? 1 : value->n); i++) {
        char *word = NULL;
        char **words = grid_want_copy(r, one ? value : value->items[i], row->name, &word)
                           ? grid_grow(r, list->words, list->n, sizeof *words)
                           : NULL;
        if (words == NULL) {
            free(word);
            return;
        }
        list->words = words;
        list->words[list->n++] = word;
    }
}

static void read_one_hot(reader *r, const key_row *row, const node *value)
{
    r->g->data.one_hot_text = value->kind == NODE_SCALAR && value->plain && strcmp(value->text, "text") == 0;
    if (!r->g->data.one_hot_text)
        read_columns(r, row, value);
}

/* ---- missing_values: numbers that stand for missing, in all inputs or by column ---- */

static void add_code(reader *r, const char *column, const node *value, const key_row *row)
{
    const nn_range any = {-HUGE_VAL, HUGE_VAL, true, true};
    data_spec *data = &r->g->data;
    data_missing_value code = {.at = grid_place_in(r, value)};
    if (!grid_want_real(r, value, row->name, any, &code.value))
        return;
    data_missing_value *codes = grid_grow(r, data->missing_values, data->n_missing_values, sizeof *codes);
    if (codes == NULL)
        return;
    data->missing_values = codes;
    code.column = column != NULL ? strdup(column) : NULL;
    r->out_of_memory = r->out_of_memory || (column != NULL && code.column == NULL);
    codes[data->n_missing_values++] = code;
}

/* Adds a number or a list of numbers. */
static void add_codes(reader *r, const char *column, const node *value, const key_row *row)
{
    if (value->kind != NODE_LIST)
        add_code(r, column, value, row);
    for (size_t i = 0; value->kind == NODE_LIST && i < value->n; i++)
        add_code(r, column, value->items[i], row);
}

static void read_codes(reader *r, const key_row *row, const node *value)
{
    r->g->data.missing_given = true;
    if (value->kind != NODE_MAP)
        add_codes(r, NULL, value, row);
    for (size_t i = 0; value->kind == NODE_MAP && i < value->n; i++)
        add_codes(r, value->keys[i]->text, value->items[i], row);
}

static const key_row target_rows[] = {
    {"inputs", KEY_TEXT, "name of the array of inputs", FIELD(data.inputs_name), .required = true},
    {"targets", KEY_TEXT, "name of the array of targets", FIELD(data.targets_name), .required = true},
};
static const key_table target_keys = {"data.target", "target: {inputs: X, targets: y}", COUNT_OF(target_rows),
                                      target_rows, NULL};

/* One column, a list of columns, or the names of the arrays. A list of one column is that column. */
static void read_target(reader *r, const key_row *row, const node *value)
{
    data_spec *data = &r->g->data;
    data_column_list *list = &data->targets;
    if (value->kind == NODE_MAP) {
        grid_read_keys(r, row->table, value);
        return;
    }
    if (value->kind == NODE_LIST)
        read_columns(r, row, value);
    else
        grid_want_copy(r, value, row->name, &data->target);
    if (value->kind == NODE_LIST && value->n == 0)
        grid_mistake(r, value, "target: [] names no column; give one, or several such as [y1, y2]");
    if (list->n == 1) {
        free(data->target);
        data->target = list->words[0];
        free(list->words);
        *list = (data_column_list){0};
    }
}

static const char *const tasks[] = {"classification", "regression"}, *const all_word[] = {"all"},
                         *const text_word[] = {"text"};
static const char *const encodings[] = {[ENCODING_ANY] = "detect",
                                        [ENCODING_UTF8] = "utf8",
                                        [ENCODING_LATIN1] = "latin1",
                                        [ENCODING_WINDOWS] = "windows1252",
                                        [ENCODING_UTF16] = "utf16"};
static const char *const decimals[] = {[DECIMAL_ANY] = "detect", [DECIMAL_POINT] = "point", [DECIMAL_COMMA] = "comma"};
static const char *const scales[] = {
    [SCALE_NONE] = "none", [SCALE_MINMAX] = "minmax", [SCALE_STANDARDIZE] = "standardize"};
static const char *const missing[] = {
    [MISSING_ERROR] = "error", [MISSING_MEAN] = "mean", [MISSING_MEDIAN] = "median", [MISSING_DROP] = "drop"};
static const key_row data_rows[] = {
    {"file", KEY_TEXT | KEY_MAP,
     "path, relative to this file or below --data DIR; or the files of the parts, or of inputs and targets",
     FIELD(data.file), AT(data.file_at), .table = &file_keys, .read = read_file},
    {"builtin", KEY_CHOICE, "a data set that nngrid generates", WORDS(data_builtin_names), FIELD(data.builtin),
     AT(data.file_at), .read = read_builtin},
    {"target", KEY_COLUMNS | KEY_MAP,
     "column by name or index, first or last; several columns as a list; or the arrays of a file", FIELD(data.targets),
     AT(data.target_at), .table = &target_keys, .read = read_target},
    {"task", KEY_CHOICE, "default: classification, for noisy_sine regression", WORDS(tasks), FIELD(data.regression),
     .read = read_task},
    {"scale", KEY_CHOICE | KEY_REAL, "scaling of the inputs, fitted on the training rows; or a divisor of all inputs",
     ABOVE(0), WORDS(scales), .read = read_scale},
    {"scale_target", KEY_CHOICE, "scaling of the targets of a regression, fitted on the training rows; default none",
     WORDS(scales), AT(data.target_scale_at), FIELD(data.target_scale), .read = read_target_scale},
    {"missing", KEY_CHOICE, "what is done about missing inputs; default error", WORDS(missing), FIELD(data.missing),
     .read = read_missing},
    {"missing_values", KEY_CODES, "numbers that stand for missing: for all inputs, or by column, as in {glucose: 0}",
     .read = read_codes},
    {"missing_words", KEY_COLUMNS,
     "words that stand for missing in text files, besides NA, NaN and ?, as in [NULL, None]", FIELD(data.missing_words),
     .read = read_columns},
    {"accept", KEY_CHOICES, "warnings of check, data, init and run that are silenced", WORDS(data_advice_names),
     FIELD(data.accept)},
    {"split", KEY_CHOICE | KEY_MAP, "which rows train, validate and test", WORDS(all_word), AT(data.split.at),
     .table = &split_keys, .read = read_split},
    {"one_hot", KEY_CHOICE | KEY_COLUMNS,
     "columns that become one column of 0 and 1 for each of their values; text: all that hold words", WORDS(text_word),
     FIELD(data.one_hot), .read = read_one_hot},
    {"ignore", KEY_COLUMNS, "columns that are left out", FIELD(data.ignore), .read = read_columns},
    {"rows", KEY_COUNT, "rows of a built-in set", BETWEEN(2, 1e8), FIELD(data.rows)},
    {"noise", KEY_REAL, "deviation of the noise of a built-in set", AT_LEAST(0), FIELD(data.noise)},
    {"classes", KEY_COUNT, "classes of a built-in set: blobs, spirals", BETWEEN(2, 1000), FIELD(data.n_classes)},
    {"bits", KEY_COUNT, "inputs of a built-in truth table: parity (default 3), and, or (default 2)",
     BETWEEN(1, DATA_MOST_BITS), FIELD(data.n_bits)},
    {"seed", KEY_COUNT, "seed of a built-in set; default 1", AT_LEAST(0), FIELD(data.seed)},
    {"header", KEY_TRUTH, "does the first line name the columns? By default it is detected", FIELD(data.header)},
    {"encoding", KEY_CHOICE, "of text files; default UTF-8, or UTF-16 with a byte order mark", WORDS(encodings),
     FIELD(data.encoding)},
    {"decimal", KEY_CHOICE, "what is before the decimals of numbers in text files; by default it is detected",
     WORDS(decimals), FIELD(data.decimal)},
};

/* ---- the section ---- */

/* Reports keys that say how a built-in set is made. */
static void check_made(reader *r, const node *map)
{
    static const char *const made[] = {"rows", "noise", "classes", "bits", "seed"};
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        const node *value = yaml_get(map, made[i], NULL);
        if (value != NULL)
            grid_mistake(r, value, "%s goes with a built-in set, not with a file", made[i]);
    }
}

static void check_data(reader *r, const node *map, bool good)
{
    data_spec *data = &r->g->data;
    if (data->builtin != NULL && !data->task_given)
        data->regression = data_builtin_is_regression(data->builtin);
    if (data->target_scale != SCALE_NONE && !data->regression)
        grid_mistake_at(
            r, data->target_scale_at,
            "scale_target is for regression, and the task is classification; say task: regression, or leave "
            "it out");
    if (!data_spec_has_file(data) && data->builtin == NULL && good)
        grid_mistake(r, map, "data needs a file or a built-in set, such as %s", grid_data_keys.example);
    else if (data_spec_has_file(data) && data->builtin != NULL)
        grid_mistake(r, map, "data takes a file or a built-in set, not both");
    else if (data_spec_has_file(data))
        check_made(r, map);
}

const key_table grid_data_keys = {"data", "data: {file: digits.csv} or data: {builtin: xor}", COUNT_OF(data_rows),
                                  data_rows, check_data};
