/* nn.h - the numerics of nngrid: trains one feed-forward network and says all that happened. These
 * lines, which tests/unit/train/test_example.c runs, train one on the four rows of XOR:
 *
 *   const double inputs[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
 *   const int32_t classes[4] = {0, 1, 1, 0};
 *   const uint32_t rows[4] = {0, 1, 2, 3};
 *   const nn_data data = {4, 2, NN_FLOAT64, inputs, classes, .n_classes = 2};
 *   const nn_split split = {.n = {[NN_TRAIN] = 4}, .rows = {[NN_TRAIN] = rows}};
 *   const nn_recording recording = {.every = 1, .parts = {[NN_TRAIN] = true}};
 *   nn_hyper hyper = nn_hyper_defaults;
 *   nn_hyper_resolve(&hyper, true);
 *   const nn_job job = {&hyper, &data, &split, .seed = 1, .recording = &recording, .stopping = &(nn_stopping){0}};
 *   void *workspace = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&job));
 *   nn_outcome outcome;
 *   const nn_status status = nn_train(&job, workspace, &outcome, NULL);
 *
 * After it, outcome.metrics[NN_METRIC_final_train_loss] is the loss at the end.
 *
 * The way through this header:
 *   nn_data     is what is learned: inputs in their smallest form, and classes or targets. Jobs share it, read-only.
 *   nn_split    says which rows train, validate and test, and holds the scaling that is fitted on the training rows.
 *   nn_hyper    holds one value of every setting (nn_tables.h).
 *   nn_job      joins these with the seed, what to record and when to stop: all that decides the numbers of a run.
 *   nn_train    makes an nn_outcome of a job: curves, scores, metrics, stopping rules and weights.
 *   nn_supply   feeds nn_train_pack, which trains many small networks side by side.
 * An outcome depends on its job alone, to the last bit, and not on the machine, the compiler or neighbours in a pack.
 *
 * Core opens no file, starts no thread, prints nothing, allocates nothing and keeps no state of its own, so two threads
 * may call everything here at once as long as they do not share a workspace. The caller gives nn_train one workspace of
 * nn_workspace_bytes(job), aligned to NN_ALIGN; the outcome points into it and is valid until it is used again.
 *
 * A function that can fail returns an nn_status and fills an nn_error, its last argument; its outputs are untouched
 * then.
 *
 * Read core/README.md first, then nn_tables.h for the lists, train/train.c for the trainer, and
 * kernels/reference/pass.c for the arithmetic. */
#ifndef NN_H
#define NN_H

#include <math.h>
#include <stdatomic.h>
#include "nn_descent.h"
#include "nn_random.h"
#include "nn_tables.h"

/* NAN and INFINITY are floats; these are doubles. */
#define NN_NAN ((double)NAN)
#define NN_INF HUGE_VAL

/* ---- errors ---- */

typedef struct nn_error {
    nn_status status;
    char message[480];
} nn_error;

