#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"
#include "ui/tui/screens/confusion.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style plain = {0}, dim = {.foreground = SL_COLOR_DIM},
                      strong = {.foreground = SL_COLOR_TITLE, .attributes = SL_ATTR_BOLD};

enum { SHARE = 6, PIXELS = 6, PAIRS_MOST = 512, SIDE_BY_SIDE = 56 };

static const char *name_of(const sl_confusion_shown *shown, size_t index) {
    return shown->names && shown->names[index] ? shown->names[index] : "";
}

static sl_color iou_color(double iou) {
    return isnan(iou) ? SL_COLOR_DIM : iou < 0.1 ? SL_COLOR_BAD : iou < 0.3 ? SL_COLOR_WARN : SL_COLOR_GOOD;
}

const char *sl_confusion_share_text(sl_matrix_share share) {
    return share == SL_MATRIX_OF_TRUTH ? "% of truth" : share == SL_MATRIX_OF_PREDICTION ? "% of prediction" : "pixels";
}

// "34.1 %" of six columns.
static const char *show_share(double share, char out[SL_SHORT_BYTES]) {
    return share >= 0.9995 ? "100" : sl_show_percent(share, out);
}

static int put_share(sl_frame *frame, sl_rect line, int x, sl_style style, double share) {
    char text[SL_SHORT_BYTES];
    return sl_frame_printf(frame, line, x, line.y, style, "%4s %%", show_share(share, text));
}

static void put_pixels(sl_frame *frame, sl_rect line, double pixels) {
    char text[SL_SHORT_BYTES];
    sl_frame_printf(frame, line, line.x + line.width - PIXELS, line.y, dim, "%*s", PIXELS,
                    sl_show_count(pixels < 9e18 ? (int64_t)pixels : INT64_MAX, text));
}

// ---- the selected class -----------------------------------------------------------------------------------------------------

static int put_number(sl_frame *frame, sl_rect area, int x, int y, const char *label, double value, sl_color color) {
    char text[SL_SHORT_BYTES];
    x = sl_frame_text(frame, area, x, y, dim, label) + 1;
    return sl_frame_text(frame, area, x, y, (sl_style){color, 0, SL_ATTR_BOLD}, show_share(value, text)) + 2;
}

static int put_numbers(sl_frame *frame, sl_rect area, int x, int y, const sl_matrix_class *class) {
    x = put_number(frame, area, x, y, "IoU", class->iou, iou_color(class->iou));
    x = put_number(frame, area, x, y, "precision", class->precision, SL_COLOR_DEFAULT);
    return put_number(frame, area, x, y, "recall", class->recall, SL_COLOR_DEFAULT);
}

// The selected cell in words: "pole is taken for tree: 34.1 % of pole, 12.3 % of what is called tree, 0.8M pixels".
static void put_cell(sl_frame *frame, sl_rect line, const sl_confusion_shown *shown) {
    const char *truth = name_of(shown, shown->chosen), *taken = name_of(shown, shown->other);
    int64_t pixels = shown->matrix.counts[shown->chosen * shown->matrix.classes + shown->other];
    double of_truth = (double)pixels / shown->classes[shown->chosen].truth,
           of_taken = (double)pixels / shown->classes[shown->other].predicted;
    char one[SL_SHORT_BYTES], two[SL_SHORT_BYTES], three[SL_SHORT_BYTES];
    sl_frame_printf(frame, line, line.x, line.y, (sl_style){SL_COLOR_ACCENT, 0, 0},
                    "%s %s %s: %s %% of %s, %s %% of what is called %s, %s pixels", truth,
                    shown->chosen == shown->other ? "is" : "is taken for", taken, sl_show_percent(of_truth, one), truth,
                    sl_show_percent(of_taken, two), taken, sl_show_count(pixels, three));
}

