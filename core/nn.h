/* nn.h - the numerics of nngrid: trains one feed-forward network and says all that happened.
 *
 * The core knows arrays and numbers. It opens no file, starts no thread, prints nothing and keeps no state of
 * its own: two threads may call everything here at once as long as they do not share a workspace.
 *
 * The way through:
 *   nn_data    what is learned: inputs in their smallest form, classes or targets. Read-only, shared by all.
 *   nn_split   which rows train, validate and test, and the scaling fitted on the training rows.
 *   nn_hyper   one value of every setting (nn_tables.h).
 *   nn_job     the above, with the seed, what to record and when to stop: all that decides a run's numbers.
 *   nn_train   job -> outcome: curves, scores, metrics, stopping rules, weights.
 * A run's outcome depends on its job alone, to the last bit, and not on machine, compiler or neighbours.
 *
 * Memory: the caller gives nn_train one workspace of nn_workspace_bytes(job), aligned to NN_ALIGN; the
 * outcome points into it and is valid until the workspace is used again. Nothing is allocated inside.
 *
 * Errors: fallible functions return nn_status and fill an nn_error, the last argument. Outputs are untouched
 * then. */
#ifndef NN_H
#define NN_H

#include <math.h>
#include <stdatomic.h>
#include "nn_descent.h"
#include "nn_random.h"
#include "nn_tables.h"

/* NAN and INFINITY of math.h are floats: these are doubles. */
#define NN_NAN ((double)NAN)
#define NN_INF HUGE_VAL

/* ---- errors ---- */

typedef struct nn_error {
    nn_status status;
    char message[480];
} nn_error;

