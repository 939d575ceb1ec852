/* Changes characters, words or lines of good grids 20,000 times. Each grid is either read or refused with a mistake,
 * and the resolved form of one that is read reads back. The test is meant for the builds with sanitizers. */
#include "fixtures/grid_fixture.h"

enum { N_MUTANTS = 20000 };

static const char *const seeds[] = {
    "name: m\nquestion: Why?\nseed: 1\nrepeats: 2\n"
    "data: {builtin: moons, rows: 40, scale: minmax, split: {train: 0.5, validation: 10, test: rest}}\n"
    "base:\n  hidden: [4, 4]\n  activation: tanh\n  learning_rate: 1e-1\n  batch_size: full\n"
    "grid:\n  - lambda: {log: [1e-3, 10], num: 3}\n  - dropout: {lin: [0, 0.5], num: 2}\n"
    "  - hidden: [[16], [], [3, 3]]\n  - zip: {lambda: [0.1, 1], dropout: [0.2, 0.5]}\n"
    "exclude:\n  - {lambda: \"> 1\", hidden: [4, 4]}\ninclude:\n  - {hidden: [5], dropout: 0.5}\n",
    "data:\n  file: {train: {file: a.npz, inputs: X, targets: y}, test: t.csv}\n  one_hot: [sex, 3]\n"
    "  ignore: [id]\n  split: {train: 0.8, validation: rest}\ngrid: {lambda: [0, 1]}\n",
    "base: &b {momentum: 0.9, bias: true}\ndata:\n  file: d.csv\n  one_hot: text\n  target: {inputs: X, "
    "targets: y}\n"
    "  task: regression\n  missing: mean\n  split: {folds: 3, stratify: false}\n"
    "grid: {optimizer: [sgd, adam], epochs: {int: [1, 9], step: 4}}\ncollapse: true\nsample: 3\n"
    "stop:\n  mode: first\n  rules: [{patience: {epochs: 3, min_delta: 1e-3}}, {target: {train_loss: 0.1}}]\n"
    "record: {every: {per_decade: 5}, parts: [train, validation], weights: none}\n"
    "limits: {per_run: 30min, diverge: 1e4}\nsuccess: {best_epoch: \"<= 3\"}\n",
};

static const char *const words[] = {
    "&a ",  "*a",  "<<: ",  "[",   "]",   "{",        "}",     ": ",   "\n",   "\n  - ",   "\t",     "~",     "\"",
    "'",    "#",   "---\n", "-1",  "1e9", "1e-9",     "1e400", "full", "auto", "null",     "0",      "all",   "rest",
    "zip:", "lin", "!!x ",  "\\0", "> 0", "\xC3\xB6", "\xFF",  ",",    "- ",   "lambda: ", "grid: ", "base: "};

/* xorshift64 gives the same mutants on every machine. */
static size_t draw(uint64_t *state, size_t n)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (size_t)(*state % n);
}

/* Replaces [from, from + n) of the text by a word. */
static void splice(char *text, size_t from, size_t n, const char *word)
{
    memmove(text + from + strlen(word), text + from + n, strlen(text + from + n) + 1);
    memcpy(text + from, word, strlen(word));
}

static void mutate(char *text, uint64_t *state)
{
    const size_t length = strlen(text), from = draw(state, length), left = length - from;
    const char *word = words[draw(state, sizeof words / sizeof words[0])];
    char piece[64], *digit = text + from + strcspn(text + from, "0123456789");
    switch (draw(state, 8)) {
    case 0: /* a word is put in */
        splice(text, from, 0, word);
        break;
    case 1: /* some characters become a word */
        splice(text, from, 1 + draw(state, left < 8 ? left : 8), word);
        break;
    case 2: /* some characters are removed */
        splice(text, from, 1 + draw(state, left < 20 ? left : 20), "");
        break;
    case 3: /* a piece is copied elsewhere */
        snprintf(piece, sizeof piece, "%.*s", (int)(left < 40 ? left : 40), text + from);
        splice(text, draw(state, length), 0, piece);
        break;
    default: /* another number: most such grids are good */
        if (*digit != '\0')
            *digit = (char)('0' + draw(state, 10));
    }
}

/* Passes over grids of very many runs, which are good but slow to resolve. */
static void assert_reads_back(const grid *g)
{
    if (g->n_runs > 10000)
        return;
    char *resolved = grid_resolved_yaml(g);
    assert_non_null(resolved);
    grid *again = grid_of(resolved);
    assert_int_equal(again->n_cells, g->n_cells);
    assert_int_equal(again->n_runs, g->n_runs);
    grid_free(again);
    free(resolved);
}

GRID_TEST(mutants_are_read_or_refused)
{
    uint64_t random = 20261122;
    size_t n_read = 0;
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        grid_free(grid_of(seeds[i]));
    for (int i = 0; i < N_MUTANTS; i++) {
        char text[4096];
        diagnostics d;
        grid *g = NULL;
        strcpy(text, seeds[i % 2]);
        for (size_t n = 1 + draw(&random, 4); n > 0; n--)
            mutate(text, &random);
        diagnostics_init(&d);
        write_grid(text);
        const nn_status status = grid_read("grid.yaml", NULL, 0, &d, &g);
        if ((status == NN_ok) != (g != NULL) || (status == NN_ok) != (d.n_errors == 0))
            fail_msg("status %d, %zu mistakes:\n%s", status, d.n_errors, text);
        free(printed(&d));
        if (g != NULL)
            assert_reads_back(g);
        n_read += g != NULL;
        grid_free(g);
        diagnostics_free(&d);
    }
    assert_in_range(n_read, N_MUTANTS / 100, N_MUTANTS / 2);
}