// "tree 34 %, sky 5 %"
static int put_some(sl_frame *frame, sl_rect line, int x, const sl_confusion_shown *shown, sl_matrix_share share, int most) {
    sl_matrix_pair pairs[2];
    bool of_truth = share == SL_MATRIX_OF_TRUTH;
    size_t count = sl_matrix_pairs(shown->matrix, shown->classes, share, of_truth ? shown->chosen : SL_MATRIX_ANY,
                                   of_truth ? SL_MATRIX_ANY : shown->chosen, pairs, (size_t)most);
    if (count == 0) return sl_frame_text(frame, line, x, line.y, dim, "nothing");
    for (size_t i = 0; i < count; i++) {
        char text[SL_SHORT_BYTES];
        x = sl_frame_text(frame, line, x, line.y, plain, name_of(shown, of_truth ? pairs[i].prediction : pairs[i].truth)) + 1;
        x = sl_frame_text(frame, line, x, line.y, plain, sl_show_whole_percent(pairs[i].share, text));
        if (i + 1 < count) x = sl_frame_text(frame, line, x, line.y, plain, ", ");
    }
    return x;
}

void sl_confusion_draw_line(sl_frame *frame, sl_rect area, const sl_confusion_shown *shown) {
    if (sl_rect_is_empty(area) || shown->chosen >= shown->matrix.classes) return;
    if (shown->other != SL_MATRIX_ANY) {
        put_cell(frame, area, shown);
        return;
    }
    const char *name = name_of(shown, shown->chosen);
    sl_rect room = {area.x, area.y, area.width / 3, 1};
    int x = sl_frame_text(frame, room, area.x, area.y, (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD}, name);
    if (x > room.x + room.width) x = room.x + room.width;
    x = put_number(frame, area, x + 2, area.y, "IoU", shown->classes[shown->chosen].iou,
                   iou_color(shown->classes[shown->chosen].iou));
    x = sl_frame_text(frame, area, x, area.y, dim, "taken for") + 1;
    put_some(frame, area, x, shown, SL_MATRIX_OF_TRUTH, area.width >= 80 ? 2 : 1);
}

static void put_list(sl_frame *frame, sl_rect area, const sl_confusion_shown *shown, sl_matrix_share share) {
    sl_matrix_pair pairs[64];
    bool of_truth = share == SL_MATRIX_OF_TRUTH;
    if (area.height < 2) return;
    sl_frame_text(frame, area, area.x, area.y, dim,
                  of_truth          ? "it is taken for"
                  : area.width < 30 ? "taken for it"
                                    : "what is taken for it");
    int rows = area.height - 1;
    size_t count = sl_matrix_pairs(shown->matrix, shown->classes, share, of_truth ? shown->chosen : SL_MATRIX_ANY,
                                   of_truth ? SL_MATRIX_ANY : shown->chosen, pairs, (size_t)(rows < 64 ? rows : 64));
    if (count == 0) sl_frame_text(frame, area, area.x, area.y + 1, dim, "nothing");
    for (size_t i = 0; i < count; i++) {
        sl_rect line = {area.x, area.y + 1 + (int)i, area.width, 1}, name = line;
        int x = put_share(frame, line, line.x, plain, pairs[i].share) + 2;
        name.width -= PIXELS + 1;
        sl_frame_text(frame, name, x, line.y, plain, name_of(shown, of_truth ? pairs[i].prediction : pairs[i].truth));
        put_pixels(frame, line, (double)pairs[i].pixels);
    }
}

void sl_confusion_draw_chosen(sl_frame *frame, sl_rect area, const sl_confusion_shown *shown) {
    if (sl_rect_is_empty(area) || shown->chosen >= shown->matrix.classes) return;
    const sl_matrix_class *class = &shown->classes[shown->chosen];
    const char *name = name_of(shown, shown->chosen);
    enum { NUMBERS = 37 };
    sl_rect line = sl_rect_take_top(&area, 1), room = line;
    int columns = sl_text_columns(name, frame->utf8);
    bool together = columns + 2 + NUMBERS <= area.width;
    sl_frame_text(frame, room, line.x, line.y, (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD}, name);
    if (!together) line = sl_rect_take_top(&area, 1);
    put_numbers(frame, line, together ? line.x + columns + 2 : line.x, line.y, class);
    line = sl_rect_take_top(&area, 1);
    if (line.height && shown->other != SL_MATRIX_ANY) {
        put_cell(frame, line, shown);
    } else if (line.height) {
        char truth[SL_SHORT_BYTES], taken[SL_SHORT_BYTES];
        sl_frame_printf(frame, line, line.x, line.y, dim, "%s pixels, %s taken for it",
                        sl_show_count((int64_t)fmin(class->truth, 9e18), truth),
                        sl_show_count((int64_t)fmin(class->predicted, 9e18), taken));
    }
    if (area.height > 6) sl_rect_take_top(&area, 1);
    if (area.width >= SIDE_BY_SIDE || area.height < 4) {
        sl_rect right = sl_rect_take_right(&area, area.width >= SIDE_BY_SIDE ? (area.width - 2) / 2 : 0);
        sl_rect_take_right(&area, right.width ? 2 : 0);
        put_list(frame, right, shown, SL_MATRIX_OF_PREDICTION);
    } else {
        put_list(frame, sl_rect_take_bottom(&area, area.height / 2), shown, SL_MATRIX_OF_PREDICTION);
    }
    put_list(frame, area, shown, SL_MATRIX_OF_TRUTH);
}

