/* Tests the scheduler: the number of threads, the limits of the machine, the order of runs, bits, stopping and time
 * limits. */
#include "base/machine.h"
#include "results/reader/reader.h"
#include "schedule/plan.h"
#include "fixtures/schedule_fixture.h"

static double *read_column(const char *file, const char *path, size_t *n)
{
    results_reader *r = NULL;
    double *values = NULL;
    nn_error err;
    assert_int_equal(results_reader_open(file, &r, &err), NN_ok);
    assert_int_equal(reader_column(r, path, &values, n, &err), NN_ok);
    results_reader_close(r);
    return values;
}

static const char small_grid[] = "name: small\nseed: 3\nrepeats: 4\n"
                                 "data: {builtin: moons, rows: 60}\n"
                                 "base: {hidden: [8], epochs: 15, batch_size: 8}\n"
                                 "grid: [{learning_rate: [0.01, 0.1]}, {hidden: [[4], [16], [8, 8]]}]\n";

/* 50 rows make three folds of 17, 17 and 16. */
static const char folds_grid[] = "name: folds\nseed: 3\nrepeats: 4\n"
                                 "data: {builtin: blobs, rows: 50, split: {folds: 3}}\n"
                                 "base: {hidden: [4], epochs: 15, batch_size: 8}\n";

/* ---- threads and limits ---- */

static void clear_environment(void)
{
    unsetenv("OMP_NUM_THREADS");
    unsetenv("SLURM_CPUS_PER_TASK");
}

TEST(threads_follow_the_first_that_asks)
{
    clear_environment();
    thread_choice t = schedule_threads(0);
    assert_string_equal(t.source, "the cores of this process");
    assert_int_equal(t.threads, t.available);
    assert_false(t.capped);
    setenv("SLURM_CPUS_PER_TASK", "1", 1);
    t = schedule_threads(0);
    assert_string_equal(t.source, "SLURM_CPUS_PER_TASK");
    assert_int_equal(t.threads, 1);
    setenv("OMP_NUM_THREADS", "1,4", 1);
    assert_string_equal(schedule_threads(0).source, "OMP_NUM_THREADS");
    assert_string_equal(schedule_threads(1).source, "-j");
    setenv("OMP_NUM_THREADS", "many", 1); /* this is no number, and counts as if it were not set */
    assert_string_equal(schedule_threads(0).source, "SLURM_CPUS_PER_TASK");
    clear_environment();
}

TEST(more_threads_than_cores_are_capped)
{
    clear_environment();
    const thread_choice t = schedule_threads(1000000);
    assert_true(t.capped);
    assert_int_equal(t.asked, 1000000);
    assert_int_equal(t.threads, t.available);
}

/* Writes the file root/path, and makes its folders. */
static void plant(const char *root, const char *path, const char *text)
{
    char full[256];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    write_text(full, text);
}

