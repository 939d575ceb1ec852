/* Sets the defaults of a data_spec, frees it, and says which files it names and where they are. */
#include "data/spec.h"
#include "base/file.h"
#include "base/pipe.h"
#include "data/dataset.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void data_spec_init(data_spec *spec)
{
    *spec = (data_spec){.noise = NN_NAN, .seed = 1, .header = -1, .divisor = 1.0};
}

void data_free_names(char **names, size_t n)
{
    for (size_t i = 0; names != NULL && i < n; i++)
        free(names[i]);
    free(names);
}

void data_spec_free(data_spec *spec)
{
    if (spec == NULL)
        return;
    free(spec->file);
    free(spec->builtin);
    free(spec->target);
    free(spec->inputs_name);
    free(spec->targets_name);
    free(spec->split.column);
    free(spec->split.file);
    for (int p = 0; p < NN_N_PART; p++) {
        free(spec->parts[p].file);
        free(spec->parts[p].inputs);
        free(spec->parts[p].targets);
    }
    data_free_names(spec->targets.words, spec->targets.n);
    data_free_names(spec->one_hot.words, spec->one_hot.n);
    for (size_t i = 0; i < spec->n_missing_values; i++)
        free(spec->missing_values[i].column);
    free(spec->missing_values);
    data_free_names(spec->ignore.words, spec->ignore.n);
    data_free_names(spec->missing_words.words, spec->missing_words.n);
    data_spec_init(spec);
}

bool data_spec_has_part(const data_spec *spec, nn_part part)
{
    return spec->parts[part].file != NULL || spec->parts[part].inputs != NULL;
}

bool data_spec_has_file(const data_spec *spec)
{
    return spec->file != NULL || data_spec_has_part(spec, NN_TRAIN);
}

char *data_path(const char *file, const char *grid_path, const char *data_root)
{
    if (file[0] == '/' || strcmp(file, "-") == 0)
        return strdup(file[0] == '/' ? file : "/dev/stdin");
    /* A grid that comes through a pipe has no folder of its own. */
    const char *slash = grid_path != NULL && !pipe_is(grid_path) ? strrchr(grid_path, '/') : NULL;
    char *beside = file_join(slash != NULL ? grid_path : "", slash != NULL ? (size_t)(slash - grid_path) + 1 : 0, file);
    if (beside == NULL || data_root == NULL || access(beside, F_OK) == 0)
        return beside;
    char *below = file_join(data_root, strlen(data_root), file);
    if (below != NULL && access(below, F_OK) == 0) {
        free(beside);
        return below;
    }
    free(below);
    return beside;
}
