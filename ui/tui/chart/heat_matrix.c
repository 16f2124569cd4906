#include "ui/tui/chart/heat.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/unicode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style dim = {.foreground = SL_COLOR_DIM};

enum { WIDEST_CELL = 6, NUMBERS_FROM = 3, SHORT_FROM = 4, LETTERS = 62, LETTER_COLUMNS = 2 };

static const char *name_of(const char *const *names, size_t index) {
    return names && names[index] ? names[index] : "";
}

static int widest(const char *const *names, size_t count, bool utf8) {
    int width = 0;
    for (size_t i = 0; i < count; i++) {
        int columns = sl_text_columns(name_of(names, i), utf8);
        if (columns > width) width = columns;
    }
    return width;
}

static char letter_of(size_t index) {
    return "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*"[index < LETTERS ? index : LETTERS];
}

static bool same_names(const sl_heat_matrix *matrix) {
    if (matrix->rows != matrix->columns) return false;
    for (size_t i = 0; i < matrix->rows; i++)
        if (strcmp(name_of(matrix->row_names, i), name_of(matrix->column_names, i))) return false;
    return true;
}

// The bytes of the first `most` characters.
static size_t beginning(const char *text, int most) {
    const char *end = text;
    while (most-- > 0 && sl_unicode_next(&end)) {
    }
    return (size_t)(end - text);
}

static bool told_apart(const sl_heat_matrix *matrix, int most) {
    for (size_t i = 0; i < matrix->columns; i++) {
        const char *a = name_of(matrix->column_names, i);
        size_t size = beginning(a, most);
        for (size_t j = 0; j < i; j++) {
            const char *b = name_of(matrix->column_names, j);
            if (beginning(b, most) == size && !memcmp(a, b, size)) return false;
        }
    }
    return true;
}

// ---- places -----------------------------------------------------------------------------------------------------------------

// The first of `seen` places in sight of `count`: as wanted, but none stays empty and the selected one is seen.
static int scrolled(int wanted, size_t count, int seen, bool has_selected, size_t selected) {
    long last = count < 1000000 ? (long)count - seen : 1000000, first = wanted;
    if (has_selected && selected < count) {
        if ((long)selected < first) first = (long)selected;
        if ((long)selected >= first + seen) first = (long)selected - seen + 1;
    }
    return (int)(first > last ? last : first < 0 ? 0 : first);
}

static void place_columns(const sl_heat_matrix *matrix, sl_rect rest, int names, sl_heat_matrix_layout *layout) {
    int room = rest.width - (names > 0 ? names + 1 : 0);
    size_t fit = room > 0 ? (size_t)room : 0;
    int width = matrix->columns ? (int)(fit / matrix->columns) : 0,
        widest_cell = matrix->widest > 0 ? matrix->widest : WIDEST_CELL;
    layout->cell_width = width < 1 ? 1 : width > widest_cell ? widest_cell : width;
    layout->numbers = layout->cell_width >= NUMBERS_FROM;
    layout->columns = matrix->columns < fit ? (int)matrix->columns : (int)fit;
}

// How names of columns are written, and how many rows that takes.
static int heads_height(const sl_heat_matrix *matrix, int room, bool utf8, sl_heat_matrix_layout *layout) {
    int longest = widest(matrix->column_names, matrix->columns, utf8), width = layout->cell_width;
    size_t spare = room > 0 && (size_t)room > matrix->rows ? (size_t)room - matrix->rows : 0;
    layout->kind = SL_HEAT_NONE;
    if (room < 2 || longest == 0) return 0;
    if (longest < width)
        layout->kind = SL_HEAT_NAMES;
    else if (width >= SHORT_FROM && matrix->columns < 256 && told_apart(matrix, width - 1))
        layout->kind = SL_HEAT_SHORT;
    else if (spare >= (size_t)longest)
        layout->kind = SL_HEAT_UPRIGHT;
    else
        layout->kind = SL_HEAT_LETTERS;
    return layout->kind == SL_HEAT_UPRIGHT ? longest : 1;
}

