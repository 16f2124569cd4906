#include "ui/tui/chart/scale.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double huge = 1e300;

bool sl_scale_shows(double value, bool log) {
    return isfinite(value) && (!log || value > 0);
}

sl_scale sl_scale_new(double low, double high, bool log) {
    low = fmax(-huge, fmin(huge, low));
    high = fmax(low, fmin(huge, high));
    if (log) {
        low = log10(low);
        high = log10(high);
    }
    bool constant = !(high - low > 1e-12 * fmax(fabs(low), fabs(high))) || high - low < 1e-300;
    if (constant) {
        double room = log ? 0.5 : fabs(low) < 1e-290 ? 1 : fabs(low) * 0.1;
        double middle = low;
        low = middle - room;
        high = middle + room;
    }
    return (sl_scale){.low = low, .high = high, .log = log, .constant = constant};
}

double sl_scale_place(const sl_scale *scale, double value) {
    if (scale->log) {
        if (value <= 0) return -1e6;
        value = log10(value);
    }
    return (value - scale->low) / (scale->high - scale->low);
}

double sl_scale_value(const sl_scale *scale, double place) {
    double value = scale->low + place * (scale->high - scale->low);
    return scale->log ? pow(10, value) : value;
}

// ---- numbers ---------------------------------------------------------------------------------------------------------------

// 2.50e-04 is 2.5e-4.
static void shorten_exponent(char *text) {
    char *e = strchr(text, 'e');
    if (!e) return;
    char *digits = e + 1, *end = e;
    bool negative = *digits == '-';
    if (*digits == '-' || *digits == '+') digits++;
    while (*digits == '0' && digits[1]) digits++;
    if (memchr(text, '.', (size_t)(e - text))) {
        while (end[-1] == '0') end--;
        if (end[-1] == '.') end--;
    }
    char rest[SL_NUMBER_SIZE];
    snprintf(rest, sizeof rest, "e%s%s", negative ? "-" : "", digits);
    memmove(end, rest, strlen(rest) + 1);
}

// The power of ten of the first digit.
static int magnitude(double value) {
    return (int)floor(log10(fabs(value)) + 1e-9);
}

// To so many digits: 0.99996 is 1.000.
static double rounded(double value, int digits) {
    char text[SL_NUMBER_SIZE];
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    return strtod(text, NULL);
}

static void write_with_digits(char *text, size_t size, double value, int digits) {
    double amount = fabs(value);
    bool whole = value == floor(value);
    if (amount >= 1e-300 && (amount >= 99999.5 || !whole)) {
        value = rounded(value, digits);
        amount = fabs(value);
    }
    if (value == 0) {
        snprintf(text, size, "0");
    } else if (amount >= 99999.5 && amount < 1e15) {
        int group = (int)fmin(4, floor((log10(amount) + 1e-9) / 3));
        double scaled = value / pow(10, 3 * group);
        snprintf(text, size, "%.*f%c", (int)fmax(0, digits - 1 - magnitude(scaled)), scaled, "?kMGT"[group]);
    } else if (amount >= 99999.5 || amount < 1e-3) {
        snprintf(text, size, "%.*e", digits - 1, value);
        shorten_exponent(text);
    } else if (whole) {
        snprintf(text, size, "%.0f", value);
    } else {
        snprintf(text, size, "%.*f", (int)fmax(0, digits - 1 - magnitude(value)), value);
    }
}

const char *sl_number_text(char text[SL_NUMBER_SIZE], double value, int columns) {
    if (isnan(value)) {
        snprintf(text, SL_NUMBER_SIZE, "nan");
    } else if (isinf(value)) {
        snprintf(text, SL_NUMBER_SIZE, value > 0 ? "inf" : "-inf");
    } else {
        for (int digits = 4; digits > 0; digits--) {
            write_with_digits(text, SL_NUMBER_SIZE, value, digits);
            if ((int)strlen(text) <= columns) return text;
        }
        if (fabs(value) >= 1000 && fabs(value) < 99999.5) { // whole thousands where the number itself is too long
            snprintf(text, SL_NUMBER_SIZE, "%.0fk", value / 1000);
        }
    }
    if ((int)strlen(text) > columns) snprintf(text, SL_NUMBER_SIZE, "#");
    return text;
}

