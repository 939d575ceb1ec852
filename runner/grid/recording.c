/* What a record key says of the recording: a results file can then tell, row by row, what its curves hold. */
#include "grid/reader.h"

/* Bits of the upper half of a record key, from the lowest: parts, kept weights, per_decade?, a number, and in the highest: endpoint?, gradient? */
enum {
    BIT_KEEP = NN_N_PART,
    BIT_DECADE = BIT_KEEP + NN_N_KEEP,
    BIT_NUMBER = BIT_DECADE + 1,
    BIT_ENDPOINT = 30,
    BIT_GRADIENT = 31
};
static const uint32_t largest_number = (UINT32_MAX >> (BIT_NUMBER + 2)); /* stands for itself and all above */

uint64_t record_key(const nn_recording *recording, uint64_t hash)
{
    const bool decade = recording->every == 0;
    const uint32_t number = (uint32_t)(decade ? recording->per_decade : recording->every);
    uint32_t code = (number < largest_number ? number : largest_number) << BIT_NUMBER | (uint32_t)decade << BIT_DECADE |
                    (uint32_t)recording->endpoint << BIT_ENDPOINT |
                    (uint32_t)recording->gradient << BIT_GRADIENT;
    for (int i = 0; i < NN_N_PART; i++)
        code |= (uint32_t)recording->parts[i] << i;
    for (int i = 0; i < NN_N_KEEP; i++)
        code |= (uint32_t)recording->keep[i] << (BIT_KEEP + i);
    return (uint64_t)code << 32 | (hash & UINT32_MAX);
}

nn_recording grid_recording(uint64_t record_key)
{
    const uint32_t code = (uint32_t)(record_key >> 32);
    const int32_t number = (int32_t)(code >> BIT_NUMBER & largest_number);
    const bool decade = code >> BIT_DECADE & 1;
    nn_recording recording = {.every = decade ? 0 : number,
                              .per_decade = decade ? number : 0,
                              .endpoint = code >> BIT_ENDPOINT & 1,
                              .gradient = code >> BIT_GRADIENT};
    for (int i = 0; i < NN_N_PART; i++)
        recording.parts[i] = code >> i & 1;
    for (int i = 0; i < NN_N_KEEP; i++)
        recording.keep[i] = code >> (BIT_KEEP + i) & 1;
    return recording;
}

bool grid_same_recording(uint64_t a, uint64_t b)
{
    return a >> 32 == b >> 32 && (a >> (32 + BIT_NUMBER) & largest_number) != largest_number;
}

/* Are all recorded epochs of `b` recorded under `a`, whatever the length of the run? */
static bool epochs_within(const nn_recording *a, const nn_recording *b)
{
    if (a->every == 1)
        return true;
    if ((a->every > 0) != (b->every > 0))
        return false;
    const int32_t p = a->every > 0 ? a->every : a->per_decade, q = b->every > 0 ? b->every : b->per_decade;
    /* Every 10th is among every 5th; 5 a decade are among 10 a decade. */
    return p > 0 && q > 0 && (uint32_t)q < largest_number && (a->every > 0 ? q % p == 0 : p % q == 0);
}

bool grid_recording_holds(uint64_t a, uint64_t b)
{
    const nn_recording p = grid_recording(a), q = grid_recording(b);
    for (int i = 0; i < NN_N_PART; i++)
        if (q.parts[i] && !p.parts[i])
            return false;
    for (int i = 0; i < NN_N_KEEP; i++)
        if (q.keep[i] && !p.keep[i])
            return false;
    return (p.gradient || !q.gradient) && (p.endpoint || !q.endpoint) && epochs_within(&p, &q);
}
