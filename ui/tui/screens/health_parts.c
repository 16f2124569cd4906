#include "ui/tui/screens/health_parts.h"
#include "ui/health.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"
#include "ui/tui/frame/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CURSOR = SL_HEALTH_CURSOR, INDENT = 4, TEXT_ROWS = 8, LABEL = 44, REASON_FROM = 110, NAME = 48, VALUE = 9 };

void sl_health_label(const sl_run_row *run, char *out, size_t bytes) {
    snprintf(out, bytes, "%.6s %s", run->uuid ? run->uuid : "", sl_run_called(run));
}

// ---- how it is --------------------------------------------------------------------------------------------------------------

// How it is, in a line: "all is well: 2 runs train", "3 of 12 runs are ill".
void sl_health_state_draw(const sl_app *app, const sl_finding_list *list, sl_frame *frame, sl_rect line) {
    const sl_snapshot *snapshot = app->snapshot;
    bool well = list->worst < SL_SEVERITY_WARN;
    sl_style style = {well ? SL_COLOR_GOOD : sl_severity_color(list->worst), 0, SL_ATTR_BOLD};
    int x = line.x + CURSOR;
    size_t runs = snapshot->run_count;
    if (runs == 0) {
        sl_frame_text(frame, line, x, line.y, (sl_style){SL_COLOR_DIM, 0, 0},
                      app->filter ? "no run fits the filter" : "no runs yet: semiluna run SCRIPT records one");
        return;
    }
    if (list->ill)
        x = sl_frame_printf(frame, line, x, line.y, style, "%zu of %zu run%s", list->ill, runs,
                            runs == 1 ? " is ill" : "s are ill");
    else
        x = sl_frame_text(frame, line, x, line.y, style, well ? "all is well" : "the runs are well");
    if (snapshot->running)
        sl_frame_printf(frame, line, x + 2, line.y, (sl_style){SL_COLOR_DIM, 0, 0}, "%d train%s", snapshot->running,
                        snapshot->running == 1 ? "s" : "");
    else
        sl_frame_text(frame, line, x + 2, line.y, (sl_style){SL_COLOR_DIM, 0, 0}, "none trains");
}

void sl_health_disk_draw(const sl_snapshot *snapshot, sl_frame *frame, sl_rect line) {
    char text[SL_SHORT_BYTES];
    double used = snapshot->disk_total > 0 ? 1 - snapshot->disk_free / snapshot->disk_total : NAN, free = snapshot->disk_free;
    sl_color color = free < 3e8 ? SL_COLOR_BAD : free < 2e9 ? SL_COLOR_WARN : SL_COLOR_GOOD;
    sl_style dim = {SL_COLOR_DIM, 0, 0};
    if (isnan(used)) {
        sl_frame_text(frame, line, line.x, line.y, dim, "disk: not known");
        return;
    }
    int x = sl_frame_text(frame, line, line.x, line.y, dim, "disk ");
    sl_show_bar(frame, line, x, line.y, 10, (sl_style){color, 0, 0}, used);
    x = sl_frame_printf(frame, line, x + 11, line.y, (sl_style){color, 0, 0}, "%s full", sl_show_whole_percent(used, text));
    bool huge = free >= 1e12;
    sl_frame_printf(frame, line, x, line.y, dim, ", %.*f %s free", huge || free < 1e10 ? 1 : 0, free / (huge ? 1e12 : 1e9),
                    huge ? "TB" : "GB");
}

// ---- findings ---------------------------------------------------------------------------------------------------------------

static uint32_t severity_symbol(int severity, bool utf8) {
    if (severity >= SL_SEVERITY_BAD) return utf8 ? 0x2717 : 'X';
    if (severity == SL_SEVERITY_WARN) return utf8 ? 0x25B2 : '!';
    return utf8 ? 0x00B7 : '-';
}

// "method.threshold = 0.2": what the options that a finding names are now. Returns the bytes; 0: none is known.
static size_t options_now(const sl_run_detail *detail, const char *text, char *out, size_t bytes) {
    size_t size = 0, length;
    *out = '\0';
    for (const char *at = text, *option; detail && (option = sl_words_option(at, &length)); at = option + length) {
        char name[128], series[140];
        if (length >= sizeof name) continue;
        memcpy(name, option, length);
        name[length] = '\0';
        const char *value = sl_run_option(detail, name);
        char number[SL_SHORT_BYTES], part[320];
        if (!value) continue;
        snprintf(series, sizeof series, "option.%s", name);
        snprintf(part, sizeof part, "%s = %.100s", name, value);
        if (strstr(out, part)) continue; // named twice
        for (size_t i = 0; i < detail->series_count; i++) {
            const sl_series *used = &detail->series[i];
            if (strcmp(used->name, series) || used->count == 0) continue;
            snprintf(number, sizeof number, "%.4g", used->columns[used->count - 1].last);
            if (strcmp(number, value)) snprintf(part, sizeof part, "%s = %.100s (now %s)", name, value, number);
        }
        int more = snprintf(out + size, bytes - size, "%s%s", size ? "   " : "", part);
        if (more < 0 || (size_t)more >= bytes - size) break;
        size += (size_t)more;
    }
    return size;
}

static int text_width(sl_rect area) {
    return area.width - INDENT - 2;
}

