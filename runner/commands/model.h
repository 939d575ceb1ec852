/* model.h - what predict and evaluate share: a stored network, data for it, and the job that applies it. */
#ifndef NNGRID_COMMANDS_MODEL_H
#define NNGRID_COMMANDS_MODEL_H

#include "commands/command.h"
#include "grid/grid.h"
#include "results/reader/model.h"

/* Options of both. */
typedef struct model_request {
    const char *file, *run, *weights; /* weights NULL: best */
} model_request;

#define MODEL_OPTION(name, value, at, help)                                                                            \
    {                                                                                                                  \
        name, 0, OPTION_TEXT, value, at, help, false, 0                                                                \
    }
#define MODEL_OPTIONS(options)                                                                                         \
    MODEL_OPTION("run", "RUN", offsetof(options, model.run), "the run: its number, or the first digits of its key"),   \
        MODEL_OPTION("weights", "WHICH", offsetof(options, model.weights), "best, final or initial weights (best)")

typedef struct model_job {
    results_reader *reader;
    stored_model *model;
    grid *grid;    /* as the file has it: how data are read */
    dataset *data; /* NULL until there are some */
    nn_split split;
    uint32_t *rows; /* what split.rows point into */
    nn_recording recording;
    nn_stopping stopping;
    nn_job job;
    void *workspace;
} model_job;

/* Opens the file and reads the run's network. 0, or the exit code after a message; command_model_close in either case. */
int command_model_open(const command *c, const model_request *request, model_job *out);
void command_model_close(model_job *m);

/* Reads new data; all rows are of the part NN_TEST. `targets`: a file of its own for them, or NULL. */
int command_model_load_new(model_job *m, const char *data, const char *targets, bool with_target);
/* Reads the data of the grid, which must be what the run was trained on, and the split of the run. */
int command_model_load_own(model_job *m, const char *data_root);

/* "target", or y1, y2, ... for one of several. Returns text. */
char *command_model_output_name(const model_job *m, size_t output, char *text, size_t size);

#endif
