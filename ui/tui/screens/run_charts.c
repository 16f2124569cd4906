#include "ui/tui/screens/run_charts.h"

#include <math.h>
#include <string.h>

// What is known by name. "_ema" of a series joins its chart wherever there is one; a name that ends in '*' stands for all that
// begin so.
static const struct family {
    const char *title;
    const char *names[4], *labels[4];
    sl_run_chart_kind kind;
    bool percent, whole; // whole: the axis is from 0 to 1
    bool log;
    sl_best best;
} families[] = {
    {"mIoU %", {"miou", "miou_authors"}, {"standard", "as the authors"}, SL_RUN_EVALUATION, true, false, false, SL_BEST_HIGH},
    {"segmentation loss", {"seg"}, {"seg"}, SL_RUN_METRIC, .log = true},
    {"semi-supervised loss", {"semi"}, {"semi"}, SL_RUN_METRIC, .log = false},
    {"pixels kept %", {"kept"}, {"kept"}, SL_RUN_METRIC, .percent = true, .whole = true},
    {"discriminator loss", {"D", "d_loss", "D_loss"}, {NULL}, SL_RUN_METRIC, .log = false},
    {"discriminator's confidence %",
     {"D_labeled", "D_unlabeled", "D_truth"},
     {"lab", "unlab", "truth"},
     SL_RUN_METRIC,
     .percent = true,
     .whole = true},
    {"confidence %", {"confidence_*"}, {NULL}, SL_RUN_METRIC, .percent = true, .whole = true},
    {"adversarial losses", {"adv", "semi_adv"}, {"adv", "semi_adv"}, SL_RUN_METRIC, .log = false},
    {"pixel accuracy %", {"pixel_accuracy"}, {NULL}, SL_RUN_EVALUATION, .percent = true, .best = SL_BEST_HIGH},
};
enum { FAMILIES = sizeof families / sizeof *families };

typedef struct making {
    const sl_run_detail *detail;
    bool used[SL_RUN_CHARTS];
    sl_run_chart *out;
    size_t count, most;
} making;

static bool starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with) {
    size_t length = strlen(text), part = strlen(with);
    return length >= part && strcmp(text + length - part, with) == 0;
}

static const sl_series *series_at(const making *m, size_t index) {
    return &m->detail->series[index];
}

static size_t series_count(const making *m) {
    return m->detail->series_count < SL_RUN_CHARTS ? m->detail->series_count : SL_RUN_CHARTS;
}

// An unused series of that name, or the count.
static size_t find(const making *m, const char *name, size_t bytes) {
    size_t i = 0;
    for (; i < series_count(m); i++) {
        const char *here = series_at(m, i)->name;
        if (!m->used[i] && strncmp(here, name, bytes) == 0 && here[bytes] == '\0') return i;
    }
    return i;
}

static void add_line(making *m, sl_run_chart *chart, size_t index, const char *label) {
    const sl_series *series = series_at(m, index);
    if (chart->count == SL_RUN_LINES) return;
    m->used[index] = true;
    if (chart->count == 0) chart->name = series->name;
    chart->lines[chart->count] = (sl_chart_line){.series = series, .label = label, .color = (int)chart->count};
    chart->lines[chart->count++].steps = chart->kind == SL_RUN_SCHEDULE && starts(series->name, "option.");
}

// The running means of what the chart shows.
static void add_means(making *m, sl_run_chart *chart) {
    for (size_t i = 0; i < series_count(m); i++) {
        const char *name = series_at(m, i)->name;
        if (m->used[i] || !ends(name, "_ema")) continue;
        size_t bytes = strlen(name) - 4;
        for (size_t k = 0; k < chart->count; k++) {
            const char *of = chart->lines[k].series->name;
            if (strncmp(of, name, bytes) != 0 || of[bytes] != '\0') continue;
            add_line(m, chart, i, NULL);
            if (chart->count == 2) { // the mean is what is looked at, and the values lie behind it
                chart->lines[0].behind = true;
                chart->lines[0].color = 1;
                chart->lines[1].color = 0;
            }
            break;
        }
    }
}

// Whether the lines lie so far apart that one axis shows them only in logarithms.
static bool far_apart(const sl_run_chart *chart) {
    double least = NAN, greatest = NAN;
    for (size_t i = 0; i < chart->count; i++) {
        double top = NAN;
        const sl_series *series = chart->lines[i].series;
        for (size_t k = 0; k < series->count; k++) top = fmax(top, series->columns[k].high);
        least = fmin(least, top);
        greatest = fmax(greatest, top);
    }
    return least > 0 && greatest / least > 20;
}

static void finish(making *m, sl_run_chart *chart) {
    if (chart->count == 0 || m->count == m->most) return;
    if (chart->kind != SL_RUN_SCHEDULE) add_means(m, chart);
    if (chart->count == 1) chart->lines[0].label = NULL;
    m->out[m->count++] = *chart;
}

