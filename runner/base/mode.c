/* Modes of files by the umask and by the files whose place they take. */
#include "base/mode.h"
#include <unistd.h>

mode_t mode_new(void)
{
    /* The mask can only be read by setting it; the threads that train make no files. */
    const mode_t mask = umask(077);
    umask(mask);
    return 0666 & ~(mask | 022);
}

mode_t mode_after(const struct stat *there)
{
    const mode_t most = mode_new();
    return there != NULL ? (most & there->st_mode) | S_IRUSR | S_IWUSR : most;
}

mode_t mode_readonly(mode_t mode)
{
    return mode & 0444;
}

/* The bits of the group become those of everybody at most. */
static mode_t without_group(mode_t mode)
{
    return mode & ~((~mode & 07) << 3);
}

bool mode_give(int fd, mode_t mode, const struct stat *there)
{
    struct stat mine;
    if (there != NULL && fstat(fd, &mine) == 0) {
        if (mine.st_gid != there->st_gid && fchown(fd, (uid_t)-1, there->st_gid) < 0)
            mode = without_group(mode);
        if (mine.st_uid != there->st_uid)
            (void)!fchown(fd, there->st_uid, (gid_t)-1);
    }
    return fchmod(fd, mode) == 0;
}
