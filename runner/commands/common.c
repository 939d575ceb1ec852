/* Reads options, loads grids with their data, prints messages and help, and maps statuses to exit codes. */
#include "commands/common.h"
#include "schedule/schedule.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int command_exit_code(nn_status status)
{
    static const int codes[NN_N_STATUS] = {
        [NN_ok] = EXIT_DONE,          [NN_usage] = EXIT_USAGE,    [NN_data] = EXIT_RESOURCES,
        [NN_memory] = EXIT_RESOURCES, [NN_file] = EXIT_RESOURCES, [NN_cancelled] = EXIT_STOPPED,
    };
    return codes[status];
}

/* Names the limit that memory may be short by, where the user has set one. */
static void say_limit(void)
{
    struct rlimit limit;
    char most[32];
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        fprintf(stderr, "nngrid: the memory of this process is limited to %s; raise it: ulimit -v\n",
                text_bytes((double)limit.rlim_cur, most, sizeof most));
}

int command_fail(const nn_error *err)
{
    nn_error shown = *err;
    fprintf(stderr, "nngrid: %s\n", text_in_line(shown.message));
    if (err->status == NN_memory)
        say_limit();
    return command_exit_code(err->status);
}

int command_options(const command *c, int argc, char **argv, void *into)
{
    nn_error err = {0};
    if (options_parse(c->options, c->n_options, c->rules, argc - 2, argv + 2, into, &err) == NN_ok)
        return EXIT_DONE;
    options_free(c->options, c->n_options, into);
    fprintf(stderr, "nngrid %s: %s\nnngrid %s --help shows how it is used\n", c->name, err.message, c->name);
    return command_exit_code(err.status);
}

void command_help(const command *c, FILE *to)
{
    char usage[128];
    bool options = false;
    fprintf(to, "nngrid %s", c->name);
    for (size_t i = 0; i < c->n_options; i++) {
        options |= c->options[i].name != NULL;
        if (c->options[i].name == NULL)
            fprintf(to, c->options[i].required ? " %s" : " [%s]", c->options[i].value);
    }
    fprintf(to, "%s\n\n%s.\n\n", options ? " [options]" : "", c->help);
    for (size_t i = 0; i < c->n_options; i++)
        fprintf(to, "  %-24s %s\n", option_usage(&c->options[i], usage, sizeof usage), c->options[i].help);
    for (const option_rule *r = c->rules; r != NULL && r->option != NULL; r++) {
        fprintf(to, "%s  %s", r == c->rules ? "\n" : "", r->option);
        fprintf(to, r->needs != NULL ? " needs %s" : " cannot be given with %s",
                r->needs != NULL ? r->needs : r->excludes);
        fprintf(to, " (%s)\n", r->why);
    }
    fprintf(to, "%s%s", c->n_options > 0 ? "\n" : "", c->more);
}

static bool has_control(const char *word)
{
    for (; *word != '\0'; word++)
        if (iscntrl((unsigned char)*word))
            return true;
    return false;
}

/* A word with control characters, in the quotes of bash, zsh and POSIX.1-2024: $'a\012b'. */
static void put_escaped(FILE *to, const char *word)
{
    fputs("$'", to);
    for (; *word != '\0'; word++)
        if (iscntrl((unsigned char)*word))
            fprintf(to, "\\%03o", (unsigned)(unsigned char)*word);
        else
            fprintf(to, *word == '\'' || *word == '\\' ? "\\%c" : "%c", *word);
    putc('\'', to);
}

void command_word(FILE *to, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%";
    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, to);
        return;
    }
    if (has_control(word)) {
        put_escaped(to, word);
        return;
    }
    putc('\'', to);
    for (; *word != '\0'; word++)
        if (*word == '\'')
            fputs("'\\''", to);
        else
            putc(*word, to);
    putc('\'', to);
}

char *command_program(const char *argv0)
{
    char *here = getcwd(NULL, 0), *name = NULL;
    const size_t length = here == NULL ? 0 : strlen(here);
    if (length > 1 && strncmp(argv0, here, length) == 0 && argv0[length] == '/') {
        const char *below = argv0 + length + 1;
        /* The shell would search PATH for a word without a slash. */
        if (asprintf(&name, "%s%s", strchr(below, '/') == NULL ? "./" : "", below) < 0)
            name = NULL;
    } else {
        name = strdup(argv0);
    }
    free(here);
    return name;
}

char *command_line(int argc, char **argv)
{
    char *text = NULL, *program = command_program(argv[0]);
    size_t size = 0;
    FILE *to = program == NULL ? NULL : open_memstream(&text, &size);
    if (to != NULL) {
        command_word(to, program);
        for (int i = 1; i < argc; i++) {
            putc(' ', to);
            command_word(to, argv[i]);
        }
        fclose(to);
    }
    free(program);
    return text;
}

void command_print_call(FILE *to, const char *program, const char *name, const command_source *source)
{
    command_word(to, program);
    fprintf(to, " %s ", name);
    command_word(to, source->grid);
    for (size_t i = 0; i < source->overrides.n; i++) {
        fputs(" --set ", to);
        command_word(to, source->overrides.items[i]);
    }
    const struct {
        const char *option, *value;
    } given[] = {{"--data", source->data_root}, {"--engine", source->engine}};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i].value != NULL) {
            fprintf(to, " %s ", given[i].option);
            command_word(to, given[i].value);
        }
}

