/* Computes Student's t distribution. */
#include "results/student.h"
#include <math.h>

/* A table (as in any textbook, more digits), then the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5). */
double results_student_975(size_t n)
{
    static const double table[] = {12.70620473643, 4.302652729911, 3.182446305284, 2.776445105198, 2.570581836615,
                                   2.446911848792, 2.36462425101,  2.306004135033, 2.262157162741, 2.228138851965,
                                   2.200985160083, 2.178812829663, 2.160368656461, 2.144786687917, 2.131449545559,
                                   2.119905299221, 2.109815577833, 2.100922040241, 2.093024054408, 2.085963447266,
                                   2.079613844728, 2.073873067904, 2.068657610419, 2.063898561628, 2.059538552753,
                                   2.055529438643, 2.05183051648,  2.048407141795, 2.045229642133, 2.042272456301};
    const double z = NORMAL_975, z2 = z * z, r = 1 / (double)n;
    if (n <= sizeof table / sizeof table[0])
        return table[n - 1];
    const double g1 = z * (z2 + 1) / 4, g2 = z * ((5 * z2 + 16) * z2 + 3) / 96,
                 g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
                 g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
    return z + r * (g1 + r * (g2 + r * (g3 + r * g4)));
}

/* ln(Gamma(a + 1/2) / Gamma(a)); the difference of two large logarithms would lose digits (Abramowitz and Stegun
 * 6.1.48, subtracted). */
static double log_gamma_step(double a)
{
    const double r = 1 / a, r2 = r * r;
    if (a < 60)
        return lgamma(a + 0.5) - lgamma(a);
    return 0.5 * log(a) - r * (1 / 8.0 - r2 * (1 / 192.0 - r2 * (1 / 640.0 - r2 * (17 / 14336.0))));
}

/* The continued fraction of the incomplete beta function by the method of Lentz (Abramowitz and Stegun 26.5.8). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1), f;
    d = 1 / d;
    f = d;
    for (int m = 1; m < 1000; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        f *= c * d;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        f *= c * d;
        if (fabs(c * d - 1) < 1e-16)
            break;
    }
    return f;
}

/* The chance is the incomplete beta function I_x(a, 1/2) with a = degrees / 2 and x = degrees / (degrees + t^2)
 * (Abramowitz and Stegun 26.7.1); log1p keeps the digits of x near 1. */
double results_student_two_sided(double t, double degrees)
{
    const double a = degrees / 2, square = t * t, x = degrees / (degrees + square), y = square / (degrees + square);
    if (isnan(t) || !(degrees > 0))
        return (double)NAN;
    if (isinf(square))
        return 0;
    if (square <= 0)
        return 1;
    const double front = exp(-a * log1p(square / degrees) + log_gamma_step(a)) * sqrt(y) / 1.7724538509055160273;
    if (x < (a + 1) / (a + 2.5))
        return front * beta_fraction(a, 0.5, x) / a;
    return fmax(0, 1 - front * beta_fraction(0.5, a, y) / 0.5);
}

double results_student_975_of(double degrees)
{
    double low = 0, high = 1;
    if (!(degrees > 0))
        return (double)NAN;
    while (results_student_two_sided(high, degrees) > 0.05 && high < 1e300)
        high *= 2;
    for (int i = 0; i < 200 && low < high; i++) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        if (results_student_two_sided(middle, degrees) > 0.05)
            low = middle;
        else
            high = middle;
    }
    return high;
}
