/* synonym.h - what other tools call the keys and values of a grid: scikit-learn, PyTorch, Keras, MATLAB, R's nnet. */
#ifndef NNGRID_BASE_SYNONYM_H
#define NNGRID_BASE_SYNONYM_H

#include <stddef.h>

/* A word of another tool. */
typedef struct synonym {
    const char *list; /* what the word may stand for: "key" (settings too), or the list or setting whose value it is */
    const char *word;
    const char *ours; /* a setting; or, with a colon, what to write at the top of a grid; or a value of the list */
    const char *note; /* what is different here, or NULL */
} synonym;

/* The row of a word in a list, whatever its case and separators: `LearnRate`, `learn-rate`; NULL if there is none. */
const synonym *synonym_find(const char *list, const char *word);
/* Row i of the table; NULL behind the last one. */
const synonym *synonym_row(size_t i);

#endif