/* Fills the error (printf form) and returns `status`, so that `return nn_fail(...)` is one line. err may be NULL. */
nn_status nn_fail(nn_error *err, nn_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- data ---- */

typedef enum nn_type { NN_UINT8, NN_FLOAT32, NN_FLOAT64 } nn_type;

typedef struct nn_data {
    size_t n_rows, n_inputs;
    nn_type input_type;
    const void *inputs;     /* [n_rows][n_inputs] of input_type; NaN: missing */
    const int32_t *classes; /* classification: [n_rows], 0 .. n_classes-1; else NULL */
    size_t n_classes;       /* at least 2 */
    const double *targets;  /* regression: [n_rows][n_targets]; else NULL */
    size_t n_targets;
} nn_data;

/* Rows of each part, and the affine map fitted on the training rows: x = (raw - shift) * factor. */
typedef struct nn_split {
    size_t n[NN_N_PART];
    const uint32_t *rows[NN_N_PART]; /* in file order, the order in which losses are summed */
    const double *shift, *factor;    /* [n_inputs], or both NULL: inputs as they are */
    const double *fill;              /* [n_inputs] what stands for a missing raw input, or NULL */
} nn_split;

/* ---- networks ---- */

/* Parameters lie in one array: for each layer W [in][out], then b [out] (left out where bias is false). */
typedef struct nn_network {
    int n_layers; /* weight layers: hidden + 1 */
    bool bias, shortcuts;
    int32_t width[NN_MAX_HIDDEN + 2];  /* width[0] inputs ... width[n_layers] outputs */
    int32_t fan_in[NN_MAX_HIDDEN + 1]; /* rows of W of layer l; with shortcuts width[0] + ... + width[l] */
    size_t w_at[NN_MAX_HIDDEN + 1];    /* where W of layer l = 0 .. n_layers-1 starts */
    size_t b_at[NN_MAX_HIDDEN + 1];    /* where b starts; without bias: where W ends */
    size_t n_params;
} nn_network;

size_t nn_n_outputs(const nn_data *data, const nn_hyper *h);
void nn_network_of(const nn_data *data, const nn_hyper *h, nn_network *out);
bool nn_network_same(const nn_network *a, const nn_network *b);
/* "64-32-10" into text; returns text. */
char *nn_network_name(const nn_network *net, char *text, size_t size);

/* ---- recording ---- */

enum { NN_KEEP_INITIAL, NN_KEEP_BEST, NN_KEEP_FINAL, NN_N_KEEP };
extern const char *const nn_keep_names[NN_N_KEEP]; /* initial, best, final */

typedef struct nn_recording {
    int32_t every;         /* epochs between evaluations; 0: per_decade says */
    int32_t per_decade;    /* epochs round(10^(i/per_decade)) */
    bool parts[NN_N_PART]; /* which parts are evaluated (those that exist) */
    bool keep[NN_N_KEEP];  /* which weights are kept */
    bool gradient;         /* norms of the full-batch gradient, and at the end dead and saturated units */
    bool endpoint;         /* will be asked for of the outcome; core does nothing of it */
} nn_recording;

/* Recorded epochs of a run of `epochs` epochs, ascending, 0 and the last included. Returns how many; `out` may be NULL. */
size_t nn_recorded_epochs(const nn_recording *recording, int64_t epochs, uint32_t *out);

/* Is the curve recorded for this data and split? */
bool nn_curve_recorded(const nn_recording *recording, const nn_data *data, const nn_split *split, int curve);

/* Is `a` a better (lower) loss than `b`? NaN is worse than anything. */
static inline bool nn_better(double a, double b)
{
    return a < b || (b != b && a == a);
}

/* Index of the lowest value of a curve, the first of equals; NaN never, unless all are. n is at least 1. */
size_t nn_lowest(const double *curve, size_t n);

/* ---- stopping rules: pure functions over curves ---- */

typedef struct nn_stop_rule {
    int kind;         /* enum nn_stop */
    double parameter; /* what stop.def calls it: epochs, the value, alpha, ... */
    double min_delta; /* patience, patience_error */
    int curve;        /* target: the curve that must reach the value */
    int strip;        /* epochs; 0 for rules that know no strips (stop.def) */
} nn_stop_rule;

enum { NN_MAX_RULES = 32, NN_DEFAULT_STRIP = 5 };

typedef struct nn_stopping {
    bool first; /* mode first: stop at the first rule that fires; else observe */
    int n_rules;
    const nn_stop_rule *rules;
} nn_stopping;

/* What a rule would have meant. Epochs are -1 and values NaN where the rule never fires. */
typedef struct nn_stop_record {
    double epoch;      /* at which it fires */
    double best_epoch; /* lowest validation loss (training loss without validation) up to there */
    double best_train_loss, best_validation_loss, best_test_loss;
    double best_train_error, best_validation_error, best_test_error;
    double slowness; /* epoch / best_epoch; NaN for best_epoch 0 */
    double badness;  /* best_test_loss / min over the curve of test loss - 1; NaN where the minimum is 0 */
} nn_stop_record;

/* curves: [NN_N_CURVE][stride], NaN where not recorded; epochs: [n_points]. Rules over strips need every epoch. */
nn_stop_record nn_stop_observe(const nn_stop_rule *rule, const double *curves, const uint32_t *epochs, size_t n_points,
                               size_t stride);

/* ---- training ---- */

/* Why running runs should end early. The scheduler sets it; core looks at every batch, and in it at every 128 rows. */
typedef enum nn_signal { NN_GO_ON, NN_ABANDON, NN_OUT_OF_TIME } nn_signal;

typedef struct nn_job {
    const nn_hyper *hyper; /* resolved */
    const nn_data *data;
    const nn_split *split;
    uint64_t seed;
    uint32_t repeat;
    const nn_recording *recording;
    const nn_stopping *stopping;
    double diverge;               /* a loss above this many times the first is divergence; 0: never */
    const double *start;          /* given starting weights [n_params], or NULL: drawn by init */
    const uint32_t *order;        /* given rows [epochs][n_train] in place of the shuffle; or NULL */
    bool saves;                   /* room for checkpoints is in the workspace (nn_supply.save) */
    const void *resume;           /* a checkpoint of this job that fits, to go on from; or NULL */
    nn_descend_function *descend; /* of an optimizer outside core; else not used */
    int engine;                   /* NN_ENGINE_... */
    int isa;                      /* NN_ISA_...; any gives the same bits */
} nn_job;

typedef struct nn_score {
    double loss;          /* mean over rows, penalty left out */
    double error;         /* share classified wrong, or root mean squared error over rows and outputs */
    double max_abs_error; /* largest |y - t| */
} nn_score;

/* What is told of a part once, at the end of a run. Classification: plain means over the classes, 0 for a class of which
 * nothing is said, or found. Regression: R^2 = 1 - sum (y-t)^2 / sum (t - mean t)^2, the mean over outputs, NaN where a
 * target is constant. */
typedef struct nn_quality {
    double precision, recall, f1; /* NaN for regression */
    double mae, r2;               /* NaN for classification */
} nn_quality;

/* Sum of (t - mean t)^2 of target k over n >= 1 rows, by differences from the first: exactly 0 where all are the same. */
double nn_spread(const nn_data *data, const uint32_t *rows, size_t n, size_t k);

/* Euclidean norms of the gradient of the cost over all training rows, dropout off, biases included: of all layers, the
 * first, the last. */
enum { NN_NORM_ALL, NN_NORM_FIRST, NN_NORM_LAST, NN_N_NORM };

/* Scores of every part at one epoch; NaN where the part is not evaluated. */
typedef struct nn_snapshot {
    double epoch;
    double weight_norm; /* Euclidean norm of the weights, biases left out */
    double train_cost;  /* training loss and penalties */
    double gradient[NN_N_NORM];
    nn_score part[NN_N_PART];
} nn_snapshot;

enum { NN_AT_initial, NN_AT_best, NN_AT_best_error, NN_AT_final, NN_N_AT };

/* What is known of the point at which a run ended, by its gradient and Hessian: whoever has a LAPACK fills it in. */
typedef enum nn_point { NN_POINT_not_stationary, NN_POINT_plateau, NN_POINT_saddle, NN_POINT_minimum } nn_point;
typedef struct nn_endpoint {            /* NaN: not known */
    double gradient_norm;               /* of the cost over all training rows */
    double lowest, highest, n_negative; /* eigenvalues of its Hessian */
    double kind;                        /* an nn_point */
} nn_endpoint;

typedef struct nn_outcome {
    nn_run_status status;
    nn_stop_reason reason;
    uint32_t epochs_trained;
    size_t n_points;        /* recorded epochs that were planned */
    size_t n_reached;       /* and reached; curves are NaN past them */
    const uint32_t *epochs; /* [n_points] */
    size_t n_curves;        /* NN_N_CURVE, and one for the gradient norm of each layer where that is recorded */
    double *curves;         /* [n_curves][n_points] */
    nn_snapshot at[NN_N_AT];
    nn_quality best[NN_N_PART], final[NN_N_PART]; /* of the weights at these epochs */
    double distance;             /* Euclidean, of the final weights from the starting ones, biases left out */
    double dead_relu, saturated; /* shares of hidden units; NaN unless recording.gradient */
    nn_endpoint endpoint;
    double metrics[NN_N_METRIC];
    const nn_stopping *stopping; /* the rules of stops */
    nn_stop_record *stops;       /* [stopping->n_rules] */
    size_t n_params;
    size_t real_bytes;        /* of a weight: 4 or 8 */
    void *weights[NN_N_KEEP]; /* [n_params] of float or double; NULL where not kept or not reached */
} nn_outcome;

/* The way back from metrics to snapshots: at[] from metrics[], as nn_train had it; what no metric holds (costs,
 * the epochs of the first and the last) is NaN. */
void nn_recall(nn_outcome *o);

/* What follows from curves and snapshots, as at the end of nn_train: stops[] of the rules, and metrics[]. With
 * nn_recall, results of other rules from a stored run, to the same bits as training it again. */
void nn_observe(nn_outcome *o, const nn_stopping *stopping);

enum { NN_ALIGN = 64 };

/* The size of a job that is not complete (nothing resolved, no data, rows, recording, stopping): no allocation has it. */
#define NN_NO_SIZE ((size_t)PTRDIFF_MAX)
/* Bytes of workspace that nn_train_pack, nn_train, nn_evaluate, nn_predict and nn_start_weights need for this job. */
size_t nn_workspace_bytes(const nn_job *job);

/* Trains one run. NN_ok: the outcome is filled (a diverged run is an outcome). */
nn_status nn_train(const nn_job *job, void *workspace, nn_outcome *out, nn_error *err);

/* ---- packs: alike runs side by side ----
 *
 * A small network leaves most of a processor's vectors empty, so up to nn_lanes runs that are alike train together,
 * one in each lane of the vectors. A lane's outcome does not depend on its neighbours: it is that of nn_train. */

enum { NN_MAX_LANES = 16 };

/* The most runs of this job's kind that train side by side, at most NN_MAX_LANES; 1: it trains alone. */
int nn_lanes(const nn_job *job);

/* May the two train in one pack? They have the same data, split, recording, stopping and all settings but those of
 * which each lane has its own (hyper.def). */
bool nn_alike(const nn_job *a, const nn_job *b);

/* Where the runs of a pack come from and where their outcomes go. Functions get `context`. */
typedef struct nn_supply {
    void *context;
    /* The next job for a lane; false: none. What it points to stays until the lane gets another or the pack ends. */
    bool (*next)(void *context, int lane, nn_job *job);
    /* A lane's run has ended; NULL: it was given up, out of time. The outcome is valid during the call. False: leave
     * the others. */
    bool (*finished)(void *context, int lane, const nn_outcome *outcome);
    /* Is this lane out of time? Asked while the signal is NN_OUT_OF_TIME, at the end of an epoch and, where there is one
     * lane alone, at every batch. Once true, it stays true until the lane gets another run. NULL: none ever is. */
    bool (*expired)(void *context, int lane);
    const atomic_int *signal; /* an nn_signal for the pack, or NULL */
    /* Takes the state of a lane's run (`saves`), valid during the call. Called for each lane at the end of the epoch in
     * which *save_due was set; it then is cleared. Both or none. */
    void (*save)(void *context, int lane, const void *state, size_t bytes);
    atomic_bool *save_due;
    /* Calls body(arg, i) for i = 0 .. n-1, on several threads if there are free ones, and returns when all are done.
     * NULL: the pack is alone. */
    void (*parallel_for)(void *context, size_t n, void (*body)(void *arg, size_t i), void *arg);
} nn_supply;

/* Trains what the supply gives until it has no more. Lanes whose run has ended are filled with the next. NN_cancelled:
 * the signal or `finished` said so; runs in flight are lost. */
nn_status nn_train_pack(const nn_supply *supply, void *workspace, nn_error *err);

/* ---- checkpoints: the state of a run between two epochs; a run that goes on from one has the bits of one that was
 * never interrupted ---- */

size_t nn_checkpoint_bytes(const nn_job *job);
/* Was it taken from a job of this size and kind? That it is this very job, the caller has to know. */
bool nn_checkpoint_fits(const nn_job *job, const void *state, size_t bytes);
uint32_t nn_checkpoint_epoch(const void *state); /* trained by then */

/* ---- instruction sets: isa.def; the same bits on each ---- */

extern const nn_choices nn_isas, nn_engines;
bool nn_isa_runs(int isa);   /* does this CPU have it? */
int nn_isa_resolve(int isa); /* what NN_ISA_best stands for on this CPU: the last of isa.def that it has */
/* What NN_ENGINE_fast stands for in this job: a function of its own settings and data. */
int nn_engine_resolve(const nn_job *job);

/* ---- using weights ---- */

/* Scores given weights ([n_params] of the job's precision) on one part: the same bits as during training. */
nn_score nn_evaluate(const nn_job *job, const void *weights, nn_part part, void *workspace);

/* Outputs of given weights for rows of the data: y [n_rows][n_outputs]. */
void nn_predict(const nn_job *job, const void *weights, const uint32_t *rows, size_t n_rows, double *y,
                void *workspace);

/* Cost (penalties included, dropout off) over a batch of training rows and its gradient [n_params], in float64
 * whatever the job's precision. `gradient` may be NULL. Lambda and l1 are over the n rows of the training part,
 * whatever the batch. Workspace: nn_gradient_bytes, which nn_workspace_bytes of a float64 job covers. */
size_t nn_gradient_bytes(const nn_job *job);
double nn_gradient(const nn_job *job, const double *weights, const uint32_t *rows, size_t n_rows, double *gradient,
                   void *workspace);

/* Largest relative difference norm(a-b)/norm(a+b) over parameter blocks and engines between backprop, as taken from one
 * plain step of each engine, and central difference of step `step`, float64, dropout off. Blocks where both are 0 count
 * as 0, NaN as the largest. At most 128 rows. `of_engine`: [NN_N_ENGINE], or NULL, gets the largest of each engine (that
 * of NN_ENGINE_fast is 0). `scratch`: [3 * n_params] doubles; workspace: nn_gradient_check_bytes. */
size_t nn_gradient_check_bytes(const nn_job *job, const uint32_t *rows, size_t n_rows);
double nn_gradient_check(const nn_job *job, const double *weights, const uint32_t *rows, size_t n_rows, double step,
                         double *of_engine, double *scratch, void *workspace);

/* The starting weights of a job, as float64. */
void nn_start_weights(const nn_job *job, double *weights, void *workspace);

/* Multiply-adds of a whole run, evaluation included: what the scheduler predicts cost with. */
double nn_predicted_work(const nn_job *job);

/* A version of the arithmetic: raised when the bits of results change, so that old results are not mistaken. */
enum { NN_ARITHMETIC = 7 };

#endif
