/* Finds the rows whose labels are replaced: those of lowest draw, as many as asked for. */
#include "train/noise.h"

nn_noise nn_noise_of(const nn_data *data, uint64_t key, uint32_t row)
{
    uint32_t words[4];
    const uint32_t own = (uint32_t)data->classes[row], n = (uint32_t)data->n_classes;
    nn_philox(key, 0, row, 0, 0, words);
    const uint32_t more = 1 + (uint32_t)(((uint64_t)words[1] * (n - 1)) >> 32);
    return (nn_noise){(uint64_t)words[0] << 32 | row, (int32_t)((own + more) % n)};
}

size_t nn_noise_rows(double share, size_t n)
{
    const double rows = floor(share * (double)n + 0.5);
    return rows < (double)n ? (size_t)rows : n;
}

/* A number that exactly k < n draws are below. It is found digit by digit from the highest, so that no array of draws is
 * needed: after each digit, k is the rank among the draws that begin with the digits so far. */
static uint64_t above_lowest(const nn_job *job, uint64_t key, size_t k)
{
    enum { DIGIT = 8, DIGITS = 1 << DIGIT };
    const nn_split *split = job->split;
    uint64_t known = 0;
    for (int shift = 64 - DIGIT; shift >= 0 && k > 0; shift -= DIGIT) {
        size_t count[DIGITS] = {0};
        unsigned digit = 0;
        for (size_t i = 0; i < split->n[NN_TRAIN]; i++) {
            const uint64_t draw = nn_noise_of(job->data, key, split->rows[NN_TRAIN][i]).draw;
            if (shift == 64 - DIGIT || (draw ^ known) >> (shift + DIGIT) == 0)
                count[draw >> shift & (DIGITS - 1)]++;
        }
        for (; k >= count[digit]; digit++)
            k -= count[digit];
        known |= (uint64_t)digit << shift;
    }
    return known;
}

void nn_noise_set(nn_lane *lane)
{
    const nn_job *job = &lane->job;
    const size_t n = job->split->n[NN_TRAIN], k = nn_noise_rows(job->hyper->label_noise, n);
    lane->noise_key = nn_stream_key(job->seed, job->repeat, NN_FOR_LABEL_NOISE);
    lane->noise_below = 0;
    if (job->data->classes != NULL && k > 0)
        lane->noise_below = k < n ? above_lowest(job, lane->noise_key, k) : UINT64_MAX;
}