int command_print_table(text_table *table, FILE *to)
{
    char *text = text_table_text(table);
    if (text != NULL)
        fputs(text, to);
    free(text);
    text_table_free(table);
    if (text != NULL)
        return EXIT_DONE;
    nn_error err;
    nn_fail(&err, NN_memory, "not enough memory to print a table");
    return command_fail(&err);
}

bool command_unicode(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0')
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}

char *command_default_out(const grid *g)
{
    char *path = NULL;
    return asprintf(&path, "results/%s.h5", g->name) < 0 ? NULL : path;
}

older_runs command_older(bool accept, bool retrain)
{
    return accept ? OLDER_ACCEPT : retrain ? OLDER_RETRAIN : OLDER_REFUSE;
}

/* Adds one status of the list. */
static nn_status add_retry(const char *word, size_t length, results_options *how, nn_error *err)
{
    static const nn_run_status statuses[] = {NN_RUN_failed, NN_RUN_diverged};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        const char *name = nn_run_statuses.rows[statuses[i]].name;
        if (strlen(name) == length && strncmp(name, word, length) == 0) {
            how->retry[statuses[i]] = true;
            return NN_ok;
        }
    }
    return nn_fail(err, NN_usage, "--retry takes failed, diverged, or both: failed,diverged; not '%s'", word);
}

nn_status command_retry(const option_list *words, results_options *how, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < words->n; i++)
        for (const char *word = words->items[i]; word != NULL && status == NN_ok;
             word = strchr(word, ',') == NULL ? NULL : strchr(word, ',') + 1)
            status = add_retry(word, strcspn(word, ","), how, err);
    return status;
}

void command_unload(command_job *job)
{
    dataset_free(job->data);
    grid_free(job->grid);
    *job = (command_job){0};
}

const char *command_data_root(const command_source *source)
{
    const char *root = source->data_root != NULL ? source->data_root : getenv("NNGRID_DATA");
    return root != NULL && *root != '\0' ? root : NULL;
}

/* Finds a word in a list of choices, or fails with an error that lists them. */
static nn_status choose(const nn_choices *choices, const char *what, const char *word, int *out, nn_error *err)
{
    char all[128];
    size_t used = 0;
    const int found = nn_choice_find(choices, word);
    if (found >= 0) {
        *out = found;
        return NN_ok;
    }
    for (int i = 0; i < choices->n && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", choices->rows[i].name);
    return nn_fail(err, NN_usage, "%s: there is no %s '%s'; there are %s", what, choices->what, word, all);
}

nn_status command_isa(int *isa, nn_error *err)
{
    const char *word = getenv("NNGRID_ISA");
    int chosen = NN_ISA_best;
    nn_status status = word != NULL && *word != '\0' ? choose(&nn_isas, "NNGRID_ISA", word, &chosen, err) : NN_ok;
    if (status == NN_ok && !nn_isa_runs(chosen))
        status = nn_fail(err, NN_usage, "NNGRID_ISA: this CPU has no %s; the best that it has is %s", word,
                         nn_isas.rows[nn_isa_resolve(NN_ISA_best)].name);
    if (status == NN_ok)
        *isa = nn_isa_resolve(chosen);
    return status;
}

static nn_status choose_arithmetic(const command_source *source, grid *g, nn_error *err)
{
    nn_status status = command_isa(&g->isa, err);
    if (status == NN_ok && source->engine != NULL)
        status = choose(&nn_engines, "--engine", source->engine, &g->engine, err);
    return status;
}

/* Reads the grid and its data; stops at the first stage with mistakes, since the next builds on it. */
static nn_status load(const command_source *source, diagnostics *diags, command_job *job)
{
    nn_error err;
    const char *data_root = command_data_root(source);
    nn_status status = grid_read(source->grid, source->overrides.items, source->overrides.n, diags, &job->grid);
    if (status == NN_ok && (status = choose_arithmetic(source, job->grid, &err)) != NN_ok)
        diagnostics_add(diags, SEVERITY_ERROR, status, (place){0}, "%s", err.message);
    if (status == NN_ok)
        status = dataset_load(&job->grid->data, source->grid, data_root, diags, &job->data);
    if (status == NN_ok)
        job->grid->stored_start = schedule_stored_start;
    if (status == NN_ok)
        status = grid_keys(job->grid, job->data, data_root, diags);
    if (status != NN_ok)
        return status;
    given_fault fault;
    status = schedule_check_given(job->grid, job->data, data_root, &fault, &err);
    if (status != NN_ok)
        diagnostics_add(diags, SEVERITY_ERROR, status, fault.at, "%s: %s", fault.setting, err.message);
    return status;
}

int command_load(const command_source *source, command_job *out)
{
    diagnostics diags;
    command_job job = {0};
    diagnostics_init(&diags);
    const nn_status status = load(source, &diags, &job);
    if (diags.n > 0)
        diagnostics_print(&diags, "nothing was trained and nothing written", stderr);
    else if (status != NN_ok)
        fprintf(stderr, "nngrid: %s cannot be used\n", source->grid);
    diagnostics_free(&diags);
    if (status == NN_ok)
        *out = job;
    else
        command_unload(&job);
    return command_exit_code(status);
}
