#include "ui/health.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"
#include "ui/tui/frame/unicode.h"
#include "ui/tui/screens/run_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// A label and a text, or a bar.
typedef struct part {
    int rank; // the greatest is left out first
    const char *label;
    char text[160];
    sl_style style;
    double bar; // a share; NAN: no bar
    int most;   // columns of the text; 0: all it has
} part;

enum { PARTS = 16, BAR_LEAST = 8, BAR_MOST = 32, TEXT_MOST = 48 };

typedef struct row {
    part parts[PARTS];
    int count;
} row;

static void put(row *r, int rank, sl_color color, const char *label, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void put(row *r, int rank, sl_color color, const char *label, const char *format, ...) {
    if (r->count == PARTS) return;
    part *p = &r->parts[r->count++];
    *p = (part){.rank = rank, .label = label, .style = {color, 0, 0}, .bar = NAN};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(p->text, sizeof p->text, format, arguments);
    va_end(arguments);
}

// Texts from anywhere; empty ones are no part.
static void put_text(row *r, int rank, sl_color color, const char *label, const char *text) {
    if (!text || !*text) return;
    put(r, rank, color, label, "%.150s", text);
    r->parts[r->count - 1].most = TEXT_MOST;
}

static void put_bar(row *r, int rank, sl_color color, double share) {
    put(r, rank, color, NULL, "%s", "");
    r->parts[r->count - 1].bar = share;
}

static int columns_of(const part *p, bool utf8) {
    if (!isnan(p->bar)) return BAR_LEAST;
    int columns = sl_text_columns(p->text, utf8);
    if (p->most > 0 && columns > p->most) columns = p->most;
    return (p->label ? sl_text_columns(p->label, utf8) + 1 : 0) + columns;
}

static int row_columns(const row *r, bool utf8) {
    int width = 0;
    for (int i = 0; i < r->count; i++) width += columns_of(&r->parts[i], utf8) + (i > 0 ? 2 : 0);
    return width;
}

static void leave_out(row *r) {
    int worst = 0;
    for (int i = 1; i < r->count; i++)
        if (r->parts[i].rank >= r->parts[worst].rank) worst = i;
    memmove(&r->parts[worst], &r->parts[worst + 1], (size_t)(--r->count - worst) * sizeof *r->parts);
}

// What is still to come is shown too.
static void draw_bar(sl_frame *frame, sl_rect area, int x, int width, const part *p) {
    int filled = (int)lround(fmax(0, fmin(1, p->bar)) * width);
    for (int k = 0; k < width; k++) {
        sl_style style = {k < filled ? p->style.foreground : SL_COLOR_DIM, 0, 0};
        sl_frame_put(frame, area, x + k, area.y, style, frame->utf8 ? (k < filled ? 0x2588 : 0x2591) : (k < filled ? '#' : '-'));
    }
}

static void draw_row(row *r, sl_frame *frame, sl_rect area) {
    while (r->count > 1 && row_columns(r, frame->utf8) > area.width) leave_out(r);
    int spare = area.width - row_columns(r, frame->utf8), x = area.x;
    for (int i = 0; i < r->count; i++) {
        const part *p = &r->parts[i];
        if (!isnan(p->bar)) {
            int width = BAR_LEAST + (spare > BAR_MOST - BAR_LEAST ? BAR_MOST - BAR_LEAST : spare > 0 ? spare : 0);
            draw_bar(frame, area, x, width, p);
            x += width + 2;
            continue;
        }
        if (p->label) x = sl_frame_text(frame, area, x, area.y, (sl_style){SL_COLOR_DIM, 0, 0}, p->label) + 1;
        int end = x + (p->most > 0 ? p->most : area.width);
        x = sl_frame_text(frame, sl_rect_common(area, (sl_rect){x, area.y, end - x, 1}), x, area.y, p->style, p->text);
        x = (x < end ? x : end) + 2;
    }
}

// ---- what is told -----------------------------------------------------------------------------------------------------------

bool sl_run_best(const sl_run_detail *detail, double *miou, int64_t *step) {
    bool found = false;
    for (size_t i = 0; i < detail->evaluations; i++) {
        double sum = 0;
        size_t count = 0;
        for (size_t k = 0; k < detail->classes; k++) {
            double iou = detail->iou[i * detail->classes + k];
            if (isnan(iou)) continue;
            sum += iou;
            count++;
        }
        if (count == 0 || (found && sum / (double)count <= *miou)) continue;
        *miou = sum / (double)count;
        *step = detail->evaluation_steps[i];
        found = true;
    }
    return found;
}

// How and when it ended, or will.
static void put_end(const sl_app *app, const sl_run_row *run, row *r) {
    char text[SL_SHORT_BYTES], took[SL_SHORT_BYTES];
    bool live = sl_state_trains(run->state) || run->state == SL_STATE_DEAD;
    if (run->state == SL_STATE_RUNNING && isfinite(run->seconds_left))
        put(r, 3, SL_COLOR_TITLE, "ETA", "%s", sl_show_span(run->seconds_left, text));
    else if (run->state == SL_STATE_DEAD && isfinite(run->heartbeat_age))
        put(r, 3, SL_COLOR_BAD, "last seen", "%s ago", sl_show_age(run->heartbeat_age, text));
    if (!live && run->ended > 0) put(r, 3, SL_COLOR_DEFAULT, "ended", "%s ago", sl_show_age(app->now - run->ended, text));
    if (isfinite(run->duration) && run->duration > 0)
        put(r, live ? 9 : 6, SL_COLOR_DEFAULT, live ? "trained" : "after", "%s", sl_show_span(run->duration, took));
}

static void tell_what(const sl_app *app, const sl_run_detail *detail, bool utf8, int width, row *r) {
    const sl_run_row *run = &detail->run;
    sl_color color = sl_state_color(run->state);
    bool varies = run->varies && *run->varies;
    char symbol[5] = "", percent[SL_SHORT_BYTES];
    sl_unicode_write(sl_state_symbol(run->state, utf8), symbol);
    put(r, 0, color, NULL, "%s %s", symbol, sl_state_name(run->state));
    r->parts[0].style.attributes = SL_ATTR_BOLD;
    const char *name = varies ? run->varies : run->name;
    if (name && *name) {
        put_text(r, 1, SL_COLOR_TITLE, NULL, name);
        r->parts[r->count - 1].style.attributes = SL_ATTR_BOLD;
        r->parts[r->count - 1].most = width / 3;
    }
    if (varies && run->name && run->experiment && strcmp(run->name, run->experiment) != 0)
        put_text(r, 12, SL_COLOR_DEFAULT, NULL, run->name);
    if (run->step >= 0 && run->steps > 0) {
        double share = (double)run->step / (double)run->steps;
        put(r, 2, SL_COLOR_DEFAULT, "step", "%lld/%lld", (long long)run->step, (long long)run->steps);
        if (run->step < run->steps) put_bar(r, 5, color, share);
        if (run->step < run->steps)
            put(r, 8, SL_COLOR_DEFAULT, NULL, "%s", sl_show_whole_percent(floor(100 * share) / 100, percent));
    } else if (run->step >= 0)
        put(r, 2, SL_COLOR_DEFAULT, "step", "%lld", (long long)run->step);
    put_end(app, run, r);
    put_text(r, 10, SL_COLOR_DEFAULT, "of", run->experiment);
    put_text(r, 11, SL_COLOR_DEFAULT, "by", run->method);
    put_text(r, 13, SL_COLOR_ACCENT, "tags", run->tags);
}

static void tell_how(const sl_run_detail *detail, row *r) {
    const sl_run_row *run = &detail->run;
    char text[SL_SHORT_BYTES];
    double best = NAN;
    int64_t step = -1;
    bool live = sl_state_trains(run->state);
    if (isfinite(run->miou)) put(r, 0, SL_COLOR_TITLE, "mIoU", "%s", sl_show_percent(run->miou, text));
    if (isfinite(run->miou)) r->parts[r->count - 1].style.attributes = SL_ATTR_BOLD;
    if (sl_run_best(detail, &best, &step))
        put(r, 1, SL_COLOR_GOOD, "best", "%s @%lld", sl_show_percent(best, text), (long long)step);
    if (!isfinite(run->miou)) put(r, 1, SL_COLOR_DIM, NULL, "no evaluation yet");
    if (isfinite(run->steps_per_second) && run->steps_per_second > 0)
        put(r, 2, SL_COLOR_DEFAULT, NULL, "%s it/s", sl_show_rate(run->steps_per_second, text));
    if (isfinite(run->images_per_second) && run->images_per_second > 0)
        put(r, 4, SL_COLOR_DEFAULT, NULL, "%s images/s", sl_show_rate(run->images_per_second, text));
    const struct {
        const char *label;
        double value;
    } losses[] = {{"seg", run->seg}, {"semi", run->semi}, {"D", run->discriminator}};
    for (int i = 0; i < 3; i++)
        if (isfinite(losses[i].value))
            put(r, 8 + i, SL_COLOR_DEFAULT, losses[i].label, "%s", sl_show_loss(losses[i].value, text));
    if (isfinite(run->kept)) put(r, 11, SL_COLOR_DEFAULT, "kept", "%s", sl_show_whole_percent(run->kept, text));
    if (run->cpu > 0) put(r, 5, SL_COLOR_DEFAULT, "cpu", "%s", sl_show_whole_percent(run->cpu, text));
    if (run->memory > 0) put(r, 6, SL_COLOR_DEFAULT, "mem", "%s", sl_show_bytes(run->memory, text));
    if (live && isfinite(run->heartbeat_age))
        put(r, 7, run->heartbeat_age > 25 ? SL_COLOR_WARN : SL_COLOR_DEFAULT, "heartbeat", "%s",
            sl_show_age(run->heartbeat_age, text));
}

static void tell_where(const sl_run_detail *detail, row *r) {
    const sl_run_row *run = &detail->run;
    char text[SL_SHORT_BYTES];
    put_text(r, 0, SL_COLOR_DEFAULT, "on", run->host);
    put_text(r, 1, SL_COLOR_DEFAULT, NULL, run->device);
    if (detail->threads > 0 && !(run->device && strstr(run->device, "thread")))
        put(r, 4, SL_COLOR_DEFAULT, NULL, "%lld thread%s", (long long)detail->threads, detail->threads == 1 ? "" : "s");
    if (detail->pid > 0) put(r, 3, SL_COLOR_DEFAULT, "pid", "%lld", (long long)detail->pid);
    if (run->seed >= 0) put(r, 5, SL_COLOR_DEFAULT, "seed", "%lld", (long long)run->seed);
    if (isfinite(run->started)) put(r, 2, SL_COLOR_DEFAULT, "started", "%s", sl_show_date(run->started, text));
    if (detail->resumes > 0)
        put(r, 6, SL_COLOR_DEFAULT, "resumed", "%lld time%s", (long long)detail->resumes, detail->resumes == 1 ? "" : "s");
    put_text(r, 7, SL_COLOR_DEFAULT, "script", detail->script_path);
    if (detail->git_commit) put(r, 8, SL_COLOR_DEFAULT, "commit", "%.8s", detail->git_commit);
    put_text(r, 9, SL_COLOR_DEFAULT, NULL, detail->versions);
}

void sl_run_header_draw(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect area, const char *words) {
    for (int i = 0; i < area.height && i < 3; i++) {
        row r = {.count = 0};
        sl_rect line = {area.x + 1, area.y + i, area.width - 2, 1};
        if (i == 0)
            tell_what(app, detail, frame->utf8, line.width, &r);
        else if (i == 1)
            tell_how(detail, &r);
        else
            tell_where(detail, &r);
        if (i + 1 == area.height && words && *words) {
            int width = sl_text_columns(words, frame->utf8);
            if (width > line.width / 2) width = line.width / 2;
            sl_rect right = sl_rect_take_right(&line, width);
            sl_frame_text(frame, right, right.x, right.y, (sl_style){SL_COLOR_ACCENT, 0, 0}, words);
            sl_rect_take_right(&line, 2);
        }
        draw_row(&r, frame, line);
    }
}

// ---- what is wrong ----------------------------------------------------------------------------------------------------------

enum { ALARMS = 3, ROWS_OF_ONE = 2 };

typedef struct alarm {
    const char *text;
    int severity;
} alarm;

static int alarms_of(const sl_run_detail *detail, alarm *out) {
    int count = 0;
    const char *error = detail->run.error;
    bool told = !error || !*error;
    for (size_t i = 0; i < detail->finding_count && !told; i++)
        told = strlen(error) < 100 && strstr(detail->findings[i], error) != NULL;
    if (!told) out[count++] = (alarm){error, SL_SEVERITY_BAD};
    for (size_t i = 0; i < detail->finding_count && i < 2; i++)
        out[count++] =
            (alarm){detail->findings[i], detail->finding_severities ? detail->finding_severities[i] : SL_SEVERITY_WARN};
    return count;
}

int sl_run_alarm_rows(const sl_run_detail *detail, int width, bool utf8) {
    alarm alarms[ALARMS];
    int rows = 0, count = alarms_of(detail, alarms);
    for (int i = 0; i < count; i++)
        rows += sl_run_wrap(NULL, (sl_rect){0, 0, width - 4, ROWS_OF_ONE}, ROWS_OF_ONE, utf8, (sl_style){0}, alarms[i].text);
    return rows;
}

void sl_run_alarms_draw(const sl_run_detail *detail, sl_frame *frame, sl_rect area) {
    alarm alarms[ALARMS];
    int count = alarms_of(detail, alarms), errors = count - (int)(detail->finding_count < 2 ? detail->finding_count : 2);
    int shown = count < area.height ? count : area.height, left = errors + (int)detail->finding_count - shown;
    char more[40] = "";
    if (left > 0) snprintf(more, sizeof more, "a: %d more", left);
    for (int i = 0; i < shown; i++) {
        // Each gets a row before another gets its second.
        int most = area.height - (shown - i - 1), width = area.width - 4;
        if (i == 0 && left > 0) {
            width -= (int)strlen(more) + 2;
            sl_frame_text(frame, area, area.x + area.width - 1 - (int)strlen(more), area.y, (sl_style){SL_COLOR_DIM, 0, 0}, more);
        }
        sl_style style = {sl_severity_color(alarms[i].severity), 0, 0};
        sl_frame_put(frame, area, area.x + 1, area.y, (sl_style){style.foreground, 0, SL_ATTR_BOLD}, '!');
        int rows = sl_run_wrap(frame, (sl_rect){area.x + 3, area.y, width, area.height}, most < ROWS_OF_ONE ? most : ROWS_OF_ONE,
                               frame->utf8, style, alarms[i].text);
        sl_rect_take_top(&area, rows);
    }
}