static void remove_tree(const char *root)
{
    char command[160];
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

TEST(quotas_of_cgroups_bind)
{
    char v2[] = "/tmp/nngrid-cgroup-XXXXXX", v1[] = "/tmp/nngrid-cgroup-XXXXXX";
    assert_non_null(mkdtemp(v2));
    plant(v2, "/proc/self/cgroup", "0::/job/step\n");
    plant(v2, "/proc/meminfo", "MemTotal: 9000 kB\nMemAvailable: 8000 kB\n");
    plant(v2, "/sys/fs/cgroup/job/cpu.max", "50000 100000\n"); /* the parent's limit counts as well */
    plant(v2, "/sys/fs/cgroup/job/step/cpu.max", "max 100000\n");
    assert_int_equal(machine_cores(v2), 1);
    assert_int_equal(machine_memory(v2), 8000 * 1024);
    plant(v2, "/sys/fs/cgroup/job/step/memory.max", "5000000\n");
    plant(v2, "/sys/fs/cgroup/job/step/memory.current", "1000000\n");
    assert_int_equal(machine_memory(v2), 4000000);
    remove_tree(v2);
    assert_non_null(mkdtemp(v1));
    plant(v1, "/proc/self/cgroup", "5:memory:/\n4:cpuacct,cpu:/job\n");
    plant(v1, "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "90000\n");
    plant(v1, "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    assert_int_equal(machine_cores(v1), 1);
    plant(v1, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(machine_memory(v1), 0); /* neither is known */
    remove_tree(v1);
}

TEST(without_limits_the_cores_count)
{
    assert_true(machine_cores("/nowhere") >= 1);
    assert_int_equal(machine_memory("/nowhere"), 0);
}

static size_t bytes_of(const bench *b, int threads, size_t n_train)
{
    schedule_range work;
    size_t bytes;
    nn_error err;
    assert_int_equal(schedule_estimate(b->grid, b->data, threads, n_train, &bytes, &work, &err), NN_ok);
    return bytes;
}

/* The bytes that one thread needs beyond what all share. Few runs touch little of the workspaces. */
static size_t bytes_of_thread(const char *yaml)
{
    bench b;
    bench_open(&b, yaml);
    const size_t one = bytes_of(&b, 1, 1000), two = bytes_of(&b, 2, 1000), lone = bytes_of(&b, 2, 1);
    bench_close(&b);
    assert_true(two > one && one >= lone);
    return two - one;
}

/* The workspace was not counted, nor what diagnoses take: two matrices of the Hessian's size in each thread. */
TEST(memory_counts_workspaces_and_diagnoses)
{
    const size_t n = 5 * 399 + 2, weights = n * sizeof(float);
#define WIDE "name: wide\ndata: {builtin: moons, rows: 100}\nbase: {hidden: [399], epochs: 5}\n"
    const size_t plain = bytes_of_thread(WIDE);
    bench b;
    bench_open(&b, WIDE);
    assert_in_range(plain, 16 * 4 * weights, 1000 * weights);
    assert_in_range(bytes_of(&b, 2, 1), 4 * weights, plain / 2);
    bench_close(&b);
    assert_in_range(bytes_of_thread(WIDE "diagnose: endpoint\n"), plain + 16 * n * n, plain + 17 * n * n);
    assert_in_range(bytes_of_thread(WIDE "record: {metrics: [sharpness]}\n"), plain + 6 * n * sizeof(double),
                    plain + 300 * n * sizeof(double));
#undef WIDE
}

/* A second of a thread is 1e9 multiply-adds, a run 1e9 unless said otherwise. */
static void check_span(const schedule_pace *paces, size_t n, int threads, double low, double high)
{
    const schedule_range r = schedule_span(paces, n, threads, 1e9);
    assert_near(r.low, low, 1e-9);
    assert_near(r.high, high, 1e-9);
}

TEST(packs_that_are_not_full_take_as_long_as_full_ones)
{
    const schedule_pace eight = {.lanes = 16, .effort = 16, .n_waiting = 8, .work_waiting = 8e9};
    const schedule_pace full = {.lanes = 16, .effort = 16, .n_waiting = 32, .work_waiting = 32e9};
    const schedule_pace more = {.lanes = 16, .effort = 16, .n_waiting = 33, .work_waiting = 33e9};
    const schedule_pace lone = {.lanes = 1, .effort = 1, .n_waiting = 1, .work_waiting = 1e9};
    check_span(&eight, 1, 1, 16, 16);
    check_span(&eight, 1, 2, 16, 16);
    check_span(&full, 1, 1, 32, 32);
    check_span(&full, 1, 2, 16, 16);
    check_span(&more, 1, 1, 48, 48);
    check_span(&more, 1, 2, 24, 32);
    check_span(&lone, 1, 4, 1, 1);
}

/* Two threads may train a pack each of one kind after the other, or both half a pack of each. */
TEST(packs_of_several_kinds_take_a_range)
{
    const schedule_pace two[] = {{.lanes = 16, .effort = 16, .n_waiting = 4, .work_waiting = 4e9},
                                 {.lanes = 16, .effort = 16, .n_waiting = 4, .work_waiting = 4e9}};
    const schedule_pace uneven[] = {{.lanes = 1, .effort = 1, .n_waiting = 1, .work_waiting = 5e9},
                                    {.lanes = 1, .effort = 1, .n_waiting = 4, .work_waiting = 4e9}};
    check_span(two, 2, 1, 32, 32);
    check_span(two, 2, 2, 16, 32);
    check_span(uneven, 2, 1, 9, 9);
    check_span(uneven, 2, 2, 5, 7); /* Graham: 9 / 2 + 5 / 2; but 5 and then 4 / 2 */
}

/* A diagnosis is of one run at a time: eight runs in sixteen lanes are eight of them, not sixteen. */
TEST(what_is_done_apart_does_not_fill_lanes)
{
    const schedule_pace eight = {.lanes = 16, .effort = 16, .n_waiting = 8, .work_waiting = 8e9, .apart = {8e9, 80e9}};
    const schedule_pace lone = {.lanes = 16, .effort = 16, .n_waiting = 1, .work_waiting = 1e9, .apart = {1e9, 10e9}};
    check_span(&eight, 1, 1, 16 + 8, 16 + 80);
    check_span(&eight, 1, 2, 16, 16 + 80); /* all in one pack; or four to each thread */
    check_span(&lone, 1, 1, 16 + 1, 16 + 10);
}

TEST(time_left_follows_the_work)
{
    schedule_pace p = {.lanes = 1, .effort = 1, .n_waiting = 100, .work_waiting = 100e9};
    assert_true(isnan(schedule_left(&p, 1, 4, 0)));
    assert_near(schedule_left(&p, 1, 4, 1e9), 25, 1e-9); /* as calibrated */
    p = (schedule_pace){
        .lanes = 1, .effort = 1, .n_waiting = 50, .work_waiting = 50e9, .work_done = 50e9, .seconds_done = 100};
    assert_near(schedule_left(&p, 1, 4, 1e9), 25, 1e-9); /* half as fast as expected, which counts no longer */
    p.n_waiting = 48, p.work_waiting = 48e9;
    p.n_flight = 2, p.work_flight = 2e9, p.seconds_flight = 3;
    assert_near(schedule_left(&p, 1, 4, 0), (48 * 2 + 1) / 4.0, 1e-9);
    p = (schedule_pace){
        .lanes = 16, .effort = 16, .n_waiting = 4, .work_waiting = 4e9, .work_done = 16e9, .seconds_done = 32};
    assert_near(schedule_left(&p, 1, 2, 1e9), 2, 1e-9); /* one more pack, though with empty lanes */
    p.n_waiting = 0, p.work_waiting = 0, p.n_flight = 4, p.work_flight = 4e9, p.seconds_flight = 6;
    assert_near(schedule_left(&p, 1, 2, 1e9), 0.5, 1e-9);
}

/* A kind has a speed of its own once one of its runs has finished; till then it is as fast as the others. */
TEST(time_left_follows_each_kind)
{
    schedule_pace kinds[] = {
        {.lanes = 1, .effort = 1, .n_waiting = 10, .work_waiting = 10e9, .work_done = 10e9, .seconds_done = 10},
        {.lanes = 1, .effort = 1, .n_waiting = 10, .work_waiting = 10e9, .work_done = 1e9, .seconds_done = 5},
    };
    assert_near(schedule_left(kinds, 2, 2, 1e9), (10 + 50) / 2.0, 1e-9);
    kinds[1].work_done = kinds[1].seconds_done = 0;
    assert_near(schedule_left(kinds, 2, 2, 1e9), (10 + 10) / 2.0, 1e-9);
}

TEST(share_follows_the_time)
{
    schedule_progress p = {.n_total = 100, .n_finished = 50, .threads = 4, .seconds = 30, .left = 10};
    assert_near(schedule_share(&p), 0.75, 1e-9);
    p.left = NN_NAN;
    assert_near(schedule_share(&p), 0, 0);
    p.n_finished = 100;
    assert_near(schedule_share(&p), 1, 0);
}

/* ---- training ---- */

/* A group has several splits only where one split alone would leave lanes empty. */
static void check_splits(const bench *b, const schedule_plan *plan, const schedule_group *group)
{
    size_t n_splits = 0, fewest = SIZE_MAX, in_split = 0, last = SIZE_MAX;
    for (size_t j = group->first; j < group->first + group->n; j++) {
        const grid_run *run = &b->grid->runs[plan->order[j]];
        const size_t split = grid_split_index(b->grid, b->data, run);
        fewest = split != last && last != SIZE_MAX && in_split < fewest ? in_split : fewest;
        in_split = split == last ? in_split + 1 : 1;
        n_splits += split != last;
        last = split;
    }
    fewest = in_split < fewest ? in_split : fewest;
    assert_true(n_splits == 1 || fewest < plan->costs.lanes[b->grid->runs[plan->order[group->first]].cell]);
}

static void check_sizes(const bench *b, const schedule_plan *plan, const schedule_group *group)
{
    size_t first[NN_N_PART], n[NN_N_PART];
    grid_part_sizes(b->grid, b->data, &b->grid->runs[plan->order[group->first]], first);
    for (size_t j = group->first; j < group->first + group->n; j++) {
        grid_part_sizes(b->grid, b->data, &b->grid->runs[plan->order[j]], n);
        assert_memory_equal(n, first, sizeof n);
    }
}

/* The plan for a grid of which nothing is trained yet; the caller frees plan, results and bench. */
static results *plan_of(bench *b, const char *yaml, schedule_plan *plan)
{
    const results_options how = {.threads = 1, .command_line = "test"};
    results *r = NULL;
    results_survey survey;
    nn_error err;
    bench_open(b, yaml);
    assert_int_equal(results_open(b->out, b->grid, b->data, &how, &r, &survey, &err), NN_ok);
    assert_int_equal(schedule_plan_make(b->grid, b->data, r, 1, plan, &err), NN_ok);
    return r;
}

TEST(folds_of_other_sizes_do_not_mix)
{
    bench b;
    schedule_plan plan;
    results *r = plan_of(&b, folds_grid, &plan);
    assert_int_equal(plan.n_groups, 2); /* the repeats go together, the folds by their sizes */
    for (size_t i = 0; i < plan.n_groups; i++)
        check_sizes(&b, &plan, &plan.groups[i]);
    schedule_plan_free(&plan);
    results_close(r);
    bench_close(&b);
}

/* May the runs of two cells train in one pack, by the rows of core's table? */
static bool settings_are_alike(const nn_hyper *a, const nn_hyper *b)
{
    for (int i = 0; i < NN_N_HYPER; i++)
        if (nn_hyper_rows[i].in_pack == NN_ALIKE && !nn_hyper_same(a, b, &nn_hyper_rows[i]))
            return false;
    return true;
}

TEST(kinds_are_equal_where_settings_are_alike)
{
    bench b;
    cell_costs costs;
    nn_error err;
    size_t n_alike = 0, n_others = 0;
    bench_open(&b, "name: kinds\ndata: {builtin: moons}\n"
                   "grid: {hidden: [[4], [4, 4], [4, 2]], batch_size: [8, full], learning_rate: [0.1, 0.2],\n"
                   "  dropout: [0, 0.25], clip_norm: [0, 1], bias: [true, false]}\n");
    assert_int_equal(schedule_costs_find(b.grid, b.data, NULL, &costs, &err), NN_ok);
    for (size_t i = 0; i < b.grid->n_cells; i++)
        for (size_t j = 0; j < i; j++) {
            nn_hyper p, q;
            grid_cell(b.grid, i, &p);
            grid_cell(b.grid, j, &q);
            const bool alike = settings_are_alike(&p, &q);
            assert_true(alike == (costs.kind[i] == costs.kind[j]));
            *(alike ? &n_alike : &n_others) += 1;
        }
    assert_true(n_alike == 144 && n_others == 96 * 95 / 2 - 144); /* 24 kinds of 4 cells each */
    schedule_costs_free(&costs);
    bench_close(&b);
}

TEST(most_expensive_runs_come_first)
{
    bench b;
    schedule_plan plan;
    results *r = plan_of(&b, small_grid, &plan);
    assert_int_equal(plan.n, b.grid->n_runs);
    size_t n = 0;
    for (size_t i = 0; i < plan.n_groups; i++) {
        assert_true(i == 0 || plan.groups[i - 1].cost >= plan.groups[i].cost);
        n += plan.groups[i].n;
    }
    assert_int_equal(n, plan.n); /* every run is in one group */
    for (size_t i = 0; i < plan.n_groups; i++)
        for (size_t j = plan.groups[i].first; j < plan.groups[i].first + plan.groups[i].n; j++) {
            const grid_run *run = &b.grid->runs[plan.order[j]],
                           *first = &b.grid->runs[plan.order[plan.groups[i].first]];
            assert_int_equal(plan.costs.kind[run->cell], plan.costs.kind[first->cell]);
            assert_true(j == plan.groups[i].first || run->repeat >= b.grid->runs[plan.order[j - 1]].repeat);
        }
    for (size_t i = 0; i < plan.n_groups; i++)
        check_splits(&b, &plan, &plan.groups[i]);
    schedule_plan_free(&plan);
    results_close(r);
    bench_close(&b);
}

TEST(same_bits_for_any_number_of_threads)
{
    static const char *const columns[] = {"/runs/status", "/runs/final_train_loss", "/runs/best_validation_loss",
                                          "/runs/final_weight_norm"};
    bench b;
    char other[128];
    schedule_progress one, three;
    bench_open(&b, small_grid);
    snprintf(other, sizeof other, "%s/other.h5", b.folder);
    assert_int_equal(bench_train(&b, b.out, &(schedule_options){.threads = 1}, &one), NN_ok);
    assert_int_equal(bench_train(&b, other, &(schedule_options){.threads = 3}, &three), NN_ok);
    assert_int_equal(one.n_finished, b.grid->n_runs);
    assert_int_equal(three.n_finished, b.grid->n_runs);
    assert_memory_equal(&one.best, &three.best, sizeof one.best);
    assert_near(one.work_done / one.work_total, 1, 1e-6);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        size_t n, m;
        double *x = read_column(b.out, columns[i], &n), *y = read_column(other, columns[i], &m);
        assert_int_equal(n, b.grid->n_runs);
        assert_memory_equal(x, y, n * sizeof *x);
        free(x);
        free(y);
    }
    unlink(other);
    bench_close(&b);
}

static atomic_int stop;

static void stop_after_some(void *context, const schedule_progress *p)
{
    (void)context;
    if (p->n_finished >= 1)
        atomic_store(&stop, 1);
}

TEST(stopping_keeps_what_is_done)
{
    bench b;
    schedule_progress first, second;
    schedule_options options = {.threads = 2, .stop = &stop, .progress = stop_after_some};
    bench_open(&b, "name: long\nrepeats: 400\ndata: {builtin: moons}\n"
                   "base: {hidden: [64], epochs: 60, learning_rate: 0.01}\n");
    assert_int_equal(bench_train(&b, b.out, &options, &first), NN_cancelled);
    assert_true(first.n_finished >= 1);
    assert_true(first.n_finished < b.grid->n_runs);
    atomic_store(&stop, 1); /* a stop requested before the start: nothing is trained */
    assert_int_equal(bench_train(&b, b.out, &options, &second), NN_cancelled);
    assert_int_equal(second.n_before, first.n_finished);
    assert_int_equal(second.n_finished, 0);
    bench_close(&b);
}

static void count_calls(void *context, const schedule_progress *p)
{
    size_t *calls = context;
    ++*calls;
    assert_true(p->n_finished + p->n_before <= p->n_total);
}

TEST(time_over_fails_the_run_alone)
{
    bench b;
    schedule_progress report;
    size_t n, calls = 0;
    bench_open(&b, "name: slow\ndata: {builtin: moons}\nlimits: {per_run: 0.5s}\n"
                   "base: {hidden: [32], batch_size: 1}\ngrid: {epochs: [1, 1000000]}\n"
                   "record: {per_decade: 5}\n");
    const schedule_options options = {.threads = 2, .progress = count_calls, .context = &calls};
    assert_int_equal(bench_train(&b, b.out, &options, &report), NN_ok);
    assert_int_equal(report.n_failed, 1);
    assert_int_equal(report.n_finished, 2);
    assert_true(calls >= 3);
    assert_true(calls < 30);
    double *status = read_column(b.out, "/runs/status", &n);
    double *reason = read_column(b.out, "/runs/stop_reason", &n);
    assert_real_equal(status[0], NN_RUN_done);
    assert_real_equal(status[1], NN_RUN_failed);
    assert_real_equal(reason[1], NN_REASON_time);
    free(status);
    free(reason);
    bench_close(&b);
}
