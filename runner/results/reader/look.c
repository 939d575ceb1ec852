/* Looks over a results file behind the shield. */
#include "results/reader/look.h"
#include "base/shield.h"
#include "h5/h5.h"
#include <malloc.h>
#include <sys/stat.h>

static nn_status look_there(void *context, nn_error *err)
{
    mallopt(M_PERTURB, 165); /* a library that uses what it never set ends here, whatever its memory held before */
    return h5_survey(context, err);
}

nn_status reader_look_over(const char *path, bool to_resume, nn_error *err)
{
    nn_error reason;
    struct stat s;
    const shield_job job = {.work = look_there, .context = (char *)(uintptr_t)path};
    if (stat(path, &s) < 0 || !S_ISREG(s.st_mode) || shield_run(path, &job, &reason) == NN_ok)
        return NN_ok;
    return nn_fail(err, reason.status == NN_memory ? NN_memory : NN_file, "%s %s%s", path, reason.message,
                   to_resume ? "; move it away, or choose another -o" : "");
}
