/* names.h - the groups, datasets and attributes of a results file that more than one file of the program names. The
 * writer and all readers take them from here; settings, metrics and curves have their names from core's tables. The
 * datasets themselves are made in fields.c, and nngrid-results(5) describes them. */
#ifndef NNGRID_RESULTS_NAMES_H
#define NNGRID_RESULTS_NAMES_H

/* Paths of groups and datasets within the file. */
#define PATH_STATE            "/state"
#define PATH_RUNS             "/runs"
#define PATH_RUNS_STATUS      "/runs/status"
#define PATH_RUNS_KEY         "/runs/key"
#define PATH_RUNS_RECORD_KEY  "/runs/record_key"
#define PATH_RUNS_CELL        "/runs/cell"
#define PATH_RUNS_REPEAT      "/runs/repeat"
#define PATH_RUNS_FOLD        "/runs/fold"
#define PATH_RUNS_ACTIVE      "/runs/active"
#define PATH_RUNS_ARITHMETIC  "/runs/arithmetic"
#define PATH_RUNS_CHECK       "/runs/check"
#define PATH_RUNS_N_PARAMS    "/runs/n_params"
#define PATH_RUNS_STOP_REASON "/runs/stop_reason"
#define PATH_RUNS_TRAINED     "/runs/epochs_trained"
#define PATH_RUNS_SOLVED      "/runs/solved"
#define PATH_CELLS            "/cells"
#define PATH_CELLS_CELL       "/cells/cell"
#define PATH_CELLS_ACTIVE     "/cells/active"
#define PATH_CELLS_KEY        "/cells/key"
#define PATH_CELLS_COMPUTED   "/cells/computed"
#define PATH_CELLS_STOPS      "/cells/stops"
#define PATH_CURVES           "/curves"
#define PATH_CURVES_EPOCH     "/curves/epoch"
#define PATH_VALIDATION_LOSS  "/curves/validation_loss"
#define PATH_VALIDATION_ERROR "/curves/validation_error"
#define PATH_STOPS            "/stops"
#define PATH_TARGETS          "/targets"
#define PATH_WEIGHTS          "/weights"
#define NAME_EVERY            "every" /* below the group of a network */
#define PATH_PLOTS            "/plots"
#define PATH_DATA             "/data"
#define PATH_DATA_INPUT       "/data/input"
#define PATH_DATA_SPLITS      "/data/splits" /* which split each run has; the splits themselves are the next ones */
#define PATH_DATA_SPLIT       "/data/split"
#define PATH_DATA_SHIFT       "/data/shift"
#define PATH_DATA_FACTOR      "/data/factor"
#define PATH_DATA_FILL        "/data/fill"
#define PATH_NOISE_RANK       "/data/noise_rank"
#define PATH_NOISE_CLASS      "/data/noise_class"
#define PATH_DATA_TARGET      "/data/target"
#define PATH_TARGET_SHIFT     "/data/target_shift"
#define PATH_TARGET_SCALE     "/data/target_scale"
#define PATH_TIMING           "/timing"
#define PATH_TIMING_SECONDS   "/timing/seconds"
#define PATH_TIMING_STARTED   "/timing/started"
#define PATH_TIMING_ENDED     "/timing/ended"
#define PATH_TIMING_ELAPSED   "/timing/elapsed"
#define PATH_TIMING_SESSIONS  "/timing/sessions"
#define PATH_TIMING_THREADS   "/timing/threads"
#define PATH_TIMING_PID       "/timing/pid"
#define PATH_GRID             "/grid"
#define PATH_PROVENANCE       "/provenance"

/* Of endpoints (results/endpoints.c). */
#define PATH_RUNS_ENDPOINT     "/runs/endpoint"
#define PATH_CELLS_BASINS      "/cells/n_basins"
#define PATH_ENDPOINTS         "/endpoints"
#define PATH_ENDPOINTS_BASIN   "/endpoints/basin"
#define PATH_ENDPOINTS_OUTPUTS "/endpoints/outputs"

/* Scales that stand in several groups, and curves of single layers (1, 2, ...). */
#define NAME_RUN   "run"
#define NAME_EPOCH "epoch"
#define NAME_LAYER "gradient_norm_%d"

/* In the groups of /plots: what is added to the name of a median for the best over the other settings, and the share of
 * the settings of a plot. */
#define NAME_BEST       "_best"
#define NAME_IMPORTANCE "importance"
/* What follows the name of a metric in /cells: its count, and of times that may never come. */
#define END_COUNT  "_n"
#define END_MEDIAN "_km_median"
#define END_SHARE  "_share"

/* Attributes: of the root, of /runs/check, of columns of codes, ... */
#define ATTR_FORMAT        "nngrid_format"
#define ATTR_COVERS        "covers"
#define ATTR_FLAG_VALUES   "flag_values"
#define ATTR_FLAG_MEANINGS "flag_meanings"
#define ATTR_ZERO_MEANS    "zero_means"
/* ... of /grid, /data and /provenance, ... */
#define ATTR_LAYOUT       "layout"
#define ATTR_AXES         "axes"
#define ATTR_YAML         "yaml"
#define ATTR_RESOLVED     "resolved"
#define ATTR_DIGEST       "digest"
#define ATTR_INPUT_NAMES  "input_names"
#define ATTR_CLASS_NAMES  "class_names"
#define ATTR_TARGET_NAME  "target_name"
#define ATTR_TARGET_NAMES "target_names" /* of several targets */
#define ATTR_ENGINE       "engine"
#define ATTR_THREADS      "threads"
#define ATTR_COMMAND_LINE "command_line"
#define ATTR_GRID_PATH    "grid"
#define ATTR_SOURCES      "sources"
#define ATTR_ARITHMETIC   "arithmetic"
#define ATTR_ACCEPTED     "accepted_arithmetic"
/* ... and of the groups of /stops and /weights. */
#define ATTR_RULE      "rule"
#define ATTR_PARAMETER "parameter"
#define ATTR_MIN_DELTA "min_delta"
#define ATTR_STRIP     "strip"
#define ATTR_CURVE     "curve"
#define ATTR_WIDTHS    "widths"

#endif
