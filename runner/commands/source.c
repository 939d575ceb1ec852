/* Reads a grid, or makes one that names a data file and nothing else. */
#include "commands/source.h"
#include <stdlib.h>
#include <string.h>

static bool is_grid(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

void command_yaml_text(FILE *to, const char *text)
{
    putc('\'', to);
    for (; *text != '\0'; text++)
        fputs(*text == '\'' ? "''" : (char[]){*text, '\0'}, to);
    putc('\'', to);
}

/* Returns the text of a grid that only names the data file, or the files of inputs and targets. */
static char *grid_text(const command_source *source)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return NULL;
    fputs("name: data\ndata:\n  file: ", f);
    if (source->targets != NULL)
        fputs("{inputs: ", f);
    command_yaml_text(f, source->grid);
    if (source->targets != NULL) {
        fputs(", targets: ", f);
        command_yaml_text(f, source->targets);
        putc('}', f);
    }
    putc('\n', f);
    return fclose(f) == 0 ? text : NULL;
}

nn_status command_read_source(const command_source *source, diagnostics *diags, grid **out)
{
    if (is_grid(source->grid))
        return grid_read(source->grid, source->overrides.items, source->overrides.n, diags, out);
    char *text = grid_text(source);
    if (text == NULL)
        return NN_memory;
    const nn_status status = grid_read_text("", text, source->overrides.items, source->overrides.n, diags, out);
    free(text);
    if (status == NN_ok) {
        data_spec *data = &(*out)->data;
        data->at = data->file_at = data->parts[NN_TRAIN].at = (place){0, 0};
    }
    return status;
}
