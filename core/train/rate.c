/* Computes the learning rate of each epoch by the schedules of schedule.def. */
#include "train/rate.h"
#include "nn.h"

void nn_rate_begin(nn_rate *r)
{
    *r = (nn_rate){.factor = 1, .lowest = NN_NAN};
}

/* cos^2(pi x / 2) for x in [0, 1], by the Taylor series of the sine up to the power 23, which is exact to 1e-18. */
static double half_wave(double x)
{
    const double y = x * 1.5707963267948966, square = y * y;
    double s = 1;
    for (int power = 23; power > 1; power -= 2)
        s = 1 - s * square / (power * (power - 1));
    return 1 - y * s * (y * s);
}

double nn_rate_of(nn_rate *r, const nn_hyper *h, uint32_t epoch)
{
    const double eta = h->learning_rate, done = (double)epoch - 1;
    const bool first = epoch == 1;
    switch (h->schedule) {
    case NN_SCHEDULE_step:
        r->factor *= !first && (epoch - 1) % (uint64_t)h->decay_every == 0 ? h->decay : 1;
        break;
    case NN_SCHEDULE_exponential:
        r->factor *= first ? 1 : h->decay;
        break;
    case NN_SCHEDULE_inverse_time:
        return eta / (1 + h->decay * done);
    case NN_SCHEDULE_cosine:
        return eta * (h->decay + (1 - h->decay) * half_wave(done / (double)h->epochs));
    default: /* constant, and plateau, whose factor nn_rate_see changes */
        break;
    }
    return eta * r->factor;
}

void nn_rate_see(nn_rate *r, const nn_hyper *h, uint32_t epoch, double loss)
{
    if (h->schedule != NN_SCHEDULE_plateau)
        return;
    if (epoch == 0 || nn_better(loss, r->lowest)) {
        r->lowest = loss;
        r->since = epoch;
    } else if ((int64_t)(epoch - r->since) >= h->decay_every) {
        r->factor *= h->decay;
        r->since = epoch;
    }
}
