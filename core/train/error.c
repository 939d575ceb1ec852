/* Fills errors, which belong to the caller: core keeps none. */
#include "nn.h"
#include <stdarg.h>
#include <stdio.h>

nn_status nn_fail(nn_error *err, nn_status status, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
        err->status = status;
    }
    return status;
}
