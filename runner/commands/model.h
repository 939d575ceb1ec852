/* model.h - predict and evaluate use this to load a stored network and data for it, and to make the job of core that
 * applies it. Call command_model_open first, then one of the two load functions, and command_model_close at the end. */
#ifndef NNGRID_COMMANDS_MODEL_H
#define NNGRID_COMMANDS_MODEL_H

#include "commands/command.h"
#include "grid/grid.h"
#include "results/reader/model.h"

/* The options of both commands. */
typedef struct model_request {
    const char *file, *run, *cell, *weights; /* a run, or the best run of a cell; weights: NULL for the best */
    const char *id;                          /* of new data: the column that tells rows apart, or NULL */
} model_request;

#define MODEL_OPTION(name, value, at, help)                                                                            \
    {                                                                                                                  \
        name, 0, OPTION_TEXT, value, at, help, false, 0                                                                \
    }
#define MODEL_OPTIONS(options)                                                                                         \
    MODEL_OPTION("run", "RUN", offsetof(options, model.run), "the run: its number, or the first digits of its key"),   \
        MODEL_OPTION("cell", "CELL", offsetof(options, model.cell),                                                    \
                     "instead of --run: the cell's run with the lowest best validation loss; the cell's number, the "  \
                     "first digits of its key, or settings (lambda=10)"),                                              \
        MODEL_OPTION("weights", "WHICH", offsetof(options, model.weights),                                             \
                     "best, final, initial or endpoint weights (default: best)")

/* A network is that of one run. */
#define MODEL_RULE                                                                                                     \
    {                                                                                                                  \
        "--run", "--cell", NULL, "it is one run of a cell"                                                             \
    }

typedef struct model_job {
    results_reader *reader;
    stored_model *model;
    const char *id; /* of the request */
    grid *grid;     /* as stored in the file: says how data are read */
    dataset *data;  /* NULL until it is loaded */
    nn_split split;
    uint32_t *rows; /* split.rows point into this array */
    nn_recording recording;
    nn_stopping stopping;
    nn_job job;
    void *workspace;
} model_job;

/* Opens the file and reads the network of the run. Returns EXIT_DONE, or the exit code after a message; call
 * command_model_close in either case. */
int command_model_open(const command *c, const model_request *request, model_job *out);
void command_model_close(model_job *m);

/* Reads new data, all of whose rows form the part NN_TEST. `targets` is the file of the targets, or NULL. */
int command_model_load_new(model_job *m, const char *data, const char *targets, bool with_target);
/* Reads the data of the grid, which must be those that the run was trained on, and the split of the run. */
int command_model_load_own(model_job *m, const char *data_root);

/* Writes the name of an output of a regression: that of its target, or y1, y2, ... of several without names. Returns
 * text. */
char *command_model_output_name(const model_job *m, size_t output, char *text, size_t size);

#endif
