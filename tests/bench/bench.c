/* bench.c - nngrid-bench measures the engines of core against the most that the same CPU core can do.
 *
 * It prints a line of JSON for each workload. scripts/bench runs it; --help says how to run it alone. */
#include "measure.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const help_text =
    "usage: nngrid-bench [options]\n"
    "One line of JSON for each workload: time, operations (matrix products only), share of the FMA peak of "
    "the\n"
    "same cores in the same moment, nanoseconds and cycles for an epoch of one network.\n"
    "  --workload NAME    only this one (--list names them)\n"
    "  --peak             no training: the peak of every instruction set\n"
    "  --isa NAME         instruction set (default: the best that there is)\n"
    "  --engine NAME      fast (default), reference, tile, lanes\n"
    "  --precision NAME   float32 (default) or float64\n"
    "  --threads N        as many at once, each on a core of its own and with its own runs (default 1)\n"
    "  --seconds S        training time of a repetition (default 0.5)\n"
    "  --repeat N         repetitions, of which the median is shown (default 7)\n"
    "  --fewer N          an N-th of the rows\n"
    "  --list             names of workloads and instruction sets\n";

typedef struct options {
    const char *workload;
    bool peak, list;
    size_t fewer;
    measure_options measure;
} options;

static int complain(const char *option, const char *value)
{
    fprintf(stderr, "nngrid-bench: --%s: '%s' cannot be used; see --help and --list\n", option, value);
    return 2;
}

/* Returns 0, or the exit code. */
static int set_option(options *o, const char *name, const char *value)
{
    measure_options *m = &o->measure;
    char *end = NULL;
    const double number = value != NULL ? strtod(value, &end) : 0;
    const bool counts = value != NULL && *end == '\0' && number >= 1;
    if (strcmp(name, "workload") == 0)
        o->workload = value;
    else if (strcmp(name, "peak") == 0)
        o->peak = true;
    else if (strcmp(name, "list") == 0)
        o->list = true;
    else if (strcmp(name, "isa") == 0)
        m->isa = nn_choice_find(&nn_isas, value);
    else if (strcmp(name, "engine") == 0)
        m->engine = nn_choice_find(&nn_engines, value);
    else if (strcmp(name, "precision") == 0 && (strcmp(value, "float32") == 0 || strcmp(value, "float64") == 0))
        m->float64 = strcmp(value, "float64") == 0;
    else if (strcmp(name, "threads") == 0 && counts && number <= 4096)
        m->threads = (int)number;
    else if (strcmp(name, "repeat") == 0 && counts && number <= MEASURE_MAX_REPEATS)
        m->repeats = (int)number;
    else if (strcmp(name, "fewer") == 0 && counts && number <= 1e6)
        o->fewer = (size_t)number;
    else if (strcmp(name, "seconds") == 0 && *end == '\0' && number > 0 && number < 1e4)
        m->seconds = number;
    else
        return complain(name, value);
    if (m->isa < 0 || !nn_isa_runs(m->isa) || m->engine < 0)
        return complain(name, value);
    m->isa = nn_isa_resolve(m->isa);
    return 0;
}

static int read_options(int argc, char **argv, options *o)
{
    static const struct option known[] = {
        {"workload", required_argument, NULL, 0},  {"peak", no_argument, NULL, 0},
        {"engine", required_argument, NULL, 0},    {"isa", required_argument, NULL, 0},
        {"precision", required_argument, NULL, 0}, {"threads", required_argument, NULL, 0},
        {"seconds", required_argument, NULL, 0},   {"repeat", required_argument, NULL, 0},
        {"fewer", required_argument, NULL, 0},     {"list", no_argument, NULL, 0},
        {"help", no_argument, NULL, 'h'},          {0},
    };
    int index = 0, code = 0;
    for (int c; code == 0 && (c = getopt_long(argc, argv, "h", known, &index)) != -1;) {
        if (c == 'h') {
            fputs(help_text, stdout);
            exit(0);
        }
        code = c == 0 ? set_option(o, known[index].name, optarg) : 2;
    }
    if (code == 0 && optind < argc) {
        fprintf(stderr, "nngrid-bench: '%s' is no option; see --help\n", argv[optind]);
        code = 2;
    }
    return code;
}

