#include "ui/tui/screens/report_view.h"

#include <stdio.h>
#include <string.h>

// Cells in a row that are laid out in columns; a row of a line, as far as it can be seen; blanks between columns, before a cell
// for its sign, and before what goes on with a sentence.
enum { PARTS = 64, ROW_BYTES = 4200, GAP = 2, SIGN = 2, INDENT = 2, LEAST_WIDTH = 16, TAB = 4 };

bool sl_report_has_columns(const char *line, size_t bytes) {
    size_t at = 0;
    while (at < bytes && line[at] == ' ') at++;
    for (; at + 2 < bytes; at++)
        if (line[at] == ' ' && line[at + 1] == ' ') return true;
    return false;
}

// ---- lines ------------------------------------------------------------------------------------------------------------------

typedef struct line {
    const char *text;
    size_t bytes, at;    // at: of the report's text
    size_t first, cells; // of the report's cells
    sl_report_look look;
} line;

typedef struct reading {
    const sl_report *report;
    const sl_report_looks *looks;
    size_t at, cell;
    bool done;
} reading;

static bool next_line(reading *r, line *out) {
    const char *text = r->report->text;
    if (!text || r->done) return false;
    const char *begin = text + r->at, *end = strchr(begin, '\n');
    *out = (line){.text = begin, .bytes = end ? (size_t)(end - begin) : strlen(begin), .at = r->at, .first = r->cell};
    while (r->cell < r->report->cell_count && r->report->cells[r->cell].at <= r->at + out->bytes) r->cell++;
    out->cells = r->cell - out->first;
    r->at += out->bytes + 1;
    r->done = !end;
    if (r->looks && r->looks->line)
        out->look = r->looks->line(r->looks->user, out->text, out->bytes);
    else
        out->look.wrapped = !sl_report_has_columns(out->text, out->bytes);
    if (out->cells) out->look.wrapped = false;
    return true;
}

// Copies at most so much of a text, without blanks at its end; tabs, which scripts have, as blanks.
static void copy(char *out, size_t room, const char *text, size_t bytes) {
    size_t length = 0;
    while (bytes > 0 && text[bytes - 1] == ' ') bytes--;
    for (size_t i = 0; i < bytes && length + TAB < room; i++) {
        if (text[i] != '\t') out[length++] = text[i];
        for (int k = 0; text[i] == '\t' && k < TAB; k++) out[length++] = ' ';
    }
    out[length] = '\0';
}

// The part of a sentence that fits into `width` columns, and where the rest begins.
static size_t wrap(const char *text, size_t bytes, int width, bool utf8, size_t *rest) {
    char word[ROW_BYTES];
    int columns = 0;
    size_t at = 0, good = 0;
    while (at < bytes) {
        size_t end = at;
        while (end < bytes && text[end] == ' ') end++;
        while (end < bytes && text[end] != ' ') end++;
        copy(word, sizeof word, text + at, end - at);
        columns += sl_text_columns(word, utf8);
        if (columns > width && good > 0) break;
        good = at = end;
        if (columns > width) break; // a word alone that is too long is cut
    }
    *rest = good;
    while (*rest < bytes && text[*rest] == ' ') ++*rest;
    return good;
}

// ---- tables -----------------------------------------------------------------------------------------------------------------

// The columns of a line with cells: what stands before the first, then each up to the next.
static const char *part_of(const sl_report *report, const line *l, size_t part, char out[ROW_BYTES]) {
    size_t parts = l->cells < PARTS ? l->cells : PARTS;
    size_t from = part == 0 ? l->at : report->cells[l->first + part - 1].at;
    size_t to = part < parts ? report->cells[l->first + part].at : l->at + l->bytes;
    copy(out, ROW_BYTES, report->text + from, to - from);
    return out;
}

typedef struct table {
    int x[PARTS + 1]; // where parts begin: cells after their sign
    int columns;
} table;

static void place_table(const sl_report *report, const sl_report_looks *looks, bool utf8, table *out) {
    int width[PARTS + 1] = {0};
    char part[ROW_BYTES];
    reading r = {.report = report, .looks = NULL};
    line l;
    while (next_line(&r, &l))
        for (size_t i = 0; l.cells && i <= l.cells && i <= PARTS; i++) {
            int columns = sl_text_columns(part_of(report, &l, i, part), utf8);
            if (columns > width[i]) width[i] = columns;
        }
    int sign = looks && looks->cell ? SIGN : 0, x = 0;
    out->columns = 0;
    for (int i = 0; i <= PARTS; i++) {
        if (i > 0) x += sign;
        out->x[i] = x;
        if (width[i]) out->columns = x + width[i];
        x += width[i] + GAP;
    }
}

// ---- rows -------------------------------------------------------------------------------------------------------------------

