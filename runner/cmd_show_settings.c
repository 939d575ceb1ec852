/* The settings of a stored run, those left out that decide nothing there (momentum under adam). */
#include "cmd.h"
#include <stdlib.h>
#include <string.h>

/* "64-32": what a code of the column `hidden` stands for. */
static nn_shape parse_widths(const char *word)
{
    nn_shape shape = {0};
    while (*word != '\0' && shape.n < NN_MAX_HIDDEN) {
        char *end = NULL;
        word += strcspn(word, "0123456789");
        if (*word == '\0')
            break;
        shape.width[shape.n++] = (int32_t)strtol(word, &end, 10);
        word = end;
    }
    return shape;
}

/* Puts a stored value into its field; what the file does not say keeps its default. */
static void decode(results_reader *r, const nn_hyper_row *row, double value, nn_hyper *h)
{
    void *field = nn_hyper_at(h, row);
    const char *word = show_word(r, row->name, value);
    if (row->kind == NN_REAL)
        *(nn_real_value *)field = value;
    else if (row->kind == NN_COUNT)
        *(nn_count_value *)field = (nn_count_value)value;
    else if (row->kind == NN_TRUTH)
        *(nn_truth_value *)field = value != 0;
    else if (row->kind == NN_CHOICE && word != NULL && nn_choice_find(row->choices, word) >= 0)
        *(nn_choice_value *)field = nn_choice_find(row->choices, word);
    else if (row->kind == NN_SHAPE && word != NULL)
        *(nn_shape_value *)field = parse_widths(word);
}

static bool is_swept(const results_reader *r, const char *name)
{
    for (size_t a = 0; a < reader_n_axes(r); a++)
        if (strcmp(reader_axis(r, a), name) == 0)
            return true;
    return false;
}

static void add_setting(results_reader *r, const nn_hyper_row *row, double value, text_table *table)
{
    char text[256];
    text_table_add(table, row->name);
    text_table_add(table, show_value(r, row->name, value, text, sizeof text));
    text_table_add(table, is_swept(r, row->name) ? "swept" : "");
}

void show_settings(results_reader *r, size_t run)
{
    nn_hyper h = nn_hyper_defaults;
    double values[NN_N_HYPER];
    bool there[NN_N_HYPER];
    text_table table;
    for (int i = 0; i < NN_N_HYPER; i++) {
        there[i] = show_at(r, nn_hyper_rows[i].name, run, &values[i]);
        if (there[i])
            decode(r, &nn_hyper_rows[i], values[i], &h);
    }
    text_table_init(&table, 3);
    text_table_add(&table, "setting");
    text_table_add(&table, "value");
    text_table_add(&table, "");
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        const bool matters = row->matters == NULL || row->matters(&h) || is_swept(r, row->name);
        if (there[i] && matters)
            add_setting(r, row, values[i], &table);
    }
    cmd_print_table(&table, stdout);
}