void sl_heat_matrix_place(const sl_heat_matrix *matrix, sl_rect area, bool utf8, sl_heat_matrix_layout *layout) {
    memset(layout, 0, sizeof *layout);
    if (sl_rect_is_empty(area)) return;
    sl_rect rest = area;
    if (matrix->title && rest.height >= 3) layout->title = sl_rect_take_top(&rest, 1);
    int names = widest(matrix->row_names, matrix->rows, utf8), most = rest.width / 3;
    if (names > most) names = most;
    if (names < 3) names = 0;
    place_columns(matrix, rest, names, layout);
    int heads = heads_height(matrix, rest.height, utf8, layout);
    if (layout->kind == SL_HEAT_LETTERS && same_names(matrix)) {
        layout->letters_at_rows = true;
        names = names > 0 && names + LETTER_COLUMNS <= most ? names + LETTER_COLUMNS : names > 0 ? names : 1;
        place_columns(matrix, rest, names, layout);
    }
    layout->heads = sl_rect_take_top(&rest, heads);
    if (layout->kind == SL_HEAT_LETTERS && !layout->letters_at_rows && rest.height >= 3) {
        int spare = (size_t)rest.height > matrix->rows ? rest.height - (int)matrix->rows : 1;
        layout->list = sl_rect_take_bottom(&rest, spare > 3 ? 3 : spare);
    }
    if (names > 0) {
        layout->names = sl_rect_take_left(&rest, names);
        sl_rect_take_left(&rest, 1);
    }
    int tallest = matrix->tallest > 1 ? matrix->tallest : 1;
    layout->row_height = matrix->rows && matrix->rows < (size_t)rest.height ? rest.height / (int)matrix->rows : 1;
    if (layout->row_height > tallest) layout->row_height = tallest;
    layout->rows = matrix->rows < (size_t)rest.height ? (int)matrix->rows : rest.height;
    layout->first_row = scrolled(matrix->scroll_row, matrix->rows, layout->rows, matrix->has_selected, matrix->row);
    layout->first_column =
        scrolled(matrix->scroll_column, matrix->columns, layout->columns, matrix->has_selected, matrix->column);
    int height = layout->rows * layout->row_height;
    layout->names.height = height;
    layout->cells = (sl_rect){rest.x, rest.y, layout->columns * layout->cell_width, height};
    layout->heads.x = layout->cells.x;
    layout->heads.width = layout->cells.width;
    if (layout->list.height > 0) layout->list.y -= rest.height - height;
}

