/* The section data.split: how large the parts are, folds, or a column that says which row is where. */
#include "grid/reader.h"
#include "base/setting.h"
#include <string.h>

const char *const order_words[2] = {"random", "file"};

static split_spec *split_of(reader *r)
{
    return &r->g->data.split;
}

/* Without a point a number counts rows: 1 is one row, 1.0 is all of them. */
static bool read_part_size(const char *text, part_size *size)
{
    int64_t count;
    double fraction;
    if (strcmp(text, "rest") == 0)
        size->kind = SIZE_REST;
    else if (strchr(text, '.') == NULL && parse_count(text, &count) && count >= 0)
        *size = (part_size){SIZE_COUNT, (double)count, size->at};
    else if (parse_real(text, &fraction) && fraction >= 0 && fraction <= 1)
        *size = (part_size){SIZE_FRACTION, fraction, size->at};
    else
        return false;
    return true;
}

static void read_size(reader *r, const node *value, nn_part part)
{
    part_size *size = &split_of(r)->size[part];
    const char *text;
    size->at = place_in(r, value);
    if (part == NN_TRAIN && value->kind == NODE_SCALAR && strcmp(value->text, "all") == 0)
        split_of(r)->kind = SPLIT_ALL;
    else if (want_text(r, value, nn_part_names[part], &text) && !read_part_size(text, size))
        mistake(r, value, "%s takes a fraction in [0, 1], a number of rows, or rest; not '%.60s'",
                nn_part_names[part], text);
}

static void read_train(reader *r, const node *value)
{
    read_size(r, value, NN_TRAIN);
}

static void read_validation(reader *r, const node *value)
{
    read_size(r, value, NN_VALIDATION);
}

static void read_test(reader *r, const node *value)
{
    read_size(r, value, NN_TEST);
}

static void read_stratify(reader *r, const node *value)
{
    want_truth(r, value, "stratify", &split_of(r)->stratify);
}

static void read_order(reader *r, const node *value)
{
    int order;
    if (want_choice(r, value, "order", order_words, COUNT_OF(order_words), &order))
        split_of(r)->file_order = order == 1;
}

static void read_folds(reader *r, const node *value)
{
    int64_t folds = 2;
    want_count(r, value, "folds", 2, 1000, &folds);
    split_of(r)->folds = (int)folds;
}

static void read_column(reader *r, const node *value)
{
    want_copy(r, value, "column", &split_of(r)->column);
}

static const key_row split_rows[] = {{"train", read_train},  {"validation", read_validation},
                               {"test", read_test},    {"stratify", read_stratify},
                               {"order", read_order},  {"folds", read_folds},
                               {"column", read_column}};
const key_table split_keys = {"data.split", "split: {train: 0.6, validation: 0.2, test: 0.2}", COUNT_OF(split_rows), split_rows};

static int count_sizes(const split_spec *s, size_kind kind)
{
    int n = 0;
    for (int part = 0; part < NN_N_PART; part++)
        n += s->size[part].kind == kind;
    return n;
}

/* Only one way to split can be meant; which one follows from what was given. */
static void conclude(reader *r, const node *value)
{
    split_spec *s = split_of(r);
    const bool all = s->kind == SPLIT_ALL, sizes = count_sizes(s, SIZE_NONE) < NN_N_PART;
    if ((all || sizes) + (s->folds > 0) + (s->column != NULL) > 1)
        mistake(r, value, "split takes one of: sizes of train, validation and test; folds; column");
    else if (all && sizes)
        mistake(r, value, "train: all leaves no row for another part; say train: rest");
    else if (sizes && s->size[NN_TRAIN].kind == SIZE_NONE)
        mistake(r, value, "split needs train: a fraction, a number of rows, rest, or all");
    else if (count_sizes(s, SIZE_REST) > 1)
        mistake(r, value, "only one part of a split can be the rest");
    if (s->folds > 0)
        s->kind = SPLIT_FOLDS;
    else if (s->column != NULL)
        s->kind = SPLIT_COLUMN;
    else if (sizes)
        s->kind = SPLIT_SIZES;
    r->g->folds = s->folds > 0 ? (uint32_t)s->folds : 1;
}

void read_split(reader *r, const node *value)
{
    const size_t before = r->d->n_errors;
    split_of(r)->at = place_in(r, value);
    if (value->kind == NODE_SCALAR && strcmp(value->text, "all") == 0)
        split_of(r)->kind = SPLIT_ALL;
    else if (read_keys(r, &split_keys, value) && r->d->n_errors == before)
        conclude(r, value);
}