static void make_family(making *m, const struct family *family) {
    sl_run_chart chart = {.title = family->title,
                          .kind = family->kind,
                          .percent = family->percent,
                          .log = family->log,
                          .best = family->best,
                          .y_high = family->whole ? 1 : 0};
    for (size_t k = 0; k < 4 && family->names[k]; k++) {
        const char *name = family->names[k];
        size_t bytes = strlen(name);
        if (name[bytes - 1] == '*') {
            for (size_t i = 0; i < series_count(m); i++)
                if (!m->used[i] && strncmp(series_at(m, i)->name, name, bytes - 1) == 0)
                    add_line(m, &chart, i, series_at(m, i)->name + bytes - 1);
            continue;
        }
        size_t index = find(m, name, bytes);
        if (index < series_count(m)) add_line(m, &chart, index, family->labels[k]);
    }
    finish(m, &chart);
}

// ---- schedules --------------------------------------------------------------------------------------------------------------

static bool is_rate(const char *name) {
    return strcmp(name, "lr") == 0 || starts(name, "lr_");
}

static bool is_schedule(const char *name) {
    return is_rate(name) || starts(name, "option.");
}

// Whether one of the learning rates shows the option already: they have the same values and the same declared curve.
static bool is_shown(const making *m, const sl_series *option) {
    for (size_t i = 0; i < series_count(m); i++) {
        const sl_series *rate = series_at(m, i);
        if (!is_rate(rate->name) || option->declared_count == 0 || rate->declared_count != option->declared_count) continue;
        bool same = rate->count == option->count;
        for (size_t k = 0; k < rate->declared_count && same; k++)
            same = rate->declared[k].x == option->declared[k].x && rate->declared[k].last == option->declared[k].last;
        for (size_t k = 0; k < rate->count && same; k++) same = rate->columns[k].last == option->columns[k].last;
        if (same) return true;
    }
    return false;
}

static void make_schedules(making *m) {
    sl_run_chart rates = {.title = "learning rate", .kind = SL_RUN_SCHEDULE};
    for (size_t i = 0; i < series_count(m); i++)
        if (!m->used[i] && is_rate(series_at(m, i)->name))
            add_line(m, &rates, i, starts(series_at(m, i)->name, "lr_") ? series_at(m, i)->name + 3 : NULL);
    rates.log = far_apart(&rates);
    finish(m, &rates);
    for (size_t i = 0; i < series_count(m); i++) {
        if (m->used[i] || !is_schedule(series_at(m, i)->name) || is_shown(m, series_at(m, i))) continue;
        const char *name = series_at(m, i)->name;
        sl_run_chart chart = {.title = starts(name, "option.") ? name + 7 : name, .kind = SL_RUN_SCHEDULE};
        add_line(m, &chart, i, NULL);
        finish(m, &chart);
    }
}

// ---- all of them ------------------------------------------------------------------------------------------------------------

size_t sl_run_charts_make(const sl_run_detail *detail, sl_run_chart *out, size_t most) {
    making m = {.detail = detail, .out = out, .most = most};
    for (int i = 0; i < FAMILIES; i++) make_family(&m, &families[i]);
    // What else a script logs; a running mean without its series is a series like others.
    for (int means = 0; means < 2; means++)
        for (size_t i = 0; i < series_count(&m); i++) {
            const char *name = series_at(&m, i)->name;
            if (m.used[i] || is_schedule(name) || (!means && ends(name, "_ema"))) continue;
            bool share = starts(name, "miou") || ends(name, "accuracy");
            sl_run_chart chart = {.title = name,
                                  .kind = share ? SL_RUN_EVALUATION : SL_RUN_METRIC,
                                  .percent = share,
                                  .best = share ? SL_BEST_HIGH : SL_BEST_NONE};
            add_line(&m, &chart, i, NULL);
            finish(&m, &chart);
        }
    make_schedules(&m);
    return m.count;
}

bool sl_run_charts_span(const sl_run_detail *detail, double *low, double *high) {
    *low = *high = NAN;
    for (size_t i = 0; i < detail->series_count; i++) {
        const sl_series *series = &detail->series[i];
        if (series->count == 0) continue;
        *low = fmin(*low, series->columns[0].x);
        *high = fmax(*high, series->columns[series->count - 1].x);
    }
    return isfinite(*low) && isfinite(*high);
}

// ---- steps and seconds ------------------------------------------------------------------------------------------------------

// Where `value` is among ascending `from`, as the value of `to` there.
static double between(const double *from, const double *to, size_t count, double value) {
    if (count == 0) return value;
    size_t low = 0, high = count - 1;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (from[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    // Before the first and after the last: at the pace of the whole.
    if (value < from[0] || value > from[count - 1]) {
        double pace = from[count - 1] > from[0] ? (to[count - 1] - to[0]) / (from[count - 1] - from[0]) : 0;
        return value < from[0] ? to[0] + pace * (value - from[0]) : to[count - 1] + pace * (value - from[count - 1]);
    }
    double share = from[high] > from[low] ? (value - from[low]) / (from[high] - from[low]) : 0;
    return to[low] + share * (to[high] - to[low]);
}

double sl_run_x_of_step(const sl_run_detail *detail, bool by_time, double step) {
    return by_time ? between(detail->clock_steps, detail->clock_times, detail->clock_count, step) : step;
}

double sl_run_step_of_x(const sl_run_detail *detail, bool by_time, double x) {
    return by_time ? between(detail->clock_times, detail->clock_steps, detail->clock_count, x) : x;
}
