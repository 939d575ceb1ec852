/* Reports errors in data files and in the `data:` section of a grid. */
#include "data/message.h"
#include "base/text.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *data_opened(const loader *l, const char *path)
{
    for (int i = 0; i < l->n_pipes; i++)
        if (l->pipes[i].path == path)
            return l->pipes[i].opened;
    return path;
}

nn_status data_mistake(loader *l, int row, int column, const char *format, ...)
{
    place at = {row, column};
    if (l->n_mistakes++ >= MAX_MISTAKES) {
        l->first_hidden = l->n_mistakes == MAX_MISTAKES + 1 ? at : l->first_hidden;
        return NN_data;
    }
    char text[640];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diagnostics_add_file(l->diags, SEVERITY_ERROR, NN_data, l->path, at, "%s", text);
    return NN_data;
}

void data_repeat_note(loader *l, data_repeat *r, place at, const char *remedy, const char *format, ...)
{
    const size_t i = r->n++;
    if (i >= FEW_REPEATS)
        return;
    va_list args;
    va_start(args, format);
    if (vasprintf(&r->what[i], format, args) < 0)
        r->what[i] = NULL;
    va_end(args);
    r->at[i] = at;
    r->path = l->path;
    r->remedy = remedy;
}

void data_repeat_tell(loader *l, data_repeat *r)
{
    char rows[64] = "";
    const char *path = l->path;
    const size_t told = r->n <= FEW_REPEATS ? r->n : 1;
    if (r->n > told)
        snprintf(rows, sizeof rows, ", here first, in %zu rows in all", r->n);
    l->path = r->n > 0 ? r->path : path;
    for (size_t i = 0; i < told; i++)
        data_mistake(l, r->at[i].line, r->at[i].column, "%s%s%s%s", r->what[i] != NULL ? r->what[i] : "is wrong", rows,
                     *r->remedy != '\0' ? "; " : "", r->remedy);
    l->path = path;
    for (size_t i = 0; i < FEW_REPEATS; i++)
        free(r->what[i]);
    *r = (data_repeat){0};
}

nn_status data_spec_mistake(loader *l, place at, const char *format, ...)
{
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* Where new data are loaded no grid names them, so there is no place. */
    diagnostics_add(l->diags, SEVERITY_ERROR, NN_data, l->model != NULL ? (place){0, 0} : at, "%s", text);
    return NN_data;
}

nn_status data_no_memory(loader *l, const char *what)
{
    diagnostics_add(l->diags, SEVERITY_ERROR, NN_memory, l->spec->at, "not enough memory for %s", what);
    return NN_memory;
}

/* The bytes of a UTF-8 character, or 0 for a control character or a broken one. The zero byte at the end of the text
 * cannot continue a character, so nothing is read after it. */
static size_t character_bytes(const char *text)
{
    return iscntrl((unsigned char)*text) ? 0 : text_character(text, SIZE_MAX);
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

char *data_quoted(const char *text, char out[EXCERPT_SIZE + 4])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    char shown[EXCERPT_SIZE];
    data_excerpt(text, shown);
    const bool quoted = *text == '\0' || strspn(shown, plain) < strlen(shown);
    snprintf(out, EXCERPT_SIZE + 4, quoted ? strchr(shown, '\'') != NULL ? "\"%s\"" : "'%s'" : "%s", shown);
    return out;
}
