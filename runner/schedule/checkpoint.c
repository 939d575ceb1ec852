/* Writes, reads and sweeps checkpoints. A file is a header, then the state of the run as core gave it. */
#include "schedule/checkpoint.h"
#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <xxhash.h>

struct checkpoints {
    char *folder;
};

typedef struct header {
    char magic[8];
    uint64_t version, key, bytes, check; /* bytes and checksum of the state */
} header;

enum { VERSION = 1, NAME_LENGTH = 16 };
static const char magic[8] = "nngridck";

/* The digest of what decides the results and of what is recorded of them, since the state holds both. */
static uint64_t key_of(const grid_run *run)
{
    const uint64_t keys[] = {run->key, run->record_key};
    return XXH3_64bits(keys, sizeof keys);
}

static header header_of(uint64_t key, const void *state, size_t bytes)
{
    header h = {.version = VERSION, .key = key, .bytes = bytes, .check = XXH3_64bits(state, bytes)};
    memcpy(h.magic, magic, sizeof magic);
    return h;
}

/* FOLDER/KEY and the ending; the caller frees it. */
static char *path_of(const checkpoints *store, uint64_t key, const char *ending)
{
    char *path = NULL;
    return asprintf(&path, "%s/%016llx%s", store->folder, (unsigned long long)key, ending) < 0 ? NULL : path;
}

nn_status schedule_checkpoints_new(const char *out, checkpoints **store, nn_error *err)
{
    checkpoints *made = calloc(1, sizeof *made);
    if (made == NULL || asprintf(&made->folder, "%s.checkpoints", out) < 0) {
        free(made);
        return nn_fail(err, NN_memory, "not enough memory");
    }
    *store = made;
    return NN_ok;
}

void schedule_checkpoints_free(checkpoints *store)
{
    if (store == NULL)
        return;
    free(store->folder);
    free(store);
}

static void sync_folder(const checkpoints *store)
{
    const int fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Checkpoints hold weights, and only this process reads them: no mode of them is wider than that of any results file. What a
 * killed process left under the name is removed; a link is not followed. */
static int open_new(const char *path)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    const int fd = open(path, flags, 0600);
    return fd >= 0 || errno != EEXIST || unlink(path) < 0 ? fd : open(path, flags, 0600);
}

nn_status schedule_checkpoint_write(const checkpoints *store, const grid_run *run, const void *state, size_t bytes,
                                    nn_error *err)
{
    const uint64_t key = key_of(run);
    const header h = header_of(key, state, bytes);
    char *path = path_of(store, key, ""), *temporary = path_of(store, key, ".tmp");
    nn_status status = NN_ok;
    int fd = -1;
    if (path == NULL || temporary == NULL) {
        status = nn_fail(err, NN_memory, "not enough memory");
        goto done;
    }
    if (mkdir(store->folder, 0700) == 0 || errno == EEXIST)
        fd = open_new(temporary);
    bool written = fd >= 0 && file_put(fd, &h, sizeof h) && file_put(fd, state, bytes) && fsync(fd) == 0;
    if (fd >= 0)
        written = close(fd) == 0 && written;
    if (!written || rename(temporary, path) != 0) {
        status = nn_fail(err, NN_file, "%s: a checkpoint cannot be written: %s", store->folder, strerror(errno));
        unlink(temporary);
        goto done;
    }
    sync_folder(store);
done:
    free(path);
    free(temporary);
    return status;
}

/* Reads the whole file; the caller frees it. NULL: it cannot be read. */
static char *read_file(const char *path, size_t *bytes)
{
    FILE *f = fopen(path, "rbe");
    struct stat s;
    char *text = NULL;
    if (f == NULL)
        return NULL;
    if (fstat(fileno(f), &s) == 0 && S_ISREG(s.st_mode))
        text = malloc((size_t)s.st_size + 1);
    *bytes = text != NULL ? (size_t)s.st_size : 0;
    if (text != NULL && fread(text, 1, *bytes, f) != *bytes) {
        free(text);
        text = NULL;
    }
    fclose(f);
    return text;
}

void *schedule_checkpoint_read(const checkpoints *store, const grid_run *run, const nn_job *job, bool *damaged)
{
    const uint64_t key = key_of(run);
    size_t bytes = 0;
    char *path = path_of(store, key, ""), *text = NULL;
    const bool exists = path != NULL && access(path, F_OK) == 0;
    if (exists)
        text = read_file(path, &bytes);
    free(path);
    if (!exists)
        return NULL;
    if (text != NULL && bytes > sizeof(header)) {
        bytes -= sizeof(header);
        const header want = header_of(key, text + sizeof(header), bytes);
        if (memcmp(text, &want, sizeof want) == 0 && nn_checkpoint_fits(job, text + sizeof want, bytes)) {
            memmove(text, text + sizeof want, bytes);
            return text;
        }
    }
    *damaged = true;
    free(text);
    return NULL;
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Is this the name of a checkpoint that belongs to none of the keys, or of one that was left unfinished? */
static bool stale(const char *name, const uint64_t *keys, size_t n)
{
    char *end;
    const size_t digits = strspn(name, "0123456789abcdef");
    const uint64_t key = strtoull(name, &end, 16);
    if (digits != NAME_LENGTH || (*end != '\0' && strcmp(end, ".tmp") != 0))
        return false;
    return *end != '\0' || bsearch(&key, keys, n, sizeof *keys, compare_keys) == NULL;
}

void schedule_checkpoints_sweep(const checkpoints *store, const grid_run *const *runs, size_t n)
{
    DIR *folder = opendir(store->folder);
    uint64_t *keys = malloc((n + 1) * sizeof *keys);
    if (folder == NULL || keys == NULL)
        goto done;
    for (size_t i = 0; i < n; i++)
        keys[i] = key_of(runs[i]);
    qsort(keys, n, sizeof *keys, compare_keys);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (stale(entry->d_name, keys, n))
            unlinkat(dirfd(folder), entry->d_name, 0);
    rmdir(store->folder); /* which fails unless the folder is empty */
done:
    if (folder != NULL)
        closedir(folder);
    free(keys);
}
