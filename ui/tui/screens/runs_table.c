#include "ui/tui/screens/runs_table.h"
#include "ui/tui/frame/present.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef const char *(*number_text)(double, char[SL_SHORT_BYTES]);

// What is drawn: a number of the row at an offset, or by a function.
typedef struct column {
    const char *title;
    int width, priority; // 1 is given room first
    int sort;            // sl_sort, or -1
    bool left;           // texts
    number_text show;
    size_t offset;
    void (*draw)(sl_frame *frame, sl_rect cell, sl_style style, const sl_run_row *row);
} column;

#define NUMBER(field) offsetof(sl_run_row, field), NULL

static void put_right(sl_frame *frame, sl_rect cell, sl_style style, const char *text) {
    int columns = sl_text_columns(text, frame->utf8);
    sl_frame_text(frame, cell, cell.x + (columns < cell.width ? cell.width - columns : 0), cell.y, style, text);
}

static void put_left(sl_frame *frame, sl_rect cell, sl_style style, const char *text) {
    sl_frame_text(frame, cell, cell.x, cell.y, style, text ? text : "");
}

// ---- columns ----------------------------------------------------------------------------------------------------------------

static void draw_step(sl_frame *frame, sl_rect cell, sl_style style, const sl_run_row *row) {
    char text[64], step[SL_SHORT_BYTES], steps[SL_SHORT_BYTES];
    int length = row->steps > 0 ? snprintf(text, sizeof text, "%lld/%lld", (long long)row->step, (long long)row->steps)
                                : snprintf(text, sizeof text, "%lld", (long long)row->step);
    if (row->step < 0)
        strcpy(text, "-");
    else if (length > cell.width)
        snprintf(text, sizeof text, "%s/%s", sl_show_count(row->step, step), sl_show_count(row->steps, steps));
    put_right(frame, cell, style, text);
}

static void draw_bar(sl_frame *frame, sl_rect cell, sl_style style, const sl_run_row *row) {
    if (row->steps <= 0 || row->step < 0 || row->state == SL_STATE_DONE) return;
    if (!(style.attributes & SL_ATTR_REVERSE)) style.foreground = sl_state_color(row->state);
    sl_show_bar(frame, cell, cell.x, cell.y, cell.width, style, (double)row->step / (double)row->steps);
}

static void draw_left(sl_frame *frame, sl_rect cell, sl_style style, const sl_run_row *row) {
    char text[SL_SHORT_BYTES];
    if (row->state == SL_STATE_RUNNING && !isnan(row->seconds_left)) {
        put_right(frame, cell, style, sl_show_span(row->seconds_left, text));
        return;
    }
    if (!(style.attributes & SL_ATTR_REVERSE)) style.foreground = sl_state_color(row->state);
    put_right(frame, cell, style, sl_state_name(row->state));
}

static void draw_alarm(sl_frame *frame, sl_rect cell, sl_style style, const sl_run_row *row) {
    if (!(style.attributes & SL_ATTR_REVERSE)) style.foreground = sl_severity_color(row->alarm_severity);
    put_left(frame, cell, style, row->alarm);
}

static void draw_method(sl_frame *frame, sl_rect cell, sl_style style, const sl_run_row *row) {
    put_left(frame, cell, style, row->method);
}
static void draw_host(sl_frame *frame, sl_rect cell, sl_style style, const sl_run_row *row) {
    put_left(frame, cell, style, row->host);
}
static void draw_device(sl_frame *frame, sl_rect cell, sl_style style, const sl_run_row *row) {
    put_left(frame, cell, style, row->device);
}
static void draw_tags(sl_frame *frame, sl_rect cell, sl_style style, const sl_run_row *row) {
    put_left(frame, cell, style, row->tags);
}

