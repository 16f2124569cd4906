#include "tests/support/compare.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

bool sl_comparison_fail(sl_comparison *comparison, const char *format, ...) {
    if (comparison->failures++ == 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(comparison->message, sizeof comparison->message, format, arguments);
        va_end(arguments);
    }
    return false;
}

// Largest magnitude; NaN when there is a value that is not finite.
static double scale_of(const sl_tensor *tensor) {
    sl_shape s = sl_tensor_shape(tensor);
    double scale = 0.0;
    for (int64_t n = 0; n < s.n; n++)
        for (int64_t c = 0; c < s.c; c++)
            for (int64_t h = 0; h < s.h; h++)
                for (int64_t w = 0; w < s.w; w++) {
                    double value = sl_tensor_get(tensor, n, c, h, w);
                    if (!isfinite(value)) return NAN;
                    if (fabs(value) > scale) scale = fabs(value);
                }
    return scale;
}

static double relative(double difference, double scale) {
    if (difference == 0.0) return 0.0;
    return scale > 0.0 ? difference / scale : INFINITY;
}

static void note_worst(sl_comparison *comparison, double error) {
    if (isfinite(error) && error > comparison->worst) comparison->worst = error;
}

bool sl_comparison_tensor(sl_comparison *comparison, const char *name, const sl_tensor *actual, const sl_tensor *expected) {
    comparison->compared++;
    if (!actual) return sl_comparison_fail(comparison, "%s: missing", name);
    sl_shape s = sl_tensor_shape(expected), have = sl_tensor_shape(actual);
    char a[96], b[96];
    if (sl_tensor_dtype(actual) != sl_tensor_dtype(expected))
        return sl_comparison_fail(comparison, "%s: dtype %s, expected %s", name, sl_dtype_name(sl_tensor_dtype(actual)),
                                  sl_dtype_name(sl_tensor_dtype(expected)));
    if (!sl_shape_equal(have, s))
        return sl_comparison_fail(comparison, "%s: shape %s, expected %s", name, sl_shape_text(have, a), sl_shape_text(s, b));
    if (sl_shape_count(s) == 0)
        return sl_comparison_fail(comparison, "%s: no element to compare in %s", name, sl_shape_text(s, b));
    double scale = scale_of(expected), limit = comparison->tolerance * scale + comparison->absolute;
    if (isnan(scale)) return sl_comparison_fail(comparison, "%s: the expected tensor holds a value that is not finite", name);

    int64_t different = 0, first[4] = {0};
    for (int64_t n = 0; n < s.n; n++)
        for (int64_t c = 0; c < s.c; c++)
            for (int64_t h = 0; h < s.h; h++)
                for (int64_t w = 0; w < s.w; w++) {
                    double difference = fabs(sl_tensor_get(actual, n, c, h, w) - sl_tensor_get(expected, n, c, h, w));
                    note_worst(comparison, relative(difference, scale));
                    if (difference <= limit) continue;
                    if (different++ == 0) first[0] = n, first[1] = c, first[2] = h, first[3] = w;
                }
    if (different == 0) return true;
    double x = sl_tensor_get(actual, first[0], first[1], first[2], first[3]);
    double y = sl_tensor_get(expected, first[0], first[1], first[2], first[3]);
    return sl_comparison_fail(
        comparison,
        "%s: element n=%lld c=%lld h=%lld w=%lld of %s is %.9g, expected %.9g: off by %.3g of the scale %.3g, "
        "tolerance %.3g (%lld of %lld elements differ)",
        name, (long long)first[0], (long long)first[1], (long long)first[2], (long long)first[3], sl_shape_text(s, b), x, y,
        relative(fabs(x - y), scale), scale, comparison->tolerance, (long long)different, (long long)sl_shape_count(s));
}

bool sl_comparison_number(sl_comparison *comparison, const char *name, double actual, double expected) {
    comparison->compared++;
    if (!isfinite(expected)) return sl_comparison_fail(comparison, "%s: the expected number is %g", name, expected);
    double difference = fabs(actual - expected), error = relative(difference, fabs(expected));
    note_worst(comparison, error);
    if (difference <= comparison->tolerance * fabs(expected) + comparison->absolute) return true;
    return sl_comparison_fail(comparison, "%s: is %.17g, expected %.17g: off by %.3g of it, tolerance %.3g", name, actual,
                              expected, error, comparison->tolerance);
}

bool sl_comparison_ok(sl_comparison *comparison) {
    if (comparison->compared == 0) sl_comparison_fail(comparison, "nothing was compared");
    return comparison->failures == 0;
}
