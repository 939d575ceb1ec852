/* The settings of a stored run, those left out that decide nothing there (momentum under adam). */
#include "commands/command.h"
#include <string.h>

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

void show_settings(results_reader *r, size_t run, json *j)
{
    nn_hyper h;
    nn_error none;
    text_table table;
    const bool known = reader_settings(r, &run, 1, &h, &none) == NN_ok;
    if (j != NULL)
        json_open(j, "settings", '{');
    text_table_begin(&table, "setting", "value", "");
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        double value;
        const bool matters = !known || row->matters == NULL || row->matters(&h) || is_swept(r, row->name);
        if (!matters || !show_at(r, row->name, run, &value))
            continue;
        if (j != NULL)
            show_json(j, r, row->name, value);
        else
            add_setting(r, row, value, &table);
    }
    if (j == NULL)
        cmd_print_table(&table, stdout);
    else
        json_close(j, '}');
    text_table_free(&table);
}
