/* main finds the command, calls it, and checks that everything it printed was written. */
#include "base/stack.h"
#include "base/suggest.h"
#include "commands/common.h"
#include "commands/screen.h"
#include "version.h"
#include <errno.h>
#include <signal.h>
#include <string.h>

static const command *const commands[] = {
    &command_run,   &command_check,   &command_plan,     &command_show,      &command_status, &command_export,
    &command_cells, &command_predict, &command_evaluate, &command_compact,   &command_merge,  &command_params,
    &command_data,  &command_init,    &command_schema,   &command_gradcheck,
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static const command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static void print_overview(FILE *to)
{
    fputs("nngrid trains a grid of neural networks on every core and writes one HDF5 file\n\n", to);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(to, "  nngrid %-10s %s\n", commands[i]->name, commands[i]->help);
    fputs("\n"
          "  nngrid COMMAND --help shows options and examples; nngrid --version shows how it was built\n\n"
          "Getting started:\n"
          "  nngrid check experiments/xor.yaml\n"
          "  nngrid run experiments/xor.yaml\n",
          to);
}

static int unknown_command(const char *word)
{
    const char *names[N_COMMANDS];
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i]->name;
    const char *near = suggest_nearest(word, names, N_COMMANDS);
    fprintf(stderr, "nngrid: unknown command '%s'", word);
    if (near != NULL)
        fprintf(stderr, "; did you mean '%s'?", near);
    fputs("\nnngrid --help lists the commands\n", stderr);
    return EXIT_USAGE;
}

static int help(const char *name)
{
    const command *c = name != NULL ? find_command(name) : NULL;
    if (name != NULL && c == NULL)
        return unknown_command(name);
    if (c != NULL)
        command_help(c, stdout);
    else
        print_overview(stdout);
    return EXIT_DONE;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int version(void)
{
    int isa;
    nn_error err;
    if (command_isa(&isa, &err) != NN_ok)
        return command_fail(&err);
    printf("nngrid %s\ncompiler   %s\nflags      %s\nbuilt with %s\n", NNGRID_VERSION, NNGRID_COMPILER, NNGRID_FLAGS,
           NNGRID_LIBRARIES);
    printf("arithmetic %s; compiled in:", nn_isas.rows[isa].name);
    for (int i = NN_ISA_best + 1; i < NN_N_ISA; i++)
        printf(" %s%s", nn_isas.rows[i].name, nn_isa_runs(i) ? "" : " (not on this CPU)");
    puts(" (NNGRID_ISA chooses; results are the same)");
    return EXIT_DONE;
}

static int dispatch(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "--help";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    if (strcmp(word, "--version") == 0)
        return version();
    const command *c = find_command(word);
    if (c == NULL)
        return unknown_command(word);
    return asks_help(argc, argv) ? help(word) : c->run(argc, argv);
}

int main(int argc, char **argv)
{
    if (!stack_check_printing())
        return EXIT_RESOURCES;
    /* A full disk or a closed pipe is then an error of write(), which is checked, and does not kill the process. */
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    command_screen_begin();
    nn_error err;
    const int code = stack_check(&err) == NN_ok ? dispatch(argc, argv) : command_fail(&err);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (errno != EPIPE)
            fprintf(stderr, "nngrid: cannot write the standard output: %s\n", strerror(errno));
        return code == EXIT_DONE ? EXIT_RESOURCES : code;
    }
    return code;
}