// ---- pairs ------------------------------------------------------------------------------------------------------------------

// Where the lines of pairs begin: below a title, if there is room for one.
static sl_rect pair_lines(sl_rect area) {
    if (area.height >= 2) sl_rect_take_top(&area, 1);
    return area;
}

int sl_confusion_pairs_most(size_t classes) {
    return classes * classes < PAIRS_MOST ? (int)(classes * classes) : PAIRS_MOST;
}

static size_t find_pairs(sl_rect lines, const sl_confusion_shown *shown, sl_matrix_pair *pairs, int *first) {
    int wanted = shown->first_pair + lines.height;
    size_t count = sl_matrix_pairs(shown->matrix, shown->classes, shown->share, SL_MATRIX_ANY, SL_MATRIX_ANY, pairs,
                                   wanted < PAIRS_MOST ? (size_t)wanted : PAIRS_MOST);
    int last = (int)count - lines.height;
    *first = shown->first_pair < last ? shown->first_pair : last > 0 ? last : 0;
    return count;
}

void sl_confusion_draw_pairs(sl_frame *frame, sl_rect area, const sl_confusion_shown *shown) {
    static const char *const titles[SL_MATRIX_SHARES] = {"worst pairs, % of truth", "worst pairs, % of prediction",
                                                         "worst pairs by pixels, % of truth"};
    sl_matrix_pair pairs[PAIRS_MOST];
    sl_rect lines = pair_lines(area);
    int first;
    if (sl_rect_is_empty(area)) return;
    size_t count = find_pairs(lines, shown, pairs, &first);
    if (lines.y > area.y) {
        sl_frame_text(frame, area, area.x, area.y, strong, titles[shown->share]);
        int width = (int)strlen(titles[shown->share]) + 1 + PIXELS;
        if (width <= area.width) sl_frame_text(frame, area, area.x + area.width - PIXELS, area.y, dim, "pixels");
    }
    if (count == 0) sl_frame_text(frame, lines, lines.x, lines.y, dim, "nothing is taken for anything else");
    for (int i = 0; i < lines.height && (size_t)(first + i) < count; i++) {
        const sl_matrix_pair *pair = &pairs[first + i];
        bool chosen = pair->truth == shown->chosen && (shown->other == SL_MATRIX_ANY || shown->other == pair->prediction);
        sl_style style = chosen ? (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD} : plain;
        sl_rect line = {lines.x, lines.y + i, lines.width, 1}, names = line;
        int x = put_share(frame, line, line.x, style, pair->share) + 2;
        names.width -= PIXELS + 1;
        // Two names and an arrow: a long first one leaves the second its half.
        const char *arrow = frame->utf8 ? " \u2192 " : " -> ";
        int between = frame->utf8 ? 3 : 4, room = names.x + names.width - x - between,
            one = sl_text_columns(name_of(shown, pair->truth), frame->utf8),
            two = sl_text_columns(name_of(shown, pair->prediction), frame->utf8);
        int width = one + two <= room || one <= room / 2 ? one : two < room / 2 ? room - two : room / 2;
        sl_frame_text(frame, (sl_rect){x, line.y, width, 1}, x, line.y, style, name_of(shown, pair->truth));
        sl_frame_text(frame, names, x + width, line.y, dim, arrow);
        sl_frame_text(frame, names, x + width + between, line.y, style, name_of(shown, pair->prediction));
        put_pixels(frame, line, (double)pair->pixels);
    }
}