// The options of the chosen finding's run have a row.
static bool has_options_row(const sl_app *app, const sl_finding_item *item, bool here) {
    char text[512];
    return here && item->run && options_now(sl_app_detail(app, item->run->id), item->text, text, sizeof text) > 0;
}

int sl_health_finding_rows(const sl_app *app, const sl_finding_item *item, bool here, sl_rect area, bool utf8) {
    return 2 + sl_words_rows(item->text, text_width(area), TEXT_ROWS, utf8) + has_options_row(app, item, here);
}

void sl_health_finding_draw(const sl_app *app, const sl_finding_item *item, bool here, sl_frame *frame, sl_rect area, int y) {
    sl_style color = {sl_severity_color(item->severity), 0, SL_ATTR_BOLD}, dim = {SL_COLOR_DIM, 0, 0};
    sl_style name = {here ? SL_COLOR_ACCENT : SL_COLOR_TITLE, 0, SL_ATTR_BOLD};
    char label[300];
    if (here) sl_frame_put(frame, area, area.x, y, (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD}, '>');
    sl_frame_put(frame, area, area.x + CURSOR, y, color, severity_symbol(item->severity, frame->utf8));
    sl_rect line = sl_rect_common(area, (sl_rect){area.x + INDENT, y, area.width - INDENT - 1, 1});
    int x = line.x;
    if (item->run) {
        const sl_run_row *run = item->run;
        sl_health_label(run, label, sizeof label);
        int width = sl_text_columns(label, frame->utf8), most = line.width - 24 < LABEL ? line.width - 24 : LABEL;
        if (width > most) width = most;
        sl_frame_text(frame, sl_rect_common(line, (sl_rect){x, y, width, 1}), x, y, name, label);
        x += width + 2;
        // "failed" is said once.
        if (*item->alarm && strcmp(item->alarm, sl_state_name(run->state)) != 0)
            x = sl_frame_text(frame, line, x, y, color, item->alarm) + 2;
        x = sl_frame_text(frame, line, x, y, (sl_style){sl_state_color(run->state), 0, 0}, sl_state_name(run->state)) + 1;
        if (run->step >= 0) x = sl_frame_printf(frame, line, x, y, dim, "at step %lld", (long long)run->step) + 2;
        if (run->experiment && x < line.x + line.width - 8) sl_frame_text(frame, line, x, y, dim, run->experiment);
    } else {
        x = sl_frame_text(frame, line, x, y, name, "the disk") + 2;
        sl_frame_text(frame, line, x, y, color, item->alarm);
    }
    line = (sl_rect){area.x + INDENT, y + 1, text_width(area), area.y + area.height - y - 1};
    int rows = sl_words_draw(frame, line, TEXT_ROWS, (sl_style){0}, (sl_style){SL_COLOR_ACCENT, 0, 0}, item->text);
    char now[512];
    if (!here || !item->run || !options_now(sl_app_detail(app, item->run->id), item->text, now, sizeof now)) return;
    sl_rect_take_top(&line, rows);
    sl_frame_text(frame, sl_rect_take_top(&line, 1), line.x, y + 1 + rows, dim, now);
}

// ---- what is looked for -----------------------------------------------------------------------------------------------------

// Beside its name and value, where there is room for that.
static int reason_width(sl_rect area) {
    return area.width - INDENT - NAME - VALUE - 4;
}

int sl_health_limit_rows(const sl_health_limit *limit, sl_rect area, bool utf8) {
    int title = limit == sl_health_limits ? 2 : 0; // of this part of the list
    if (area.width >= REASON_FROM) return title + sl_words_rows(limit->reason, reason_width(area), 4, utf8);
    return title + 1 + sl_words_rows(limit->reason, text_width(area), 3, utf8);
}

void sl_health_limit_draw(const sl_health_limit *limit, bool here, sl_frame *frame, sl_rect area, int y) {
    sl_style dim = {SL_COLOR_DIM, 0, 0}, name = {here ? SL_COLOR_ACCENT : SL_COLOR_DEFAULT, 0, here ? SL_ATTR_BOLD : 0};
    if (limit == sl_health_limits) {
        sl_frame_text(frame, area, area.x + CURSOR, y, (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD},
                      "What is looked for, and from where on it is a finding");
        y += 2;
    }
    if (here) sl_frame_put(frame, area, area.x, y, (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD}, '>');
    bool wide = area.width >= REASON_FROM;
    int value = wide ? area.x + INDENT + NAME + VALUE : area.x + area.width - 2;
    char number[SL_SHORT_BYTES];
    if (limit->value >= 1e6)
        sl_show_count((int64_t)limit->value, number);
    else
        snprintf(number, sizeof number, "%.4g", limit->value);
    sl_rect names = {area.x, y, value - VALUE - area.x, 1};
    sl_frame_text(frame, sl_rect_common(area, names), area.x + INDENT, y, name, limit->name);
    sl_frame_text(frame, area, value - (int)strlen(number), y, name, number);
    if (wide) {
        sl_rect beside = {value + 3, y, reason_width(area), area.y + area.height - y};
        sl_words_draw(frame, beside, 4, dim, dim, limit->reason);
        return;
    }
    sl_rect reason = {area.x + INDENT, y + 1, text_width(area), area.y + area.height - y - 1};
    sl_words_draw(frame, reason, 3, dim, dim, limit->reason);
}
