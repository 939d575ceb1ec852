/* Reads text: whole files, gzip or not, and the fields in them. */
#include "dataset_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char *join(const char *folder, size_t length, const char *file)
{
    size_t file_bytes = strlen(file) + 1;
    char *path = malloc(length + file_bytes + 1);
    if (path == NULL) {
        return NULL;
    }
    memcpy(path, folder, length);
    if (length > 0 && folder[length - 1] != '/') {
        path[length++] = '/';
    }
    memcpy(path + length, file, file_bytes);
    return path;
}

char *data_path(const char *file, const char *grid_path, const char *data_root)
{
    if (file[0] == '/') {
        return strdup(file);
    }
    const char *slash = grid_path != NULL ? strrchr(grid_path, '/') : NULL;
    char *beside =
        join(slash != NULL ? grid_path : "", slash != NULL ? (size_t)(slash - grid_path) + 1 : 0, file);
    if (beside == NULL || data_root == NULL || access(beside, F_OK) == 0) {
        return beside;
    }
    char *below = join(data_root, strlen(data_root), file);
    if (below != NULL && access(below, F_OK) == 0) {
        free(beside);
        return below;
    }
    free(below);
    return beside;
}

/* Reads to the end into a buffer that doubles. Returns NN_file with errno or zlib's message left to the
 * caller. */
static nn_status read_all(gzFile file, char **text, size_t *size)
{
    size_t capacity = (size_t)1 << 16, used = 0;
    char *buffer = malloc(capacity);
    while (buffer != NULL) {
        size_t room = capacity - used - 1;
        int got = gzread(file, buffer + used, (unsigned)(room < (1u << 30) ? room : 1u << 30));
        if (got < 0) {
            free(buffer);
            return NN_file;
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
        if (capacity - used < 2) {
            char *larger = realloc(buffer, capacity *= 2);
            if (larger == NULL) {
                free(buffer);
            }
            buffer = larger;
        }
    }
    if (buffer == NULL) {
        return NN_memory;
    }
    buffer[used] = '\0';
    *text = buffer;
    *size = used;
    return NN_ok;
}

static nn_status unreadable(loader *l, gzFile file)
{
    int code = Z_OK;
    const char *words = gzerror(file, &code);
    if (code == Z_ERRNO) {
        return data_mistake(l, 0, 0, "cannot be read: %s", strerror(errno));
    }
    return data_mistake(l, 0, 0, "is damaged or cut short (%s); copy it anew", words);
}

nn_status data_read_file(loader *l, char **text, size_t *size)
{
    struct stat st;
    if (stat(l->path, &st) == 0 && S_ISDIR(st.st_mode)) {
        return data_mistake(l, 0, 0, "is a folder; name a file");
    }
    errno = 0;
    gzFile file = gzopen(l->path, "rb");
    if (file == NULL) {
        return data_mistake(l, 0, 0, "cannot be read: %s", strerror(errno != 0 ? errno : ENOMEM));
    }
    gzbuffer(file, 1 << 17);
    char *content = NULL;
    size_t n = 0;
    nn_status status = read_all(file, &content, &n);
    int code = Z_OK;
    gzerror(file, &code);
    if (status == NN_memory) {
        data_no_memory(l, "the data file");
    } else if (status != NN_ok || code != Z_OK) {
        /* Z_BUF_ERROR: the gzip stream ends too early, though gzread gave what there was. */
        status = unreadable(l, file);
        free(content);
    } else {
        *text = content;
        *size = n;
    }
    gzclose_r(file);
    return status;
}

/* Most fields are small whole numbers: these need no strtod. */
static bool small_whole_number(const char *text, double *out)
{
    enum { MAX_DIGITS = 15 }; /* exact as double */
    int64_t value = 0;
    int n = 0;
    for (; n <= MAX_DIGITS && isdigit((unsigned char)text[n]); n++) {
        value = 10 * value + (text[n] - '0');
    }
    if (n == 0 || n > MAX_DIGITS || text[n] != '\0') {
        return false;
    }
    *out = (double)value;
    return true;
}

bool data_field_number(const char *text, double *out)
{
    if (small_whole_number(text, out)) {
        return true;
    }
    while (isblank((unsigned char)*text)) {
        text++;
    }
    const char *digits = text + (*text == '-' || *text == '+');
    if (!isdigit((unsigned char)*digits) && *digits != '.') {
        return false; /* leaves out strtod's "inf" and "nan" */
    }
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
        return false;
    }
    char *end;
    double value = strtod(text, &end);
    while (isblank((unsigned char)*end)) {
        end++;
    }
    if (end == text || *end != '\0' || !isfinite(value)) {
        return false;
    }
    *out = value;
    return true;
}

bool data_field_missing(const char *text)
{
    static const char *const words[] = {"", "?", "NA", "NaN", "nan"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Bytes of the UTF-8 character at `text`, 0 where there is none (another encoding, or a control character).
 */
static size_t character_bytes(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    if (first < 0x80) {
        return iscntrl(first) ? 0 : 1;
    }
    size_t n = first >= 0xc2 && first < 0xe0   ? 2
               : first >= 0xe0 && first < 0xf0 ? 3
               : first >= 0xf0 && first < 0xf5 ? 4
                                               : 0;
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return n;
}

char *data_excerpt(const char *text, char out[EXCERPT_SIZE])
{
    size_t used = 0;
    while (*text != '\0') {
        size_t n = character_bytes(text);
        if (used + (n > 0 ? n : 1) > EXCERPT_SIZE - 4) {
            memcpy(out + used, "...", 4);
            return out;
        }
        if (n == 0) {
            out[used++] = '?';
            text++;
        }
        memcpy(out + used, text, n);
        used += n;
        text += n;
    }
    out[used] = '\0';
    return out;
}
