/* One table of all files that a grid names: data, splits, orders, starting weights. */
#include "results/sources.h"
#include "base/file.h"
#include "results/names.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

typedef enum source_kind { SOURCE_DATA, SOURCE_SPLIT, SOURCE_ORDER, SOURCE_START, N_SOURCE_KIND } source_kind;
static const char *const kind_names[N_SOURCE_KIND] = {"data", "split", "order_file", "init_file"};

typedef struct source {
    source_kind kind;
    uint64_t digest;
    const char *name;
    size_t count; /* of splits: the digest is of so many, and a file may get more; else 0 */
} source;

/* The table of a grid, or that of a results file, whose texts it owns. */
typedef struct sources {
    size_t n;
    source *items;
    size_t n_texts;
    char **texts; /* "data 0123456789abcdef iris.csv" */
} sources;

/* ---- the table of a grid ---- */

static void add(sources *s, source_kind kind, uint64_t digest, const char *name)
{
    s->items[s->n++] = (source){kind, digest, name, 0};
}

/* The splits of a file are known by what they say. */
static uint64_t digest_splits(const dataset *d, size_t n)
{
    return XXH3_64bits(d->given, (n < d->n_given ? n : d->n_given) * d->data.n_rows);
}

/* False: not enough memory. */
static bool of_grid(const grid *g, const dataset *d, sources *s)
{
    s->items = malloc((d->n_files + 1 + GRID_N_FILE + g->n_starts) * sizeof *s->items);
    if (s->items == NULL)
        return false;
    for (size_t i = 0; i < d->n_files; i++)
        add(s, SOURCE_DATA, d->files[i].digest, d->files[i].name);
    if (d->given != NULL) {
        const size_t used = (size_t)g->repeats * g->folds, n = used < d->n_given ? used : d->n_given;
        add(s, SOURCE_SPLIT, digest_splits(d, n), d->spec->split.file);
        s->items[s->n - 1].count = n;
    }
    if (g->files[GRID_ORDER_FILE] != NULL)
        add(s, SOURCE_ORDER, g->file_digest[GRID_ORDER_FILE], g->files[GRID_ORDER_FILE]);
    for (size_t i = 0; i < g->n_starts; i++)
        add(s, SOURCE_START, g->starts[i].digest, g->starts[i].name.text);
    return true;
}

static void free_all(sources *s)
{
    if (s->texts != NULL)
        h5_texts_free(s->texts, s->n_texts);
    free(s->items);
    *s = (sources){0};
}

/* ---- the table of a file ---- */

/* NULL: not enough memory. */
static char *text_of(const source *s)
{
    char *text = NULL, count[32] = "";
    if (s->count > 0)
        snprintf(count, sizeof count, ":%zu", s->count);
    return asprintf(&text, "%s%s %016llx %s", kind_names[s->kind], count, (unsigned long long)s->digest, s->name) < 0
               ? NULL
               : text;
}

void results_sources_write(h5_file *file, const grid *g, const dataset *d)
{
    sources s = {0};
    char **texts = of_grid(g, d, &s) ? calloc(s.n + 1, sizeof *texts) : NULL;
    for (size_t i = 0; texts != NULL && i < s.n; i++)
        texts[i] = text_of(&s.items[i]);
    bool whole = texts != NULL;
    for (size_t i = 0; i < s.n && whole; i++)
        whole = texts[i] != NULL;
    if (whole && s.n > 0)
        h5_texts(file, PATH_PROVENANCE, ATTR_SOURCES, (const char *const *)texts, s.n);
    for (size_t i = 0; texts != NULL && i < s.n; i++)
        free(texts[i]);
    free(texts);
    free_all(&s);
}

/* Reads a row of the table. False: it is none. */
static bool parse(const char *text, source *out)
{
    for (int k = 0; k < N_SOURCE_KIND; k++) {
        unsigned long long digest = 0;
        int at = -1;
        const size_t n = strlen(kind_names[k]);
        if (strncmp(text, kind_names[k], n) != 0)
            continue;
        char *rest = (char *)(uintptr_t)text + n;
        const size_t count = *rest == ':' ? strtoul(rest + 1, &rest, 10) : 0;
        if (sscanf(rest, " %16llx %n", &digest, &at) == 1 && at > 0) {
            *out = (source){(source_kind)k, digest, rest + at, count};
            return true;
        }
    }
    return false;
}

/* False: not enough memory. */
static bool of_file(h5_file *file, sources *s)
{
    s->texts = h5_read_texts(file, PATH_PROVENANCE, ATTR_SOURCES, &s->n_texts);
    s->items = malloc((s->n_texts + 1) * sizeof *s->items);
    for (size_t i = 0; s->items != NULL && s->texts != NULL && i < s->n_texts; i++)
        s->n += parse(s->texts[i], &s->items[s->n]);
    return s->items != NULL;
}

/* ---- what has changed ---- */

/* Another name is a change of the grid, whose runs become others by intent; a file in another folder has been moved. */
static bool same_name(const source *a, const source *b)
{
    return a->kind == b->kind && strcmp(a->kind == SOURCE_START ? a->name : file_base(a->name),
                                        b->kind == SOURCE_START ? b->name : file_base(b->name)) == 0;
}