const char *sl_percent_text(char text[SL_NUMBER_SIZE], double share) {
    if (!isfinite(share) || fabs(share) > 1e6) {
        snprintf(text, SL_NUMBER_SIZE, "-");
    } else {
        snprintf(text, SL_NUMBER_SIZE, "%.1f", fabs(share) < 0.0005 ? 0 : 100 * share); // not -0.0
    }
    return text;
}

const char *sl_duration_text(char text[SL_NUMBER_SIZE], double seconds) {
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e10) {
        snprintf(text, SL_NUMBER_SIZE, "-");
        return text;
    }
    int64_t whole = (int64_t)(seconds + 0.5);
    int s = (int)(whole % 60), m = (int)(whole / 60 % 60), h = (int)(whole / 3600 % 24), d = (int)(whole / 86400);
    if (d > 0) {
        snprintf(text, SL_NUMBER_SIZE, "%dd %02dh", d, h);
    } else if (h > 0) {
        snprintf(text, SL_NUMBER_SIZE, "%d:%02d:%02d", h, m, s);
    } else if (m > 0) {
        snprintf(text, SL_NUMBER_SIZE, "%d:%02d", m, s);
    } else {
        snprintf(text, SL_NUMBER_SIZE, "%ds", s);
    }
    return text;
}

// ---- ticks -----------------------------------------------------------------------------------------------------------------

// 1, 2 or 5 times a power of ten, the smallest that is not less than `least`.
static double round_step(double least) {
    double power = pow(10, floor(log10(least)));
    static const double factors[] = {1, 2, 5};
    for (int i = 0; i < 3; i++) {
        if (factors[i] * power >= least * (1 - 1e-9)) return factors[i] * power;
    }
    return 10 * power;
}

static double round_time(double least) {
    static const double steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i] >= least * (1 - 1e-9)) return steps[i];
    }
    return 86400 * round_step(least / 86400);
}

static double step_of(double least, sl_tick_kind kind) {
    if (kind == SL_TICK_TIME) return least < 1 ? fmax(1e-3, round_step(least)) : round_time(least);
    double step = round_step(least);
    return kind == SL_TICK_WHOLE ? fmax(1, step) : step;
}

static void add(sl_ticks *ticks, double value) {
    if (ticks->count < SL_TICKS) ticks->values[ticks->count++] = value;
}

static double put_linear(const sl_scale *scale, int about, sl_tick_kind kind, sl_ticks *ticks) {
    double step = step_of((scale->high - scale->low) / about, kind);
    ticks->count = 0;
    double near = 1e-6 * fmin(1, (scale->high - scale->low) / step); // an end that is as good as round has a tick
    double last = floor(scale->high / step + near);
    for (double i = ceil(scale->low / step - near); i <= last && ticks->count < SL_TICKS; i++) add(ticks, i == 0 ? 0 : i * step);
    return step;
}

// Powers of ten, with 2 and 5 times them where few lie on the axis; thinned out where there are too many.
static void put_log(const sl_scale *scale, int about, sl_ticks *ticks) {
    static const double factors[] = {1, 2, 5};
    double decades = scale->high - scale->low;
    int every = (int)fmax(1, ceil(decades / about)), used = decades < 2 && about >= 3 ? 3 : 1;
    for (int power = (int)floor(scale->low); power <= (int)ceil(scale->high); power++) {
        if (power % every) continue;
        for (int i = 0; i < used; i++) {
            double place = power + log10(factors[i]);
            if (place >= scale->low - 1e-9 && place <= scale->high + 1e-9) add(ticks, factors[i] * pow(10, power));
        }
    }
    if (ticks->count >= 2) return;
    ticks->count = 0;
    if (scale->constant) {
        add(ticks, pow(10, (scale->low + scale->high) / 2));
    } else {
        add(ticks, pow(10, scale->low));
        add(ticks, pow(10, scale->high));
    }
}