static int rows_of(const line *l, int width, bool utf8) {
    size_t at = 0, rest;
    int rows = 0;
    if (!l->look.wrapped || l->bytes == 0) return 1;
    for (; at < l->bytes; at += rest, rows++) {
        wrap(l->text + at, l->bytes - at, width - (rows ? INDENT : 0), utf8, &rest);
        if (rest == 0) break;
    }
    return rows ? rows : 1;
}

static int least(int width) {
    return width < LEAST_WIDTH ? LEAST_WIDTH : width;
}

int sl_report_view_rows(const sl_report *report, int width, bool utf8, const sl_report_looks *looks) {
    reading r = {.report = report, .looks = looks};
    line l;
    int rows = 0;
    while (next_line(&r, &l)) rows += rows_of(&l, least(width), utf8);
    return rows;
}

typedef struct drawing {
    sl_frame *frame;
    sl_rect area;
    const sl_report *report;
    const sl_report_looks *looks;
    int left;
    table table;
} drawing;

static void draw_cells(const drawing *d, const line *l, int y) {
    char text[ROW_BYTES];
    int x = d->area.x - d->left;
    sl_frame_text(d->frame, d->area, x, y, l->look.style, part_of(d->report, l, 0, text));
    for (size_t i = 1; i <= l->cells && i <= PARTS; i++) {
        const sl_report_cell *cell = &d->report->cells[l->first + i - 1];
        uint32_t sign;
        sl_style style;
        if (d->looks && d->looks->cell && d->looks->cell(d->looks->user, cell, &sign, &style))
            sl_frame_put(d->frame, d->area, x + d->table.x[i] - SIGN, y, style, sign);
        sl_frame_text(d->frame, d->area, x + d->table.x[i], y, l->look.style, part_of(d->report, l, i, text));
    }
}

static void draw_sentence(const drawing *d, const line *l, int y) {
    char text[ROW_BYTES];
    size_t at = 0, rest;
    for (int row = 0; at < l->bytes; at += rest, row++) {
        int indent = row ? INDENT : 0;
        size_t bytes = wrap(l->text + at, l->bytes - at, least(d->area.width) - indent, d->frame->utf8, &rest);
        copy(text, sizeof text, l->text + at, bytes);
        if (y + row >= d->area.y && y + row < d->area.y + d->area.height)
            sl_frame_text(d->frame, d->area, d->area.x + indent, y + row, l->look.style, text);
        if (rest == 0) break;
    }
}

static int columns_of(const line *l, const table *t, bool utf8) {
    char text[ROW_BYTES];
    if (l->cells) return t->columns;
    if (l->look.wrapped) return 0;
    copy(text, sizeof text, l->text, l->bytes);
    return sl_text_columns(text, utf8);
}

void sl_report_view_draw(sl_report_view *view, sl_frame *frame, sl_rect area, const sl_report *report,
                         const sl_report_looks *looks) {
    drawing d = {.frame = frame, .area = area, .report = report, .looks = looks};
    reading r = {.report = report, .looks = looks};
    line l;
    char text[ROW_BYTES];
    view->area = area;
    view->rows = sl_report_view_rows(report, area.width, frame->utf8, looks);
    place_table(report, looks, frame->utf8, &d.table);
    if (view->top > view->rows - area.height) view->top = view->rows - area.height;
    if (view->top < 0) view->top = 0;
    d.left = view->left;
    view->columns = 0;
    for (int y = area.y - view->top; next_line(&r, &l);) {
        int rows = rows_of(&l, least(area.width), frame->utf8), columns = columns_of(&l, &d.table, frame->utf8);
        if (columns > view->columns) view->columns = columns;
        bool seen = y + rows > area.y && y < area.y + area.height;
        if (seen && l.cells)
            draw_cells(&d, &l, y);
        else if (seen && l.look.wrapped)
            draw_sentence(&d, &l, y);
        else if (seen) {
            copy(text, sizeof text, l.text, l.bytes);
            sl_frame_text(frame, area, area.x - view->left, y, l.look.style, text);
        }
        y += rows;
    }
    int far = view->columns - area.width;
    if (view->left > far) view->left = far > 0 ? far : 0; // from the next drawing on
}

void sl_report_view_scroll(sl_report_view *view, int rows, int columns) {
    int most = view->rows - view->area.height, far = view->columns - view->area.width;
    view->top += rows;
    if (view->top > most) view->top = most;
    if (view->top < 0) view->top = 0;
    view->left += columns;
    if (view->left > far) view->left = far;
    if (view->left < 0) view->left = 0;
}

void sl_report_view_words(const sl_report_view *view, char *out, size_t bytes) {
    int last = view->top + view->area.height;
    out[0] = '\0';
    if (view->rows > view->area.height)
        snprintf(out, bytes, "%d-%d of %d", view->top + 1, last < view->rows ? last : view->rows, view->rows);
}
