/* Sets the defaults of a data_spec, frees it, and says which files it names. */
#include "data/spec.h"
#include "data/dataset.h"
#include <stdlib.h>

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
    for (int p = 0; p < NN_N_PART; p++) {
        free(spec->parts[p].file);
        free(spec->parts[p].inputs);
        free(spec->parts[p].targets);
    }
    data_free_names(spec->one_hot.words, spec->one_hot.n);
    data_free_names(spec->ignore.words, spec->ignore.n);
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
