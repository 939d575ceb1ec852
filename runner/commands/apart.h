/* apart.h - for commands that only read a results file, which nobody vouches for: HDF5 trusts what is in it. */
#ifndef NNGRID_COMMANDS_APART_H
#define NNGRID_COMMANDS_APART_H

enum { GOES_ON = -1 };
/* Forks. In the child, which has limits of time and memory by the size of the file, returns GOES_ON; in this process, when
 * the child has ended, the exit code of the command. A library that the file makes crash, or that never ends, ends the
 * child alone, and the message says that the file is damaged. */
int command_apart(const char *path);
/* Says that what follows reads no more of the file, and may take more time and memory than reading it does. */
void command_apart_computes(void);

#endif
