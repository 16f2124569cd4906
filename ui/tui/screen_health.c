// The Health screen: what is wrong with the runs shown, worst first, which option to change, the disk; and what was looked for.
#include "ui/health.h"
#include "ui/tui/app_impl.h"
#include "ui/tui/findings.h"
#include "ui/tui/layout.h"
#include "ui/tui/present.h"
#include "ui/tui/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CURSOR = 2, INDENT = 4, TEXT_ROWS = 8, LABEL = 44, DISK = 46, REASON_FROM = 110, PAGE = 5, NAME = 48, VALUE = 9 };

typedef struct health {
    sl_finding_list list;
    bool focused;    // the findings of the run that the person stands on come first
    bool left;       // for the Run screen, which lies on this one
    int64_t key_run; // the finding that the person stands on: of this run,
    int key_kind;    //   of this kind,
    size_t key_of;   //   and of several of its kind so many before it
    size_t at;       // entries are the findings, then what is looked for
    size_t top;      // the first entry in sight
    int64_t asked[2];
    sl_rect area; // of the entries
    size_t clicked_at;
    double clicked;
} health;

static size_t limit_count(void) {
    size_t count = 0;
    while (sl_health_limits[count].name) count++;
    return count;
}

static size_t entry_count(const health *h) {
    return h->list.count + limit_count();
}

// ---- where the person stands ------------------------------------------------------------------------------------------------

static int64_t run_of(const sl_finding_item *item) {
    return item->run ? item->run->id : 0;
}

static size_t before(const health *h, size_t at) {
    size_t count = 0;
    for (size_t i = 0; i < at; i++)
        count += run_of(&h->list.items[i]) == run_of(&h->list.items[at]) && h->list.items[i].kind == h->list.items[at].kind;
    return count;
}

static void remember(health *h) {
    if (h->at >= h->list.count) {
        h->key_kind = SL_FINDING_COUNT; // no finding
        return;
    }
    h->key_run = run_of(&h->list.items[h->at]);
    h->key_kind = h->list.items[h->at].kind;
    h->key_of = before(h, h->at);
}

static void focus(health *h) {
    h->focused = true;
    h->key_kind = SL_FINDING_COUNT - 1;
    h->key_run = -1; // the first
    h->at = 0;
}

// The findings of the newest snapshot, and the one that the person stands on among them.
static void update(sl_app *app, health *h) {
    size_t limit = h->at >= h->list.count ? h->at - h->list.count : 0, had = h->list.count;
    // Back from another run than it was left for.
    if (h->left && app->selected != h->key_run) focus(h);
    h->left = false;
    int64_t first = h->focused ? app->selected : 0;
    if (sl_findings_gather(app->snapshot, first, sl_app_detail(app, app->selected), &h->list) != SL_OK) {
        h->list.count = 0;
        sl_app_say(app, SL_COLOR_BAD, "no memory for the list of findings");
    }
    if (h->key_kind == SL_FINDING_COUNT && h->at >= had) {
        h->at = limit || had ? h->list.count + limit : 0; // on something that is looked for; news where all was well come first
    } else {
        for (size_t i = 0; i < h->list.count; i++)
            if (run_of(&h->list.items[i]) == h->key_run && h->list.items[i].kind == h->key_kind && before(h, i) == h->key_of)
                h->at = i;
        if (h->at > 0 && h->at >= h->list.count) h->at = h->list.count ? h->list.count - 1 : 0;
    }
    if (h->at >= entry_count(h)) h->at = entry_count(h) - 1;
    remember(h);
}

static void go(health *h, long by) {
    long at = (long)h->at + by, last = (long)entry_count(h) - 1;
    h->at = (size_t)(at < 0 ? 0 : at > last ? last : at);
    remember(h);
}

static sl_status open_health(sl_app *app, void *state) {
    health *h = state;
    // From a screen of one run it is that run's health that is asked for.
    focus(h);
    h->focused = app->depth > 0 && app->levels[app->depth - 1].screen->id & (SL_ON_RUN | SL_ON_CONFUSION | SL_ON_SAMPLES);
    return SL_OK;
}

