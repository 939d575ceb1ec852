/* Filters what goes to standard output and standard error. */
#include "commands/screen.h"
#include "base/file.h"
#include "base/text.h"
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef struct screen {
    int fd;
    bool as_is;
    char last; /* the byte before */
} screen;

static screen screens[] = {{.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};

static ssize_t filter(void *context, const char *from, size_t n)
{
    screen *s = context;
    char block[4096];
    if (s->as_is)
        return file_put(s->fd, from, n) ? (ssize_t)n : 0;
    for (size_t at = 0; at < n;) {
        const size_t part = n - at < sizeof block ? n - at : sizeof block;
        memcpy(block, from + at, part);
        s->last = text_plain(block, part, s->last);
        if (!file_put(s->fd, block, part))
            return (ssize_t)at;
        at += part;
    }
    return (ssize_t)n;
}

static FILE *filtered(screen *s, FILE *otherwise)
{
    FILE *f = fopencookie(s, "w", (cookie_io_functions_t){.write = filter});
    return f != NULL ? f : otherwise;
}

void command_screen_begin(void)
{
    stdout = filtered(&screens[0], stdout);
    stderr = filtered(&screens[1], stderr);
    setvbuf(stderr, NULL, _IONBF, 0);
    if (isatty(STDOUT_FILENO))
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

void command_screen_as_is(FILE *to, bool as_is)
{
    fflush(to);
    screens[to == stderr].as_is = as_is;
}

void command_screen_text(FILE *to, const char *text)
{
    for (; *text != '\0'; text++)
        putc(*text == '\n' || *text == '\t' ? '?' : *text, to);
}
