/* suggest.h - finds the name that a user may have meant by an unknown one. */
#ifndef NNGRID_BASE_SUGGEST_H
#define NNGRID_BASE_SUGGEST_H

#include "nn_tables.h"

/* The name in `names` nearest to `word`, by an optimal string alignment distance of at most 1 + length / 4, or
 * NULL. */
const char *suggest_nearest(const char *word, const char *const *names, size_t n);

/* Copies at most `room` names of a list of choices into `names`. Returns how many. */
size_t suggest_choice_names(const nn_choices *choices, const char *names[], size_t room);

/* Writes "unknown activation 'rellu'; did you mean 'relu'? (sigmoid, tanh, relu)". The list is left out where there
 * is a near name, unless list_always. Returns text. */
char *suggest_unknown(char *text, size_t size, const char *what, const char *word, const char *const *names, size_t n,
                      bool list_always);

#endif