/* The source of that name which had the same place: among several files of the data, too. NULL: there was none. */
static const source *before(const sources *then, const sources *now, size_t at)
{
    const source *wanted = &now->items[at];
    size_t k = 0;
    for (size_t i = 0; i < at; i++)
        k += now->items[i].kind == wanted->kind;
    for (size_t i = 0; i < then->n; i++) {
        const source *s = &then->items[i];
        if (s->kind == wanted->kind && (s->kind == SOURCE_START || k-- == 0) && same_name(s, wanted))
            return s;
    }
    return NULL;
}

static void tell(results_change *c, const char *kind, const char *name, uint64_t then, uint64_t now)
{
    const size_t used = strlen(c->what);
    if (c->n++ < 3)
        snprintf(c->what + used, sizeof c->what - used, "%s%s %.150s (digest %016llx then, %016llx now)",
                 used > 0 ? ", " : "", kind, name, (unsigned long long)then, (unsigned long long)now);
}

/* The data are known by the digest of what was read; which of their files it was, by that of its bytes. */
static void compare_data(const sources *then, const sources *now, const dataset *d, results_change *c)
{
    for (size_t i = 0; i < now->n; i++) {
        const source *s = &now->items[i], *old = before(then, now, i);
        if (s->kind != SOURCE_DATA || old == NULL || old->digest == s->digest)
            continue;
        tell(c, kind_names[SOURCE_DATA], s->name, c->old_data, d->digest);
        c->data = true;
    }
}

static void compare_others(const sources *then, const sources *now, const dataset *d, results_change *c)
{
    for (size_t i = 0; i < now->n; i++) {
        const source *s = &now->items[i], *old = before(then, now, i);
        if (s->kind == SOURCE_DATA || old == NULL)
            continue;
        const uint64_t digest = s->kind == SOURCE_SPLIT ? digest_splits(d, old->count) : s->digest;
        if (old->digest != digest)
            tell(c, kind_names[s->kind], s->name, old->digest, digest);
    }
}

/* A file of an older program has no table: its data are those of a file of the same name. */
static void compare_name(h5_file *file, const dataset *d, results_change *c)
{
    char *name = h5_read_text(file, PATH_DATA, "name");
    if (name != NULL && d->n_files > 0 && strcmp(name, d->name) == 0) {
        tell(c, kind_names[SOURCE_DATA], name, c->old_data, d->digest);
        c->data = true;
    }
    free(name);
}

static nn_status compare_all(h5_file *file, const grid *g, const dataset *d, results_change *out, nn_error *err)
{
    sources now = {0}, then = {0};
    const bool read = of_grid(g, d, &now) && of_file(file, &then);
    const bool known = h5_read_numbers(file, PATH_DATA, ATTR_DIGEST, H5_U64, &out->old_data, 1) == 1;
    if (read && known && out->old_data != d->digest) {
        if (then.n > 0)
            compare_data(&then, &now, d, out);
        else
            compare_name(file, d, out);
    }
    if (read && !out->data) /* else the runs go, whatever else has changed */
        compare_others(&then, &now, d, out);
    free_all(&now);
    free_all(&then);
    return read ? NN_ok : nn_fail(err, NN_memory, "not enough memory to compare the data");
}

nn_status results_sources_compare(const char *path, const grid *g, const dataset *d, results_change *out, nn_error *err)
{
    h5_file *file = NULL;
    *out = (results_change){0};
    if (file_check_kind(path, NULL) != NN_ok || !h5_is_hdf5(path) || h5_open(path, &file, NULL) != NN_ok)
        return NN_ok; /* whoever reads more of it says why it cannot; a pipe would be waited for */
    const nn_status status = compare_all(file, g, d, out, err);
    h5_close(file, NULL);
    return status;
}

nn_status results_sources_refuse(const char *path, const results_change *change, nn_error *err)
{
    return nn_fail(err, NN_data,
                   "%s: the grid names a file whose content is not what it was when these results were written: %s; "
                   "nothing was written: choose another -o, bring the old content back, or say --accept-new-data, "
                   "which %s",
                   path, change->what,
                   change->data ? "keeps a copy of this file and its runs as inactive ones"
                                : "keeps its runs as inactive ones");
}

char *results_sources_mark(const results_change *change, char *mark, size_t size)
{
    snprintf(mark, size, "%016llx", (unsigned long long)change->old_data);
    return mark;
}

char *results_sources_aside(const char *path, const char *mark)
{
    const size_t n = strlen(path), stem = n > 3 && strcmp(path + n - 3, ".h5") == 0 ? n - 3 : n;
    char *name = NULL;
    for (int i = 1; i < 1000; i++) {
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, "-%d", i);
        if (asprintf(&name, "%.*s-%s%s%s", (int)stem, path, mark, number, path + stem) < 0)
            return NULL;
        if (access(name, F_OK) != 0)
            return name;
        free(name);
    }
    return NULL;
}