bool sl_confusion_pair_at(sl_rect area, const sl_confusion_shown *shown, int y, sl_matrix_pair *pair) {
    sl_matrix_pair pairs[PAIRS_MOST];
    sl_rect lines = pair_lines(area);
    int first;
    if (!sl_rect_holds(lines, lines.x, y)) return false;
    size_t count = find_pairs(lines, shown, pairs, &first), at = (size_t)(first + y - lines.y);
    if (at >= count) return false;
    *pair = pairs[at];
    return true;
}

// ---- all classes ------------------------------------------------------------------------------------------------------------

// The first class in sight, so that the chosen one is.
static int first_class(sl_rect lines, const sl_confusion_shown *shown) {
    int count = (int)shown->matrix.classes, chosen = (int)shown->chosen, first = shown->first_class;
    if (chosen < first) first = chosen;
    if (chosen >= first + lines.height) first = chosen - lines.height + 1;
    if (first > count - lines.height) first = count - lines.height;
    return first > 0 ? first : 0;
}

static void put_right(sl_frame *frame, sl_rect line, int right, sl_style style, double value) {
    char text[SL_SHORT_BYTES];
    sl_frame_printf(frame, line, right - 5, line.y, style, "%5s", show_share(value, text));
}

void sl_confusion_draw_classes(sl_frame *frame, sl_rect area, const sl_confusion_shown *shown) {
    enum { IOU = 6, PRECISION = 7, RECALL = 8, COUNT = PIXELS + 2, BAR = 10 };
    if (area.height < 2) return;
    sl_rect lines = area;
    sl_rect_take_top(&lines, 1);
    int numbers = IOU + PRECISION + RECALL + COUNT, names = 5, first = first_class(lines, shown);
    for (size_t i = 0; i < shown->matrix.classes; i++) {
        int columns = sl_text_columns(name_of(shown, i), frame->utf8);
        if (columns > names) names = columns;
    }
    if (names > area.width - numbers) names = area.width - numbers;
    if (names < 4) return;
    int right = area.x + names, bar = area.width - names - numbers - 2;
    sl_frame_text(frame, area, area.x, area.y, strong, "class");
    sl_frame_text(frame, area, right + IOU - 3, area.y, dim, "IoU");
    sl_frame_text(frame, area, right + IOU + PRECISION - 5, area.y, dim, "prec.");
    sl_frame_text(frame, area, right + IOU + PRECISION + RECALL - 6, area.y, dim, "recall");
    sl_frame_text(frame, area, right + numbers - PIXELS, area.y, dim, "pixels");
    for (int i = 0; i < lines.height && (size_t)(first + i) < shown->matrix.classes; i++) {
        size_t index = (size_t)(first + i);
        const sl_matrix_class *class = &shown->classes[index];
        sl_rect line = {lines.x, lines.y + i, lines.width, 1};
        sl_style style = index == shown->chosen ? (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD} : plain;
        sl_frame_text(frame, (sl_rect){line.x, line.y, names, 1}, line.x, line.y, style, name_of(shown, index));
        put_right(frame, line, right + IOU, (sl_style){iou_color(class->iou), 0, 0}, class->iou);
        put_right(frame, line, right + IOU + PRECISION, plain, class->precision);
        put_right(frame, line, right + IOU + PRECISION + RECALL, plain, class->recall);
        put_pixels(frame, (sl_rect){right + numbers - PIXELS, line.y, PIXELS, 1}, class->truth);
        if (bar >= BAR)
            sl_show_bar(frame, line, right + numbers + 2, line.y, bar, (sl_style){iou_color(class->iou), 0, 0}, class->iou);
    }
}

bool sl_confusion_class_at(sl_rect area, const sl_confusion_shown *shown, int y, size_t *index) {
    sl_rect lines = area;
    sl_rect_take_top(&lines, 1);
    if (!sl_rect_holds(lines, lines.x, y)) return false;
    *index = (size_t)(first_class(lines, shown) + y - lines.y);
    return *index < shown->matrix.classes;
}
