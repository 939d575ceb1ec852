/* screen.h - what the program prints goes to the terminal without its control characters: names and texts of files, of
 * which nobody knows the origin, could otherwise change the terminal, or what it shows. */
#ifndef NNGRID_COMMANDS_SCREEN_H
#define NNGRID_COMMANDS_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

/* Puts the filter before standard output and standard error; to be called once, before anything is printed. */
void command_screen_begin(void);
/* Lets pass what follows on stdout or stderr as it is, or filters it again. */
void command_screen_as_is(FILE *to, bool as_is);
/* Writes a name or text of a file within a line, which it cannot end. */
void command_screen_text(FILE *to, const char *text);

#endif
