#include "ui/tui/frame/present.h"
#include "ui/health.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// What is no number; false: it is one.
static bool odd(double value, char *out) {
    if (isfinite(value)) return false;
    snprintf(out, SL_SHORT_BYTES, "%s", isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
    return true;
}

const char *sl_show_loss(double value, char out[SL_SHORT_BYTES]) {
    double size = fabs(value);
    if (odd(value, out)) return out;
    if (size != 0 && (size < 0.001 || size >= 99999.5))
        snprintf(out, SL_SHORT_BYTES, "%.0e", value);
    else
        snprintf(out, SL_SHORT_BYTES, "%.*f", size < 9.9995 ? 3 : size < 99.995 ? 2 : size < 999.95 ? 1 : 0, value);
    return out;
}

const char *sl_show_percent(double share, char out[SL_SHORT_BYTES]) {
    if (!odd(share, out)) snprintf(out, SL_SHORT_BYTES, "%.1f", 100 * share);
    return out;
}

const char *sl_show_whole_percent(double share, char out[SL_SHORT_BYTES]) {
    if (!odd(share, out)) snprintf(out, SL_SHORT_BYTES, "%.0f %%", 100 * share);
    return out;
}

const char *sl_show_rate(double value, char out[SL_SHORT_BYTES]) {
    if (odd(value, out)) return out;
    if (value >= 9999.5) return sl_show_count(value < 1e18 ? (int64_t)value : INT64_MAX, out);
    snprintf(out, SL_SHORT_BYTES, "%.*f", value < 0.995 ? 2 : value < 99.95 ? 1 : 0, value);
    return out;
}

const char *sl_show_span(double seconds, char out[SL_SHORT_BYTES]) {
    if (odd(seconds, out)) return out;
    long long all = seconds < 0 ? 0 : seconds > 1e15 ? (long long)1e15 : (long long)(seconds + 0.5);
    if (all >= 2 * 86400)
        snprintf(out, SL_SHORT_BYTES, "%lld d %02lld h", all / 86400, all / 3600 % 24);
    else if (all >= 3600)
        snprintf(out, SL_SHORT_BYTES, "%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
    else
        snprintf(out, SL_SHORT_BYTES, "%lld:%02lld", all / 60, all % 60);
    return out;
}

const char *sl_show_age(double seconds, char out[SL_SHORT_BYTES]) {
    static const struct {
        double most, unit;
        const char *name;
    } units[] = {{99.5, 1, "s"}, {5970, 60, "min"}, {172800, 3600, "h"}, {INFINITY, 86400, "d"}};
    if (odd(seconds, out)) return out;
    if (seconds < 0) seconds = 0;
    int i = 0;
    while (seconds >= units[i].most) i++;
    snprintf(out, SL_SHORT_BYTES, "%.0f %s", seconds / units[i].unit, units[i].name);
    return out;
}

static const char *show_time(double time, const char *format, char *out) {
    struct tm parts;
    if (odd(time, out)) return out;
    time_t whole = fabs(time) < 1e14 ? (time_t)time : 0;
    if (fabs(time) >= 1e14 || !localtime_r(&whole, &parts) || !strftime(out, SL_SHORT_BYTES, format, &parts))
        snprintf(out, SL_SHORT_BYTES, "-");
    return out;
}

const char *sl_show_clock(double time, char out[SL_SHORT_BYTES]) {
    return show_time(time, "%H:%M:%S", out);
}
const char *sl_show_date(double time, char out[SL_SHORT_BYTES]) {
    return show_time(time, "%Y-%m-%d %H:%M", out);
}

const char *sl_show_count(int64_t value, char out[SL_SHORT_BYTES]) {
    double size = fabs((double)value);
    int unit = size < 9999.5 ? 0 : size < 999500 ? 1 : size < 999.5e6 ? 2 : 3;
    static const char *const units[] = {"", "k", "M", "G"};
    double number = (double)value / (unit == 0 ? 1 : unit == 1 ? 1e3 : unit == 2 ? 1e6 : 1e9);
    snprintf(out, SL_SHORT_BYTES, "%.*f%s", unit > 0 && fabs(number) < 9.95 ? 1 : 0, number, units[unit]);
    return out;
}

const char *sl_show_bytes(double bytes, char out[SL_SHORT_BYTES]) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int unit = 0;
    if (odd(bytes, out)) return out;
    for (; unit < 4 && fabs(bytes) >= 1023.5; unit++) bytes /= 1024;
    snprintf(out, SL_SHORT_BYTES, "%.*f %s", unit > 0 && fabs(bytes) < 9.95 ? 1 : 0, bytes, units[unit]);
    return out;
}

// ---- states -----------------------------------------------------------------------------------------------------------------

static const struct {
    const char *name;
    sl_color color;
    uint32_t symbol;
    char ascii;
} states[] = {
    [SL_STATE_RUNNING] = {"running", SL_COLOR_RUN, 0x25CF, '*'}, [SL_STATE_PAUSED] = {"paused", SL_COLOR_WARN, 0x2016, '='},
    [SL_STATE_DONE] = {"done", SL_COLOR_GOOD, 0x2713, '+'},      [SL_STATE_STOPPED] = {"stopped", SL_COLOR_WARN, 0x25A0, '#'},
    [SL_STATE_FAILED] = {"failed", SL_COLOR_BAD, 0x2717, 'x'},   [SL_STATE_DIVERGED] = {"diverged", SL_COLOR_BAD, '!', '!'},
    [SL_STATE_DEAD] = {"dead", SL_COLOR_BAD, 0x25CB, 'o'},
};

const char *sl_state_name(sl_run_state state) {
    return states[state].name;
}
sl_color sl_state_color(sl_run_state state) {
    return states[state].color;
}
uint32_t sl_state_symbol(sl_run_state state, bool utf8) {
    return utf8 ? states[state].symbol : (unsigned char)states[state].ascii;
}

sl_color sl_severity_color(int severity) {
    return severity >= SL_SEVERITY_BAD ? SL_COLOR_BAD : severity == SL_SEVERITY_WARN ? SL_COLOR_WARN : SL_COLOR_DIM;
}

void sl_show_bar(sl_frame *frame, sl_rect clip, int x, int y, int width, sl_style style, double share) {
    if (!(share > 0)) share = 0;
    if (share > 1) share = 1;
    int eighths = (int)lround(share * width * 8);
    if (eighths == 0 && share > 0) eighths = 1;
    for (int i = 0; i < width; i++) {
        int here = eighths - 8 * i;
        uint32_t character = here >= 8 ? 0x2588 : here <= 0 ? ' ' : 0x2590u - (uint32_t)here;
        if (!frame->utf8) character = here >= 4 ? '#' : here > 0 && i == 0 ? '|' : '-';
        sl_style cell = style;
        if (!frame->utf8 && here < 4) cell.foreground = SL_COLOR_DIM;
        sl_frame_put(frame, clip, x + i, y, cell, character);
    }
}