// clang-format off
static const column columns[] = {
    {"step",    11,  1, SL_SORT_STEP,          false, NULL, 0, draw_step},
    {"",         6,  9, -1,                    true,  NULL, 0, draw_bar},
    {"mIoU",     5,  2, SL_SORT_MIOU,          false, sl_show_percent, NUMBER(miou)},
    {"best",     5,  3, SL_SORT_BEST,          false, sl_show_percent, NUMBER(best_miou)},
    {"seg",      6,  5, SL_SORT_SEG,           false, sl_show_loss, NUMBER(seg)},
    {"semi",     6,  7, SL_SORT_SEMI,          false, sl_show_loss, NUMBER(semi)},
    {"D",        6,  6, SL_SORT_DISCRIMINATOR, false, sl_show_loss, NUMBER(discriminator)},
    {"kept",     5,  8, SL_SORT_KEPT,          false, sl_show_whole_percent, NUMBER(kept)},
    {"it/s",     5, 10, SL_SORT_SPEED,         false, sl_show_rate, NUMBER(steps_per_second)},
    {"img/s",    5, 14, SL_SORT_SPEED,         false, sl_show_rate, NUMBER(images_per_second)},
    {"ETA",      8,  4, SL_SORT_LEFT,          false, NULL, 0, draw_left},
    {"beat",     6, 12, SL_SORT_HEARTBEAT,     false, sl_show_age, NUMBER(heartbeat_age)},
    {"took",     9, 13, SL_SORT_DURATION,      false, sl_show_span, NUMBER(duration)},
    {"alarm",   22, 11, -1,                    true,  NULL, 0, draw_alarm},
    {"method",  12, 15, SL_SORT_METHOD,        true,  NULL, 0, draw_method},
    {"started", 16, 16, SL_SORT_STARTED,       false, sl_show_date, NUMBER(started)},
    {"host",    14, 17, -1,                    true,  NULL, 0, draw_host},
    {"device",  20, 19, -1,                    true,  NULL, 0, draw_device},
    {"tags",    16, 18, -1,                    true,  NULL, 0, draw_tags},
};
// clang-format on
enum { COLUMNS = sizeof columns / sizeof *columns, STEP = 0, MIOU = 2, BEST = 3, NAME_LEAST = 18, NAME_MOST = 48 };
_Static_assert((int)COLUMNS <= (int)SL_TABLE_MOST, "there is room for every column");

static const char *const sort_names[SL_SORT_COUNT] = {
    [SL_SORT_NEWEST] = "newest first",
    [SL_SORT_NAME] = "name",
    [SL_SORT_EXPERIMENT] = "experiment",
    [SL_SORT_METHOD] = "method",
    [SL_SORT_STATE] = "state",
    [SL_SORT_STEP] = "step",
    [SL_SORT_MIOU] = "mIoU",
    [SL_SORT_BEST] = "best mIoU",
    [SL_SORT_SEG] = "segmentation loss",
    [SL_SORT_SEMI] = "semi-supervised loss",
    [SL_SORT_DISCRIMINATOR] = "discriminator loss",
    [SL_SORT_KEPT] = "share of pixels kept",
    [SL_SORT_SPEED] = "speed",
    [SL_SORT_LEFT] = "time left",
    [SL_SORT_HEARTBEAT] = "age of the last sign of life",
    [SL_SORT_STARTED] = "start",
    [SL_SORT_DURATION] = "duration",
};
const char *sl_sort_name(sl_sort sort) {
    return sort_names[sort];
}

// ---- where they stand -------------------------------------------------------------------------------------------------------

void sl_runs_table_place(sl_runs_table *table, sl_rect area, int name_width) {
    bool chosen[COLUMNS] = {false};
    int widths[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) widths[i] = columns[i].width;
    if (table->step_width > 0 && table->step_width < widths[STEP]) widths[STEP] = table->step_width < 4 ? 4 : table->step_width;
    enum { LEADING = 5 }; // the person, mark, state, alarm
    int name = name_width < NAME_LEAST ? NAME_LEAST : name_width > NAME_MOST ? NAME_MOST : name_width;
    // Names shrink before the columns that matter most go.
    int sure = 0;
    for (int i = 0; i < COLUMNS; i++)
        if (columns[i].priority <= 6) sure += widths[i] + 1;
    if (name > area.width - LEADING - sure - 1) name = area.width - LEADING - sure - 1;
    if (name < NAME_LEAST) name = NAME_LEAST;
    int left = area.width - LEADING - name - 1;
    for (int priority = 1; priority <= COLUMNS; priority++)
        for (int i = 0; i < COLUMNS; i++) {
            if (columns[i].priority != priority || chosen[i]) continue;
            if (widths[i] + 1 > left) {
                priority = COLUMNS; // what matters less does not take the room of what matters more
                break;
            }
            chosen[i] = true;
            left -= widths[i] + 1;
        }
    name += left;
    if (name > NAME_MOST && name > name_width) name = name_width > NAME_MOST ? name_width : NAME_MOST;
    table->area = area;
    table->name = (sl_rect){area.x + LEADING, area.y, name, 1};
    table->count = 0;
    int x = area.x + LEADING + name + 1;
    for (int i = 0; i < COLUMNS; i++) {
        if (!chosen[i]) continue;
        table->columns[table->count] = i;
        table->width[table->count] = widths[i];
        table->x[table->count++] = x;
        x += widths[i] + 1;
    }
}