/* Fills *err by a printf format and returns `status`, so that `return nn_fail(...)` is one line. err may be NULL. */
nn_status nn_fail(nn_error *err, nn_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- data ---- */

typedef enum nn_type { NN_UINT8, NN_FLOAT32, NN_FLOAT64 } nn_type;

typedef struct nn_data {
    size_t n_rows, n_inputs;
    nn_type input_type;
    const void *inputs;     /* [n_rows][n_inputs] of input_type; NaN stands for a missing value */
    const int32_t *classes; /* [n_rows], 0 .. n_classes-1, for classification; else NULL */
    size_t n_classes;       /* at least 2 */
    const double *targets;  /* [n_rows][n_targets] for regression; else NULL */
    size_t n_targets;
} nn_data;

/* The rows of each part, and the scaling x = (raw - shift) * factor, fitted on the training rows. */
typedef struct nn_split {
    size_t n[NN_N_PART];
    const uint32_t *rows[NN_N_PART]; /* in file order, in which losses are summed */
    const double *shift, *factor;    /* [n_inputs], or both NULL: inputs are not scaled */
    const double *fill;              /* [n_inputs] raw values that replace missing ones, or NULL */
    /* [n_targets], or both NULL: the targets of a regression are not scaled. A network learns (raw - target_shift) /
     * target_scale; losses are in these units, all other scores and nn_predict in those of the raw targets. */
    const double *target_shift, *target_scale;
} nn_split;

/* ---- label noise of classes ---- */

/* What label noise may do to a row, which the stream NN_FOR_LABEL_NOISE decides by the counter (0, row, 0, 0). A run
 * with label_noise s replaces the labels of the nn_noise_rows(s, n) of its n training rows whose draws are lowest, so
 * that a run with more noise has all noisy rows of one with less. */
typedef struct nn_noise {
    uint64_t draw;     /* word 0, and below it the row, which decides between equal words */
    int32_t new_class; /* what replaces the label: any other class, by word 1 */
} nn_noise;

/* `key` is nn_stream_key(seed, repeat, NN_FOR_LABEL_NOISE). */
nn_noise nn_noise_of(const nn_data *data, uint64_t key, uint32_t row);
size_t nn_noise_rows(double share, size_t n); /* floor(share n + 1/2), at most n */

/* ---- networks ---- */

/* The shape of a network. Its parameters are one array: for each layer W [in][out], then b [out], if any. */
typedef struct nn_network {
    int n_layers; /* layers of weights: the hidden ones + 1 */
    bool bias, shortcuts;
    int32_t width[NN_MAX_HIDDEN + 2];  /* width[0] inputs ... width[n_layers] outputs */
    int32_t fan_in[NN_MAX_HIDDEN + 1]; /* rows of W of layer l: width[l]; with shortcuts width[0] + ... + width[l] */
    size_t w_at[NN_MAX_HIDDEN + 1];    /* where W of layer l = 0 .. n_layers-1 starts */
    size_t b_at[NN_MAX_HIDDEN + 1];    /* where b of layer l starts, or, without biases, where W ends */
    size_t n_params;
} nn_network;

size_t nn_n_outputs(const nn_data *data, const nn_hyper *h);
void nn_network_of(const nn_data *data, const nn_hyper *h, nn_network *out);
bool nn_network_same(const nn_network *a, const nn_network *b);
/* Writes "64-32-10" into text and returns it. */
char *nn_network_name(const nn_network *net, char *text, size_t size);

/* ---- recording ---- */

/* Those of the endpoint are the final ones after polishing, by the caller; core has none. */
enum {
    NN_KEEP_INITIAL,
    NN_KEEP_BEST,
    NN_KEEP_FINAL,
    NN_KEEP_ENDPOINT,
    NN_N_KEEP,
    NN_KEEP_EVERY = NN_N_KEEP /* of every recorded epoch, which are nn_outcome.path */
};
extern const char *const nn_keep_names[NN_N_KEEP]; /* initial, best, final, endpoint */

typedef struct nn_recording {
    int32_t every;            /* epochs between evaluations; 0: evaluations follow per_decade */
    int32_t per_decade;       /* evaluations are at the epochs round(10^(i/per_decade)) */
    bool parts[NN_N_PART];    /* the parts that are evaluated, if they have rows */
    bool keep[NN_N_KEEP + 1]; /* the weights that are kept; [NN_KEEP_EVERY]: those of every recorded epoch, too */
    /* What is recorded of every part at every recorded epoch beside loss and error, and [NN_SHARPNESS]. */
    bool measures[NN_N_MEASURE + 1];
    bool gradient; /* record norms of the full-batch gradient, and at the end dead and saturated units */
    bool endpoint; /* the caller will fill in nn_outcome.endpoint; core does not */
} nn_recording;

/* Lists the recorded epochs of a run in ascending order, 0 and the last included. Returns how many; out may be NULL. */
size_t nn_recorded_epochs(const nn_recording *recording, int64_t epochs, uint32_t *out);

/* Is the curve recorded for this data and split? */
bool nn_curve_recorded(const nn_recording *recording, const nn_data *data, const nn_split *split, int curve);

/* How many curves a run of a network of so many layers has: those of curve.def, without the measures at its end if none
 * is recorded, and the norm of each layer if gradients are. */
size_t nn_n_curves(const nn_recording *recording, int n_layers);

/* Is a better than b, which means lower? NaN is worse than any number. */
static inline bool nn_better(double a, double b)
{
    return a < b || (b != b && a == a);
}

/* Index of the lowest of n >= 1 values of a curve, the first of equals. It is a NaN only if all values are. */
size_t nn_lowest(const double *curve, size_t n);

/* ---- stopping rules ---- */

typedef struct nn_stop_rule {
    int kind;         /* enum nn_stop */
    double parameter; /* the one that stop.def names: epochs, the value, alpha, ... */
    double min_delta; /* of patience, patience_error and patience_train */
    int curve;        /* of target: the curve that must reach the value, one that is recorded */
    int strip;        /* length of a strip in epochs; 0 for rules without strips */
} nn_stop_rule;

enum { NN_MAX_RULES = 32, NN_DEFAULT_STRIP = 5 };

typedef struct nn_stopping {
    bool first; /* mode first: the run stops at the first rule that fires; else rules only observe */
    int n_rules;
    const nn_stop_rule *rules;
} nn_stopping;

/* What stopping by a rule would have given. Where the rule never fires, all but `fired` and `epoch` are those of the
 * whole run, as a user of the rule would have trained to its end: means over runs are then over the same runs. */
typedef struct nn_stop_record {
    double fired;      /* 1 or 0 */
    double epoch;      /* at which it fires, or -1 */
    double best_epoch; /* of the lowest validation loss (training loss without validation) up to there */
    double best_train_loss, best_validation_loss, best_test_loss;
    double best_train_error, best_validation_error, best_test_error;
    double slowness; /* epoch, or that of the end of the run, / best_epoch; NaN for best_epoch 0 */
    double badness;  /* best_test_loss / min over the curve of test loss - 1; NaN where the minimum is 0 */
} nn_stop_record;

/* ---- training ---- */

/* Why the runs of a pack should end early. The caller sets it; core looks at it before every batch or 128 rows. */
typedef enum nn_signal { NN_GO_ON, NN_ABANDON, NN_OUT_OF_TIME } nn_signal;

typedef struct nn_job {
    const nn_hyper *hyper; /* resolved by nn_hyper_resolve */
    const nn_data *data;
    const nn_split *split;
    uint64_t seed;
    uint32_t repeat;
    const nn_recording *recording;
    const nn_stopping *stopping;
    double diverge;               /* a loss above this many times the first one has diverged; 0: none has */
    const double *start;          /* starting weights [n_params], or NULL: they are drawn as hyper->init says */
    const uint32_t *order;        /* rows [epochs][n_train] that replace the shuffle, or NULL */
    bool saves;                   /* checkpoints may be asked for (nn_supply.save) */
    const void *resume;           /* a checkpoint of this job to resume from, which nn_checkpoint_fits, or NULL */
    nn_descend_function *descend; /* the loop of an optimizer outside core; others do not use it */
    int engine;                   /* NN_ENGINE_... */
    int isa;                      /* NN_ISA_...; each gives the same bits */
} nn_job;

typedef struct nn_score {
    double loss;          /* mean over rows, without penalties; in units of the scaled targets */
    double error;         /* share classified wrong, or root mean squared error over rows and outputs */
    double max_abs_error; /* largest |y - t| */
} nn_score;

/* What is measured of a part once, at the end of a run. In classification these are macro averages, plain means over
 * the classes that occur in the part or are predicted in it; a class that occurs and is never predicted, or the other
 * way round, counts 0. In regression r2 is the mean over outputs of R^2 = 1 - sum (y-t)^2 / sum (t - mean t)^2, NaN where
 * a target is constant. */
typedef struct nn_quality {
    double precision, recall, f1; /* NaN for regression */
    double mae, r2;               /* NaN for classification */
    /* Of classes, where the outputs are probabilities p (softmax, or one sigmoid unit): the mean over rows of
     * ln p(true class), and of the sum over classes of (p - 1[true class])^2 (G. Brier, 1950; 0 to 2). */
    double log_likelihood, brier;
    /* These are known if recording.measures has one of them. auc: the share of pairs of a row of a class and a row of
     * another in which the class's output is the larger, ties counted half; of class 1 if there are two classes, else
     * the mean over the classes that some rows have and some have not. calibration: with rows in 15 bins [i/15,
     * (i+1)/15) of their largest probability, the last closed, the sum over bins of |right rows - sum of these
     * probabilities|, over all rows (the expected calibration error of C. Guo and others, ICML 2017). */
    double auc, calibration;
} nn_quality;

/* The quality of class c, NaN if it neither occurs nor is predicted, and the macro average, by counts [3][n] of the rows
 * that are predicted to be of each of the n classes, that truly are, and both. */
nn_quality nn_no_quality(void); /* all is NaN */
nn_quality nn_class_quality(size_t n, const double *counts, size_t c);
nn_quality nn_macro_quality(size_t n, const double *counts);

/* The same of one target, in its raw units; r2 is NaN where the target is constant. */
typedef struct nn_target_score {
    double rmse, mae, r2;
} nn_target_score;

/* Sum of (t - mean t)^2 of target k over n >= 1 rows, exactly 0 where all are equal. */
double nn_spread(const nn_data *data, const uint32_t *rows, size_t n, size_t k);

/* Euclidean norms of the gradient of the cost over all training rows, dropout off, biases included. */
enum { NN_NORM_ALL, NN_NORM_FIRST, NN_NORM_LAST, NN_N_NORM };

/* What is measured at one epoch. Scores are NaN where a part is not evaluated. */
typedef struct nn_snapshot {
    double epoch;
    double weight_norm; /* Euclidean, without biases */
    double train_cost;  /* training loss and penalties */
    double gradient[NN_N_NORM];
    nn_score part[NN_N_PART];
} nn_snapshot;

/* The epochs of which an outcome has snapshots: before training, of the lowest validation loss and error, the last. */
enum { NN_AT_INITIAL, NN_AT_BEST, NN_AT_BEST_ERROR, NN_AT_FINAL, NN_N_AT };

/* The point at which a run ended, by the cost over all training rows, penalties included, dropout off, in float64: the
 * final weights are polished, which means moved downhill until the cost falls no more. The caller fills it in, since it
 * takes libraries; NaN stands for what is not known. */
typedef struct nn_endpoint {
    double gradient_norm;               /* at the final weights */
    double cost_before, cost;           /* before and after polishing */
    double distance, steps;             /* of polishing: Euclidean, biases included; iterations */
    double residual;                    /* predicted decrease 1/2 g' |H|^-1 g that is left, as a share of the cost */
    double lowest, highest, n_negative; /* eigenvalues of the Hessian at the polished weights */
    double escape;                      /* how far a saddle's way out lowers the cost, as a share of the cost */
    double kind;                        /* NN_ENDPOINT_..., whatever `success` says */
    const double *outputs;              /* [n_rows][n_outputs] of the polished network for some rows, or NULL */
    size_t n_rows, n_outputs;
} nn_endpoint;

typedef struct nn_outcome {
    nn_run_status status;
    nn_stop_reason reason;
    uint32_t epochs_trained;
    size_t n_points;        /* epochs that were to be recorded */
    size_t n_reached;       /* of these, how many were reached; past them curves are NaN */
    const uint32_t *epochs; /* [n_points] */
    size_t n_curves;        /* nn_n_curves */
    double *curves;         /* [n_curves][n_points] */
    nn_snapshot at[NN_N_AT];
    size_t n_rows[NN_N_PART];                     /* of each part; 0: not known */
    nn_quality best[NN_N_PART], final[NN_N_PART]; /* of the best and of the final weights */
    /* [NN_N_PART][n_targets] of a regression, else NULL; NaN where a part is not evaluated */
    nn_target_score *best_targets, *final_targets;
    double small_weights;        /* share of the final weights, without biases, that are below 1e-3 */
    double distance;             /* Euclidean, from the starting weights to the final ones, without biases */
    double dead_relu, saturated; /* shares of hidden units; NaN unless recording.gradient */
    double sharpness; /* largest eigenvalue of the Hessian of the cost at the best weights; filled in by the caller */
    nn_endpoint endpoint;
    double metrics[NN_N_METRIC];
    const nn_stopping *stopping; /* the rules that stops are of */
    nn_stop_record *stops;       /* [stopping->n_rules] */
    size_t n_params;
    size_t real_bytes;        /* of a weight: 4 or 8 */
    void *weights[NN_N_KEEP]; /* [n_params] of float or double; NULL where not kept or not reached */
    void *path;               /* [n_points][n_params], n_reached of them; NULL unless recording.keep[NN_KEEP_EVERY] */
} nn_outcome;

/* An endpoint of which nothing is known. */
nn_endpoint nn_no_endpoint(void);

/* The accuracy of a part of n rows, the right ones over all, as one division gives it: 1 - error may be a bit off. 0 rows:
 * it is not known how many, and 1 - error has to do. */
double nn_accuracy(double error, size_t n);

/* Fills at[] from metrics[], as nn_train had it. What no metric holds, such as costs, is NaN. */
void nn_recall(nn_outcome *o);

/* Fills stops[] and metrics[] from curves and snapshots, as the end of nn_train does. After nn_recall it gives a stored
 * run the results of other rules, to the same bits as training it again. */
void nn_observe(nn_outcome *o, const nn_stopping *stopping);

enum { NN_ALIGN = 64 };

/* The size of a job that is not complete (settings not resolved, no data or rows, ...): no allocation succeeds. */
#define NN_NO_SIZE ((size_t)PTRDIFF_MAX)
/* Bytes of workspace that nn_train_pack, nn_train, nn_evaluate, nn_predict and nn_start_weights need for a job; for
 * NN_ENGINE_fast, whichever engine then trains it. */
size_t nn_workspace_bytes(const nn_job *job);

/* Trains one run. A run that diverged is an outcome, too: the status then is NN_ok. */
nn_status nn_train(const nn_job *job, void *workspace, nn_outcome *out, nn_error *err);

/* ---- packs: alike runs side by side ----
 *
 * A small network leaves most of a processor's vectors empty, so up to nn_lanes runs that are alike train together, one
 * in each lane of the vectors; nn_pack_worth says from how many on that takes less time. Runs are alike if they have the
 * same data, recording, stopping, engine and instruction set, parts of the same sizes, and the same value of every
 * setting that is NN_ALIKE in hyper.def. The outcome of a lane is that of nn_train: it does not depend on its
 * neighbours. */

enum { NN_MAX_LANES = 16 };

/* How many runs like this job train side by side, at most NN_MAX_LANES; 1: it trains alone. */
int nn_lanes(const nn_job *job);

/* The time of a whole pack of runs like this job, in times of one that trains alone: so many runs are worth a pack.
 * `shared`: the lanes have the same rows in the same order. It is a model of the machine, right to about a fifth. */
double nn_pack_worth(const nn_job *job, bool shared);

/* Where the runs of a pack come from, and where their outcomes go. */
typedef struct nn_supply {
    void *context; /* the first argument of every function here */
    /* Gives the next job for a lane, or returns false if there is none. What the job points to stays until the lane
     * gets another one or the pack ends. */
    bool (*next)(void *context, int lane, nn_job *job);
    /* Takes the outcome of a lane's run, valid during the call, or NULL if it was given up because it was out of time.
     * The pack ends at once if it returns false. */
    bool (*finished)(void *context, int lane, const nn_outcome *outcome);
    /* Says whether a lane is out of time. It is asked while the signal is NN_OUT_OF_TIME, at the end of an epoch and,
     * in a pack of one lane, at every batch. It stays true until the lane gets another run. NULL: never. */
    bool (*expired)(void *context, int lane);
    const atomic_int *signal; /* an nn_signal for the pack, or NULL */
    /* Takes a checkpoint of a lane's run (nn_job.saves), valid during the call. It is called for each lane at the end
     * of the epoch in which *save_due was set, which then is cleared. Both are given, or both are NULL. */
    void (*save)(void *context, int lane, const void *checkpoint, size_t bytes);
    atomic_bool *save_due;
    /* Takes a run back that takes less time alone, since too few are left in its pack, with a checkpoint, valid during
     * the call, from which it is to be resumed. The lane then has none. NULL: all stay, and a lane gets another run as
     * soon as its own has ended. */
    void (*put_back)(void *context, int lane, const void *checkpoint, size_t bytes);
    /* Calls body(arg, i) for i = 0 .. n-1, on several threads if some are free, and then returns. NULL: on one
     * thread. */
    void (*parallel_for)(void *context, size_t n, void (*body)(void *arg, size_t i), void *arg);
} nn_supply;

/* Trains what the supply gives, and refills each lane whose run has ended, until there is no more. Returns NN_cancelled
 * if the signal or `finished` said so; the runs in flight are lost then. */
nn_status nn_train_pack(const nn_supply *supply, void *workspace, nn_error *err);

/* Was this checkpoint, a block that nn_supply.save got, taken from a job of this size and kind? Resuming from it gives
 * the bits of a run that was never interrupted, provided that it is of this very job, which the caller has to know. */
bool nn_checkpoint_fits(const nn_job *job, const void *checkpoint, size_t bytes);

/* ---- instruction sets, which all give the same bits, and engines ---- */

bool nn_isa_runs(int isa);   /* does this CPU have it? */
int nn_isa_resolve(int isa); /* turns NN_ISA_best into the last set of isa.def that this CPU has */

/* ---- using weights ---- */

/* Scores weights [n_params], of the job's precision, on one part, to the same bits as during training. */
nn_score nn_evaluate(const nn_job *job, const void *weights, nn_part part, void *workspace);

/* The same, with the quality of the outputs. */
nn_score nn_evaluate_quality(const nn_job *job, const void *weights, nn_part part, void *workspace,
                             nn_quality *quality);

/* Fills y [n_rows][n_outputs] with the outputs for these rows of the data, in the units of raw targets. */
void nn_predict(const nn_job *job, const void *weights, const uint32_t *rows, size_t n_rows, double *y,
                void *workspace);

/* Fills y [n_rows][units] with the outputs of all hidden units, layer by layer, and of the output units, for these rows
 * of the data; in float64 whatever the job's precision. The workspace has nn_gradient_bytes. */
void nn_unit_outputs(const nn_job *job, const double *weights, const uint32_t *rows, size_t n_rows, double *y,
                     void *workspace);

/* Returns the cost of a batch of training rows, penalties included and dropout off, and fills its gradient [n_params],
 * which may be NULL and is 0 for frozen layers; in float64 whatever the job's precision. The penalties are those of the whole training part. The
 * workspace has nn_gradient_bytes, which nn_workspace_bytes of a float64 job covers. */
size_t nn_gradient_bytes(const nn_job *job);
double nn_gradient(const nn_job *job, const double *weights, const uint32_t *rows, size_t n_rows, double *gradient,
                   void *workspace);

/* Checks the gradients of all engines: compares backprop, taken from one plain step of each engine, with central
 * differences of step `step`, without dropout and with no layer frozen, over at most 128 rows. The steps are in the
 * job's precision, the differences in float64. Returns the largest
 * norm(a-b)/norm(a+b) of a block of parameters; a block where both are 0 counts 0, and NaN is the largest. of_engine
 * [NN_N_ENGINE], which may be NULL, gets the largest of each engine (0 for NN_ENGINE_fast). `scratch` has 3 n_params
 * numbers, the workspace nn_gradient_check_bytes. */
size_t nn_gradient_check_bytes(const nn_job *job, const uint32_t *rows, size_t n_rows);
double nn_gradient_check(const nn_job *job, const double *weights, const uint32_t *rows, size_t n_rows, double step,
                         double *of_engine, double *scratch, void *workspace);

/* Fills weights [n_params] with the starting weights of a job. */
void nn_start_weights(const nn_job *job, double *weights, void *workspace);

/* Predicts the cost of a whole run, evaluation included, in multiply-adds. */
double nn_predicted_work(const nn_job *job);

/* The version of the arithmetic, raised when the bits of most results change, so that old ones are not taken for new.
 * tables/arithmetic.def says what changed. Where only runs with some feature change, the feature gets a version of its own
 * in tables/feature.def. */
enum { NN_ARITHMETIC = 8 };

#endif