static void list_names(void)
{
    for (const workload *w = workloads; w->name != NULL; w++)
        printf("workload %s\n", w->name);
    for (int isa = NN_ISA_best + 1; isa < NN_N_ISA; isa++)
        printf("isa %s%s\n", nn_isas.rows[isa].name, nn_isa_runs(isa) ? "" : " (not on this CPU)");
}

static void print_head(const measure_options *m)
{
    printf("\"isa\": \"%s\", \"precision\": \"%s\", \"threads\": %d, ", nn_isas.rows[m->isa].name,
           m->float64 ? "float64" : "float32", m->threads);
}

static nn_status print_peaks(const measure_options *m, nn_error *err)
{
    nn_status status = NN_ok;
    measure_options each = *m;
    measure_result r;
    for (each.isa = NN_ISA_best + 1; status == NN_ok && each.isa < NN_N_ISA; each.isa++) {
        if (!nn_isa_runs(each.isa))
            continue;
        status = measure_peak(&each, &r, err);
        if (status == NN_ok) {
            printf("{");
            print_head(&each);
            printf("\"peak_flops\": %.6g, \"clock_hz\": %.6g}\n", r.peak, r.clock);
        }
    }
    return status;
}

static nn_status print_workload(const options *o, const workload *w, nn_error *err)
{
    measure_options m = o->measure;
    measure_result r;
    workload_data data;
    if (!workload_make(w, o->fewer, &data))
        return nn_fail(err, NN_memory, "not enough memory for the data of %s", w->name);
    m.data = &data;
    const nn_status status = measure(&m, &r, err);
    if (status == NN_ok) {
        const double each = r.seconds / ((double)r.epochs * (double)r.runs);
        printf("{\"workload\": \"%s\", ", w->name);
        print_head(&m);
        printf("\"engine\": \"%s\", ", nn_engines.rows[r.engine].name);
        printf("\"runs\": %d, \"epochs\": %lld, \"seconds\": %.6g, \"flops\": %.6g, ", r.runs, (long long)r.epochs,
               r.seconds, r.flops);
        printf("\"flops_a_second\": %.6g, \"peak_flops\": %.6g, \"share\": %.4f, \"best_share\": %.4f, ",
               r.flops_a_second, r.peak, r.share, r.best);
        printf("\"worst_share\": %.4f, \"clock_hz\": %.6g, \"ns\": %.6g, \"cycles\": %.6g, \"busy\": %.3f}\n", r.worst,
               r.clock, each * 1e9, each * r.clock, r.busy);
        fflush(stdout);
    }
    workload_free(&data);
    return status;
}

static nn_status print_workloads(const options *o, nn_error *err)
{
    nn_status status = NN_ok;
    bool found = o->workload == NULL;
    for (const workload *w = workloads; status == NN_ok && w->name != NULL; w++) {
        if (o->workload != NULL && strcmp(o->workload, w->name) != 0)
            continue;
        found = true;
        status = print_workload(o, w, err);
    }
    return found ? status : nn_fail(err, NN_usage, "there is no workload '%s'; see --list", o->workload);
}

int main(int argc, char **argv)
{
    options o = {.fewer = 1,
                 .measure = {.isa = nn_isa_resolve(NN_ISA_best), .threads = 1, .repeats = 7, .seconds = 0.5}};
    nn_error error = {0};
    const int code = read_options(argc, argv, &o);
    if (code != 0)
        return code;
    if (o.list) {
        list_names();
        return 0;
    }
    const nn_status status = o.peak ? print_peaks(&o.measure, &error) : print_workloads(&o, &error);
    if (status != NN_ok)
        fprintf(stderr, "nngrid-bench: %s\n", error.message);
    return status == NN_ok ? 0 : 1;
}
