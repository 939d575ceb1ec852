/* suggest.h - finds the name that a user may have meant by an unknown one. */
#ifndef NNGRID_BASE_SUGGEST_H
#define NNGRID_BASE_SUGGEST_H

#include "nn_tables.h"

/* The name in `names` that `word` may stand for, or NULL: the same but for case and separators; else the shortest that
 * begins with the word (`best_validation_acc`), or whose parts begin with its parts (`best_val_loss`); else the nearest
 * by an optimal string alignment distance of at most 1 + length / 4; else the longest whose parts the word begins with
 * (`dropout_rate`). */
const char *suggest_nearest(const char *word, const char *const *names, size_t n);

/* The same, but words of other tools (synonym.h) come first; `what` is their list, maybe after "value of ". */
const char *suggest_meant(const char *what, const char *word, const char *const *names, size_t n);

/* Copies at most `room` names of a list of choices into `names`. Returns how many. */
size_t suggest_choice_names(const nn_choices *choices, const char *names[], size_t room);

/* Writes "unknown activation 'rellu'; did you mean 'relu'? (sigmoid, tanh, relu)". The list is left out where there
 * is a near name, unless list_always, or where there is a note. The
 * near name is that of suggest_meant. Returns text. */
char *suggest_unknown(char *text, size_t size, const char *what, const char *word, const char *const *names, size_t n,
                      bool list_always);

#endif