static void time_text(char *text, double seconds, double step) {
    double amount = fabs(seconds);
    const char *sign = seconds < 0 ? "-" : "";
    if (amount < step * 1e-6 || amount > 1e12) {
        snprintf(text, SL_NUMBER_SIZE, amount > 1e12 ? "#" : "0");
        return;
    }
    int64_t whole = (int64_t)(amount + 0.5);
    int rest = (int)(whole % 60), minutes = (int)(whole / 60 % 60), hours = (int)(whole / 3600 % 24);
    if (step < 1) {
        snprintf(text, SL_NUMBER_SIZE, "%s%.*fs", sign, (int)fmax(0, -magnitude(step)), amount);
    } else if (whole < 60) {
        snprintf(text, SL_NUMBER_SIZE, "%s%ds", sign, rest);
    } else if (whole < 3600) {
        snprintf(text, SL_NUMBER_SIZE, rest ? "%s%dm%02d" : "%s%dm", sign, minutes, rest);
    } else if (whole < 172800 && step < 86400) {
        snprintf(text, SL_NUMBER_SIZE, minutes ? "%s%dh%02d" : "%s%dh", sign, (int)(whole / 3600), minutes);
    } else {
        snprintf(text, SL_NUMBER_SIZE, hours ? "%s%.0fd%02d" : "%s%.0fd", sign, floor(amount / 86400), hours);
    }
}

// A number with as many digits as its neighbours at the distance `step` need.
static void tick_text(char *text, double value, double step, double greatest) {
    if (fabs(value) < step * 1e-6) {
        snprintf(text, SL_NUMBER_SIZE, "0");
    } else if (step >= 1000 && greatest >= 1e4 && greatest < 1e15) {
        int group = (int)fmin(4, floor((log10(greatest) + 1e-9) / 3));
        if (step < 0.1 * pow(10, 3 * group)) group = (int)fmin(4, floor((log10(step) + 1e-9) / 3));
        double unit = pow(10, 3 * group);
        snprintf(text, SL_NUMBER_SIZE, "%.*f%c", fmod(step, unit) == 0 ? 0 : 1, value / unit, "?kMGT"[group]);
    } else if (fabs(value) >= 1e6 || step < 1e-8 || (step < 1e-4 && greatest < 1e-2)) {
        int digits = (int)fmax(0, fmin(6, magnitude(value) - magnitude(step)));
        snprintf(text, SL_NUMBER_SIZE, "%.*e", digits, value);
        shorten_exponent(text);
    } else {
        snprintf(text, SL_NUMBER_SIZE, "%.*f", (int)fmax(0, -magnitude(step)), value);
    }
}

void sl_scale_ticks(const sl_scale *scale, int about, sl_tick_kind kind, sl_ticks *ticks) {
    memset(ticks, 0, sizeof *ticks);
    if (about < 1) about = 1;
    if (about > SL_TICKS / 2) about = SL_TICKS / 2;
    double step = 0, unit = kind == SL_TICK_PERCENT ? 100 : 1;
    if (scale->log) {
        put_log(scale, about, ticks);
    } else if (scale->constant) {
        add(ticks, (scale->low + scale->high) / 2);
    } else {
        step = put_linear(scale, about, kind, ticks);
        for (int more = 2 * about; ticks->count < 2 && more < 64; more *= 2) { // no round number lies on a short axis
            step = put_linear(scale, more, kind, ticks);
        }
        if (ticks->count == 0) add(ticks, scale->low);
    }
    double greatest = 0;
    for (int i = 0; i < ticks->count; i++) greatest = fmax(greatest, fabs(unit * ticks->values[i]));
    for (int i = 0; i < ticks->count; i++) {
        double value = ticks->values[i];
        if (kind == SL_TICK_TIME) {
            time_text(ticks->texts[i], value, step > 0 ? step : 1);
        } else if (step > 0) {
            tick_text(ticks->texts[i], unit * value, unit * step, greatest);
        } else {
            // "0.2500" is 0.25: of single numbers and powers no digits are to agree
            char *text = ticks->texts[i];
            snprintf(text, SL_NUMBER_SIZE, "%.3g", unit * value);
            if (strchr(text, 'e')) sl_number_text(text, unit * value, 7);
        }
    }
}
