/* suggest.h - what a user may have meant by a name that is not known. */
#ifndef NNGRID_BASE_SUGGEST_H
#define NNGRID_BASE_SUGGEST_H

#include "nn_tables.h"

/* The name in `names` nearest to `word` (optimal string alignment distance at most 1 + length / 4), or NULL.
 */
const char *suggest_nearest(const char *word, const char *const *names, size_t n);

/* The names of a list, at most `room` of them, into `names`; returns how many. */
size_t suggest_choice_names(const nn_choices *choices, const char *names[], size_t room);

/* "unknown activation 'rellu'; did you mean 'relu'? (sigmoid, tanh, relu)" into text; returns text. The list
 * is left out where a near name was found, unless list_always. */
char *suggest_unknown(char *text, size_t size, const char *what, const char *word, const char *const *names, size_t n,
                      bool list_always);

#endif