bool sl_heat_matrix_at(const sl_heat_matrix_layout *layout, int x, int y, size_t *row, size_t *column) {
    if (!sl_rect_holds(layout->cells, x, y)) return false;
    *row = (size_t)(layout->first_row + (y - layout->cells.y) / layout->row_height);
    *column = (size_t)(layout->first_column + (x - layout->cells.x) / layout->cell_width);
    return true;
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------

static sl_style head_style(bool selected) {
    if (!selected) return dim;
    return (sl_style){.foreground = SL_COLOR_ACCENT, .attributes = SL_ATTR_BOLD};
}

static void draw_upright(sl_frame *frame, sl_rect heads, int x, sl_style style, const char *name) {
    int y = heads.y + heads.height - sl_text_columns(name, frame->utf8);
    char text[8];
    for (uint32_t character; (character = sl_unicode_next(&name));) {
        if (character >= SL_UNICODE_BAD) character = '?';
        text[sl_unicode_write(character, text)] = 0;
        if (sl_text_columns(text, frame->utf8) != 1) character = '?';
        sl_frame_put(frame, heads, x, y++, style, character);
    }
}

static void draw_heads(sl_frame *frame, const sl_heat_matrix *matrix, const sl_heat_matrix_layout *at) {
    for (int i = 0; i < at->columns && at->heads.height > 0; i++) {
        size_t column = (size_t)(at->first_column + i);
        const char *name = name_of(matrix->column_names, column);
        int x = at->heads.x + i * at->cell_width, columns = sl_text_columns(name, frame->utf8);
        sl_style style = head_style(matrix->has_selected && matrix->column == column);
        int middle = x + (at->cell_width - 1) / 2, last = at->cell_width >= SHORT_FROM ? at->cell_width - 1 : at->cell_width;
        if (at->kind == SL_HEAT_UPRIGHT) {
            draw_upright(frame, at->heads, middle, style, name);
        } else if (at->kind == SL_HEAT_LETTERS) {
            sl_frame_put(frame, at->heads, middle, at->heads.y, style, (uint32_t)letter_of(column));
        } else { // ends where the numbers end
            char text[64];
            size_t size = columns > last ? beginning(name, last) : strlen(name);
            if (size >= sizeof text) size = sizeof text - 1;
            memcpy(text, name, size);
            text[size] = 0;
            columns = sl_text_columns(text, frame->utf8);
            sl_rect room = {x, at->heads.y, last, 1};
            sl_frame_text(frame, sl_rect_common(room, at->heads), x + (columns < last ? last - columns : 0), at->heads.y, style,
                          text);
        }
    }
}

static int number_text(double value, int width, char out[16]) {
    double percent = 100 * fmin(1, fmax(0, value));
    return snprintf(out, 16, width >= 5 && percent < 99.95 ? "%.1f" : "%.0f", percent);
}

// "9", "123", "12k", "1.5M", ".1M": in as many columns as there are; 0: it does not fit.
static int count_text(int64_t count, int width, char out[16]) {
    static const char units[] = " kMGTPE";
    double number = count > 0 ? (double)count : 0;
    int unit = 0, size = snprintf(out, 16, "%.0f", number);
    while (size > width && units[++unit]) {
        number /= 1000;
        bool fraction = number < 0.95 || (number < 9.95 && width >= 4);
        size = snprintf(out, 16, fraction ? "%.1f%c" : "%.0f%c", number, units[unit]);
        if (number < 0.95) memmove(out, out + 1, (size_t)size--); // without the 0
    }
    return size <= width ? size : 0;
}

static void draw_number(sl_frame *frame, const sl_heat_matrix *matrix, const sl_heat_matrix_layout *at, int x, int y,
                        double value, size_t place) {
    if (isnan(value) || value <= 0) return;
    char text[16];
    bool right = matrix->diagonal && place % matrix->columns == place / matrix->columns, wrong = matrix->diagonal && !right;
    int last = at->cell_width >= SHORT_FROM ? at->cell_width - 1 : at->cell_width,
        size = matrix->counts ? count_text(matrix->counts[place], last, text) : number_text(value, at->cell_width, text);
    sl_style style = {0};
    if (matrix->depth >= SL_DEPTH_256) {
        style.background = wrong ? sl_heat_wrong_color(matrix->depth, value) : sl_heat_color(matrix->depth, value);
        style.foreground = sl_heat_text_color(style.background);
    } else {
        sl_frame_fill(frame, sl_rect_common(at->cells, (sl_rect){x, y, at->cell_width, 1}), style, ' ');
        style.foreground = right                    ? SL_COLOR_GOOD
                           : value < 0.05           ? SL_COLOR_DIM
                           : wrong && value >= 0.25 ? SL_COLOR_BAD
                                                    : SL_COLOR_DEFAULT;
        style.attributes = value >= 0.5 ? SL_ATTR_BOLD : 0;
    }
    if (right) style.attributes |= SL_ATTR_UNDERLINE;
    if (size == 0) return;
    sl_frame_text(frame, at->cells, x + last - size, y, style, text);
}

// Adds attributes to what stands in an area.
static void mark(sl_frame *frame, sl_rect area, unsigned attributes) {
    area = sl_rect_common(area, (sl_rect){0, 0, frame->width, frame->height});
    for (int y = area.y; y < area.y + area.height; y++)
        for (int x = area.x; x < area.x + area.width; x++)
            frame->cells[(size_t)y * (size_t)frame->width + (size_t)x].style.attributes |= attributes;
}

static void draw_row(sl_frame *frame, const sl_heat_matrix *matrix, const sl_heat_matrix_layout *at, int i) {
    size_t row = (size_t)(at->first_row + i);
    int top = at->cells.y + i * at->row_height, y = top + (at->row_height - 1) / 2, x = at->names.x;
    bool selected = matrix->has_selected && matrix->row == row;
    sl_style style = selected ? head_style(true) : (sl_style){0};
    sl_rect names = {at->names.x, y, at->names.width, 1};
    sl_frame_fill(frame, names, style, ' ');
    if (at->letters_at_rows && at->names.width > 0) {
        sl_frame_put(frame, names, x, y, head_style(selected), (uint32_t)letter_of(row));
        x += LETTER_COLUMNS;
    }
    sl_frame_text(frame, names, x, y, style, name_of(matrix->row_names, row));
    for (int j = 0; j < at->columns; j++) {
        size_t column = (size_t)(at->first_column + j);
        double value = matrix->values[row * matrix->columns + column];
        int left = at->cells.x + j * at->cell_width;
        bool wrong = matrix->diagonal && row != column;
        for (int k = top; k < top + at->row_height; k++) // that it is absent is said once
            if (k == y || !isnan(value))
                (wrong ? sl_heat_wrong_cell : sl_heat_cell)(frame, at->cells, left, k, at->cell_width, matrix->depth, value);
        if (matrix->diagonal && !wrong && !at->numbers && matrix->depth < SL_DEPTH_256)
            mark(frame, sl_rect_common(at->cells, (sl_rect){left, top, at->cell_width, at->row_height}), SL_ATTR_UNDERLINE);
        if (at->numbers) draw_number(frame, matrix, at, left, y, value, row * matrix->columns + column);
        if (selected && matrix->column == column)
            mark(frame, (sl_rect){left, top, at->cell_width, at->row_height}, SL_ATTR_REVERSE | SL_ATTR_BOLD);
    }
    if (selected && matrix->column >= matrix->columns) mark(frame, names, SL_ATTR_REVERSE | SL_ATTR_BOLD);
}

static void draw_list(sl_frame *frame, const sl_heat_matrix *matrix, const sl_heat_matrix_layout *at) {
    int x = at->list.x, y = at->list.y, right = at->list.x + at->list.width;
    for (int i = 0; i < at->columns && at->list.height > 0; i++) {
        size_t column = (size_t)(at->first_column + i);
        const char *name = name_of(matrix->column_names, column);
        int columns = LETTER_COLUMNS + sl_text_columns(name, frame->utf8);
        if (x > at->list.x && x + columns > right) {
            x = at->list.x;
            if (++y >= at->list.y + at->list.height) return;
        }
        sl_frame_put(frame, at->list, x, y, (sl_style){.attributes = SL_ATTR_BOLD}, (uint32_t)letter_of(column));
        x = sl_frame_text(frame, at->list, x + LETTER_COLUMNS, y, dim, name) + 2;
    }
}

// Above the names: which rows and columns are in sight, where that is not all.
static void draw_range(sl_frame *frame, const sl_heat_matrix *matrix, const sl_heat_matrix_layout *at) {
    if (at->heads.height <= 0 || at->names.width <= 0) return;
    sl_rect corner = {at->names.x, at->heads.y + at->heads.height - 1, at->names.width, 1};
    bool rows = (size_t)at->rows < matrix->rows, columns = (size_t)at->columns < matrix->columns;
    int x = corner.x;
    if (rows) {
        x = sl_frame_text(frame, corner, x, corner.y, dim, "\u2193");
        x = sl_frame_printf(frame, corner, x, corner.y, dim, "%d-%d", at->first_row + 1, at->first_row + at->rows) + 1;
    }
    if (columns) {
        x = sl_frame_text(frame, corner, x, corner.y, dim, "\u2192");
        sl_frame_printf(frame, corner, x, corner.y, dim, "%d-%d", at->first_column + 1, at->first_column + at->columns);
    }
}

void sl_heat_matrix_draw(sl_frame *frame, sl_rect area, const sl_heat_matrix *matrix) {
    if (sl_rect_is_empty(area)) return;
    sl_heat_matrix_layout at;
    sl_heat_matrix_place(matrix, area, frame->utf8, &at);
    sl_frame_fill(frame, area, (sl_style){0}, ' ');
    if (at.title.height > 0) {
        int x =
            sl_frame_text(frame, at.title, at.title.x, at.title.y, (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD}, matrix->title);
        int end = at.cells.x + at.cells.width;
        x = end - SL_HEAT_LEGEND_COLUMNS > x + 2 ? end - SL_HEAT_LEGEND_COLUMNS : x + 2;
        if (!matrix->counts && x + SL_HEAT_LEGEND_COLUMNS <= at.title.x + at.title.width)
            sl_heat_legend(frame, at.title, x, at.title.y, matrix->depth);
    }
    if (matrix->rows == 0 || matrix->columns == 0) {
        sl_frame_text(frame, area, area.x, area.y + (at.title.height > 0), dim, "nothing to show yet");
        return;
    }
    draw_heads(frame, matrix, &at);
    for (int i = 0; i < at.rows; i++) draw_row(frame, matrix, &at, i);
    draw_list(frame, matrix, &at);
    draw_range(frame, matrix, &at);
}