static void close_health(sl_app *app, void *state) {
    sl_findings_free(&((health *)state)->list);
}

// Details of the run that comes first, and of the one that the finding is of, for what its options are now.
static void request(sl_app *app, void *state, sl_request *wanted) {
    health *h = state;
    size_t count = 0;
    if (h->focused && app->selected) h->asked[count++] = app->selected;
    int64_t run = h->at < h->list.count && h->key_run > 0 ? h->key_run : 0;
    if (run && !(count && run == h->asked[0])) h->asked[count++] = run;
    wanted->runs = h->asked;
    wanted->run_count = count;
    wanted->columns = 8; // the newest values are enough
}

// ---- words ------------------------------------------------------------------------------------------------------------------

static void label_of(const sl_run_row *run, char *out, size_t bytes) {
    snprintf(out, bytes, "%.6s %s", run->uuid ? run->uuid : "", sl_run_called(run));
}

static void title(sl_app *app, void *state, char *out, size_t bytes) {
    health *h = state;
    update(app, h);
    size_t size = (size_t)snprintf(out, bytes, "health");
    if (!app->snapshot) return;
    if (h->list.count == 0)
        snprintf(out + size, bytes - size, "  nothing found");
    else
        snprintf(out + size, bytes - size, "  %zu finding%s", h->list.count, h->list.count == 1 ? "" : "s");
}

static uint32_t severity_symbol(int severity, bool utf8) {
    if (severity >= SL_SEVERITY_BAD) return utf8 ? 0x2717 : 'X';
    if (severity == SL_SEVERITY_WARN) return utf8 ? 0x25B2 : '!';
    return utf8 ? 0x00B7 : '-';
}

// How it is, in a line: "all is well: 2 runs train", "3 of 12 runs are ill".
static void draw_state(sl_app *app, const health *h, sl_frame *frame, sl_rect line) {
    const sl_snapshot *snapshot = app->snapshot;
    bool well = h->list.worst < SL_SEVERITY_WARN;
    sl_style style = {well ? SL_COLOR_GOOD : sl_severity_color(h->list.worst), 0, SL_ATTR_BOLD};
    int x = line.x + CURSOR;
    size_t runs = snapshot->run_count;
    if (runs == 0) {
        sl_frame_text(frame, line, x, line.y, (sl_style){SL_COLOR_DIM, 0, 0},
                      app->filter ? "no run fits the filter" : "no runs yet: semiluna run SCRIPT records one");
        return;
    }
    if (h->list.ill)
        x = sl_frame_printf(frame, line, x, line.y, style, "%zu of %zu run%s", h->list.ill, runs,
                            runs == 1 ? " is ill" : "s are ill");
    else
        x = sl_frame_text(frame, line, x, line.y, style, well ? "all is well" : "the runs are well");
    if (snapshot->running)
        sl_frame_printf(frame, line, x + 2, line.y, (sl_style){SL_COLOR_DIM, 0, 0}, "%d train%s", snapshot->running,
                        snapshot->running == 1 ? "s" : "");
    else
        sl_frame_text(frame, line, x + 2, line.y, (sl_style){SL_COLOR_DIM, 0, 0}, "none trains");
}