int sl_runs_table_sort_at(const sl_runs_table *table, int x) {
    if (x < table->name.x + table->name.width) return SL_SORT_NEWEST;
    for (int i = 0; i < table->count; i++)
        if (x >= table->x[i] && x <= table->x[i] + table->width[i]) return columns[table->columns[i]].sort;
    return -1;
}

sl_sort sl_runs_table_next_sort(const sl_runs_table *table, sl_sort sort) {
    sl_sort order[SL_TABLE_MOST + 4] = {SL_SORT_NEWEST, SL_SORT_STATE, SL_SORT_EXPERIMENT};
    int count = 3;
    for (int i = 0; i < table->count; i++) {
        int by = columns[table->columns[i]].sort;
        bool there = by < 0;
        for (int k = 0; k < count && !there; k++) there = order[k] == (sl_sort)by;
        if (!there) order[count++] = (sl_sort)by;
    }
    for (int i = 0; i < count; i++)
        if (order[i] == sort) return order[(i + 1) % count];
    return SL_SORT_NEWEST;
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

void sl_runs_table_titles(const sl_runs_table *table, const sl_app *app, sl_frame *frame) {
    sl_style style = {SL_COLOR_DIM, SL_COLOR_DEFAULT, SL_ATTR_UNDERLINE};
    sl_frame_fill(frame, (sl_rect){table->area.x, table->area.y, table->area.width, 1}, style, ' ');
    sl_frame_text(frame, table->name, table->name.x, table->area.y, style, "run");
    for (int i = 0; i < table->count; i++) {
        const column *c = &columns[table->columns[i]];
        bool sorted = c->sort == (int)app->sort;
        sl_style title = sorted ? (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_UNDERLINE | SL_ATTR_BOLD} : style;
        sl_rect cell = {table->x[i], table->area.y, table->width[i], 1};
        (c->left ? put_left : put_right)(frame, cell, title, c->title);
        // Columns run from great to small, texts from A to Z, unless turned round.
        uint32_t arrow = (app->reverse ? 1 : 0) == (c->left ? 1 : 0) ? 0x25BC : 0x25B2;
        if (sorted) sl_frame_put(frame, table->area, table->x[i] + table->width[i], table->area.y, title, arrow);
    }
}

void sl_runs_label(const sl_runs_view *view, const sl_run_row *row, char *out, size_t bytes) {
    const char *varies = row->varies ? row->varies : "", *name = row->name ? row->name : "";
    // A name that many runs of an experiment share tells nothing beside what varies, but for those of several experiments in one
    // list.
    bool grouped = view->count > 0 && view->lines[0].kind == SL_RUNS_GROUP;
    bool named = !*varies || (!grouped && view->groups > 1);
    snprintf(out, bytes, "%.6s %s%s%s", row->uuid ? row->uuid : "", named ? name : "", named && *varies ? " " : "", varies);
}

static void put_value(const sl_runs_table *table, const column *c, sl_frame *frame, sl_rect cell, sl_style style,
                      const sl_run_row *row) {
    char text[SL_SHORT_BYTES];
    if (c->draw) {
        c->draw(frame, cell, style, row);
        return;
    }
    double value = *(const double *)(const void *)((const char *)row + c->offset);
    bool plain = !(style.attributes & SL_ATTR_REVERSE);
    if (plain && isnan(value)) style.foreground = SL_COLOR_DIM;
    if (plain && c == &columns[BEST] && value >= table->best) style.foreground = SL_COLOR_GOOD;
    put_right(frame, cell, style, c->show(value, text));
}

// "27.9 ± 1.2", "27.9", or "24.1 to 28.3" of several cells.
static void spread_text(const sl_runs_line *line, bool utf8, char *out, size_t bytes) {
    *out = 0;
    if (line->measured == 0) return;
    if (line->kind == SL_RUNS_GROUP && line->cells > 1)
        snprintf(out, bytes, "%.1f-%.1f", 100 * line->low, 100 * line->high);
    else if (line->measured > 1)
        snprintf(out, bytes, "%.1f %s %.1f", 100 * line->mean, utf8 ? "±" : "+-", 100 * line->deviation);
    else
        snprintf(out, bytes, "%.1f", 100 * line->mean);
}

// A line of a group or a cell: what it is, its runs by state, its mIoU.
static void put_summary(const sl_runs_table *table, const sl_run_row *rows, const sl_runs_line *line, sl_frame *frame, int y,
                        bool selected) {
    static const uint32_t signs[SL_FOLD_COUNT] = {0x25BE, 0x25B8, 0x25B6};
    static const char ascii_signs[] = "v>>";
    sl_style style = {line->kind == SL_RUNS_GROUP ? SL_COLOR_TITLE : SL_COLOR_DEFAULT, SL_COLOR_DEFAULT,
                      line->kind == SL_RUNS_GROUP ? SL_ATTR_BOLD : 0};
    if (selected) style = (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_REVERSE};
    const sl_run_row *row = &rows[line->row];
    sl_rect name = table->name;
    name.y = y;
    char text[512], spread[64];
    int x;
    if (line->kind == SL_RUNS_GROUP) {
        uint32_t sign = frame->utf8 ? signs[line->fold] : (unsigned char)ascii_signs[line->fold];
        sl_frame_put(frame, table->area, table->area.x + 2, y, style, sign);
        x = sl_frame_text(frame, name, name.x, y, style, row->experiment ? row->experiment : "");
    } else {
        sl_runs_cell_label(row, text, sizeof text);
        x = sl_frame_text(frame, name, name.x + 2, y, style, *text ? text : row->method ? row->method : "");
    }
    x = x < name.x + name.width ? x + 2 : name.x + name.width + 1;
    spread_text(line, frame->utf8, spread, sizeof spread);
    int spread_right = table->area.x + table->area.width;
    for (int i = 0; i < table->count; i++)
        if (table->columns[i] == MIOU || table->columns[i] == BEST) spread_right = table->x[i] + table->width[i];
    // How many runs there are in which state, up to where the mIoU begins.
    int states_end = spread_right - 13;
    for (int state = 0; state <= SL_STATE_DEAD; state++) {
        if (line->states[state] == 0) continue;
        sl_style colored = style;
        if (!selected) colored.foreground = sl_state_color((sl_run_state)state);
        sl_rect room = {x, y, states_end - x, 1};
        int width = snprintf(text, sizeof text, "%d ", line->states[state]);
        if (width + 1 > room.width) break;
        sl_frame_text(frame, room, x, y, colored, text);
        sl_frame_put(frame, room, x + width, y, colored, sl_state_symbol((sl_run_state)state, frame->utf8));
        x += width + 3;
    }
    sl_rect cell = {spread_right - 12, y, 12, 1};
    put_right(frame, cell, style, spread);
    snprintf(text, sizeof text, "(%zu)", line->measured);
    if (line->measured)
        sl_frame_text(frame, table->area, spread_right + 1, y, selected ? style : (sl_style){SL_COLOR_DIM, 0, 0}, text);
}

void sl_runs_table_line(const sl_runs_table *table, const sl_app *app, const sl_runs_view *view, const sl_runs_line *line,
                        sl_frame *frame, int y, bool selected) {
    const sl_run_row *rows = app->snapshot->runs, *row = &rows[line->row];
    sl_style style = selected ? (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_REVERSE} : (sl_style){0};
    sl_rect whole = {table->area.x, y, table->area.width, 1}, name = table->name;
    name.y = y;
    sl_frame_fill(frame, whole, style, ' ');
    if (selected) sl_frame_put(frame, whole, whole.x, y, style, '>');
    if (line->kind != SL_RUNS_RUN) {
        put_summary(table, rows, line, frame, y, selected);
        return;
    }
    sl_style sign = style;
    if (sl_app_marked(app, row->id)) {
        if (!selected) sign.foreground = SL_COLOR_ACCENT;
        sl_frame_put(frame, whole, whole.x + 1, y, sign, frame->utf8 ? 0x25C6 : '@');
    }
    if (!selected) sign.foreground = sl_state_color(row->state);
    sl_frame_put(frame, whole, whole.x + 2, y, sign, sl_state_symbol(row->state, frame->utf8));
    if (row->alarm) {
        if (!selected) sign.foreground = sl_severity_color(row->alarm_severity);
        sl_frame_put(frame, whole, whole.x + 3, y, sign, '!');
    }
    char label[512];
    sl_runs_label(view, row, label, sizeof label);
    sl_frame_text(frame, name, name.x, y, style, label);
    for (int i = 0; i < table->count; i++) {
        const column *c = &columns[table->columns[i]];
        put_value(table, c, frame, (sl_rect){table->x[i], y, table->width[i], 1}, style, row);
    }
}