static void draw_disk(const sl_snapshot *snapshot, sl_frame *frame, sl_rect line) {
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

// ---- entries ----------------------------------------------------------------------------------------------------------------

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

static bool has_options_row(const sl_app *app, const health *h, size_t index) {
    char text[512];
    const sl_finding_item *item = &h->list.items[index];
    return index == h->at && item->run && options_now(sl_app_detail(app, item->run->id), item->text, text, sizeof text) > 0;
}

// Beside its name and value, where there is room for that.
static int reason_width(sl_rect area) {
    return area.width - INDENT - NAME - VALUE - 4;
}

static int entry_height(const sl_app *app, const health *h, size_t index, sl_rect area, bool utf8) {
    if (index < h->list.count)
        return 2 + sl_words_rows(h->list.items[index].text, text_width(area), TEXT_ROWS, utf8) + has_options_row(app, h, index);
    const sl_health_limit *limit = &sl_health_limits[index - h->list.count];
    int title = index == h->list.count ? 2 : 0; // of this part of the list
    if (area.width >= REASON_FROM) return title + sl_words_rows(limit->reason, reason_width(area), 4, utf8);
    return title + 1 + sl_words_rows(limit->reason, text_width(area), 3, utf8);
}

static void draw_finding(const sl_app *app, const health *h, size_t index, sl_frame *frame, sl_rect area, int y) {
    const sl_finding_item *item = &h->list.items[index];
    bool here = index == h->at;
    sl_style color = {sl_severity_color(item->severity), 0, SL_ATTR_BOLD}, dim = {SL_COLOR_DIM, 0, 0};
    sl_style name = {here ? SL_COLOR_ACCENT : SL_COLOR_TITLE, 0, SL_ATTR_BOLD};
    char label[300];
    if (here) sl_frame_put(frame, area, area.x, y, (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD}, '>');
    sl_frame_put(frame, area, area.x + CURSOR, y, color, severity_symbol(item->severity, frame->utf8));
    sl_rect line = sl_rect_common(area, (sl_rect){area.x + INDENT, y, area.width - INDENT - 1, 1});
    int x = line.x;
    if (item->run) {
        const sl_run_row *run = item->run;
        label_of(run, label, sizeof label);
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

static void draw_limit(const health *h, size_t index, sl_frame *frame, sl_rect area, int y) {
    const sl_health_limit *limit = &sl_health_limits[index - h->list.count];
    bool here = index == h->at;
    sl_style dim = {SL_COLOR_DIM, 0, 0}, name = {here ? SL_COLOR_ACCENT : SL_COLOR_DEFAULT, 0, here ? SL_ATTR_BOLD : 0};
    if (index == h->list.count) {
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

// The first entry in sight, so that the one that the person stands on is seen whole, and the title above the limits with them.
static void scroll(const sl_app *app, health *h, sl_rect area, bool utf8) {
    size_t count = entry_count(h);
    if (h->at < h->top) h->top = h->at;
    int rows = 0;
    size_t first = h->at + 1;
    while (first > 0 && (rows += entry_height(app, h, first - 1, area, utf8)) <= area.height) first--;
    if (h->top < first) h->top = first <= h->at ? first : h->at;
    // No empty rows below the last entry that could show others.
    rows = 0;
    first = count;
    while (first > 0 && (rows += entry_height(app, h, first - 1, area, utf8)) <= area.height) first--;
    if (h->top > first) h->top = first;
}

// Draws the entries in sight; without a frame it returns the one that stands in a row (the count of entries: none does).
static size_t each_entry(sl_app *app, health *h, sl_frame *frame, sl_rect area, int at_y, bool utf8) {
    int y = area.y;
    size_t count = entry_count(h);
    for (size_t i = h->top; i < count && y < area.y + area.height; i++) {
        int height = entry_height(app, h, i, area, utf8);
        if (!frame && at_y >= y && at_y < y + height) return i;
        if (frame && i < h->list.count)
            draw_finding(app, h, i, frame, area, y);
        else if (frame)
            draw_limit(h, i, frame, area, y);
        y += height;
    }
    return count;
}

static void draw(sl_app *app, void *state, sl_frame *frame, sl_rect area) {
    health *h = state;
    h->area = (sl_rect){0};
    if (!app->snapshot) {
        const char *text = "reading ...";
        sl_frame_text(frame, area, area.x + (area.width - (int)strlen(text)) / 2, area.y + area.height / 2,
                      (sl_style){SL_COLOR_DIM, 0, 0}, text);
        return;
    }
    update(app, h);
    sl_rect line = sl_rect_take_top(&area, 1), disk = line;
    if (area.width >= DISK + 46) disk = sl_rect_take_right(&line, DISK);
    draw_state(app, h, frame, line);
    if (disk.width == line.width) { // not beside each other
        disk = sl_rect_take_top(&area, 1);
        sl_rect_take_left(&disk, CURSOR);
    }
    draw_disk(app->snapshot, frame, disk);
    const sl_run_row *run = h->focused ? sl_app_row(app, app->selected) : NULL;
    if (run && (h->list.count == 0 || h->list.items[0].run != run)) {
        char label[300];
        line = sl_rect_take_top(&area, 1);
        label_of(run, label, sizeof label);
        sl_frame_printf(frame, line, line.x + CURSOR, line.y, (sl_style){SL_COLOR_GOOD, 0, 0}, "%s: nothing is wrong with it",
                        label);
    }
    sl_rect_take_top(&area, 1);
    h->area = area;
    scroll(app, h, area, frame->utf8);
    each_entry(app, h, frame, area, 0, frame->utf8);
    size_t last = each_entry(app, h, NULL, area, area.y + area.height - 1, frame->utf8);
    if (last + 1 < entry_count(h) && h->at < h->list.count)
        sl_frame_text(frame, area, area.x + area.width - 8, area.y + area.height - 1, (sl_style){SL_COLOR_DIM, 0, 0}, " (more)");
}

// ---- acting -----------------------------------------------------------------------------------------------------------------

static void open_run(sl_app *app, health *h) {
    if (h->at >= h->list.count) return;
    const sl_finding_item *item = &h->list.items[h->at];
    if (!item->run) {
        sl_app_say(app, SL_COLOR_DEFAULT, "the disk is of no single run");
        return;
    }
    app->selected = item->run->id;
    h->left = true;
    sl_app_push(app, SL_ON_RUN); // where the Run screen lies below, this one is closed: h is gone
}

static bool act(sl_app *app, void *state, sl_action action) {
    health *h = state;
    update(app, h);
    switch (action) {
    case SL_ACTION_UP: go(h, -1); return true;
    case SL_ACTION_DOWN: go(h, 1); return true;
    case SL_ACTION_PAGE_UP: go(h, -PAGE); return true;
    case SL_ACTION_PAGE_DOWN: go(h, PAGE); return true;
    case SL_ACTION_FIRST: go(h, -(long)entry_count(h)); return true;
    case SL_ACTION_LAST: go(h, (long)entry_count(h)); return true;
    case SL_ACTION_ENTER: open_run(app, h); return true;
    case SL_ACTION_NEXT_RUN:
    case SL_ACTION_PREVIOUS_RUN: focus(h); return false; // app.c does the rest
    default: return false;
    }
}

static bool input(sl_app *app, void *state, const sl_input *event) {
    health *h = state;
    update(app, h);
    if (event->key == SL_KEY_WHEEL_UP || event->key == SL_KEY_WHEEL_DOWN) {
        go(h, event->key == SL_KEY_WHEEL_UP ? -1 : 1);
        return true;
    }
    if (event->key != SL_KEY_MOUSE_PRESS || !sl_rect_holds(h->area, event->x, event->y)) return false;
    size_t at = each_entry(app, h, NULL, h->area, event->y, app->utf8);
    if (at >= entry_count(h)) return true;
    bool twice = at == h->clicked_at && app->now - h->clicked < 0.5;
    h->clicked = app->now;
    h->clicked_at = at;
    h->at = at;
    remember(h);
    if (twice) sl_app_input(app, &(sl_input){.key = SL_KEY_ENTER});
    return true;
}

const sl_screen sl_screen_health = {.id = SL_ON_HEALTH,
                                    .name = "health",
                                    .size = sizeof(health),
                                    .open = open_health,
                                    .close = close_health,
                                    .request = request,
                                    .title = title,
                                    .draw = draw,
                                    .act = act,
                                    .input = input};
