#include "ui/tui/frame/layout.h"
#include "ui/tui/screens/confusion.h"

// Columns and rows: of a panel at least; for two panels beside each other; of a cell; before the cells; above them.
enum { SIDE_FROM = 100, PANEL_LEAST = 38, TWO_FROM = 96, PAIRS_MOST = 70, CELL = 6, TALLEST = 5, LETTERS = 3, HEADS = 2 };
enum { CHOSEN_LEAST = 8, STRIP_LEAST = 8, STRIP_CELL = 3, STRIP_TITLE = 38, TABLE = 27, ROWS_BELOW = 8, MATRIX_LEAST = 60 };

static int at_most(int value, int most) {
    return value < most ? value : most;
}
static int at_least(int value, int least) {
    return value > least ? value : least;
}

// How tall the rows of the matrix become where it may take so much; its cells are then twice as wide as tall, and at least CELL.
static int height_of_rows(int width, int height, int classes, int names) {
    int tall = classes > 0 ? at_least(at_most((height - HEADS) / classes, TALLEST), 1) : 1;
    while (tall > 1 && names + LETTERS + classes * at_least(2 * tall, CELL) > width) tall--;
    return tall;
}

// Takes a part from the top and a blank line with it.
static sl_rect take(sl_rect *rest, int height) {
    sl_rect part = sl_rect_take_top(rest, height);
    sl_rect_take_top(rest, 1);
    return part;
}

// Room for everything: the matrix, one column with the classes, one with the pairs.
static void put_in_three(sl_confusion_places *places, sl_rect area, int classes, bool strip, int names) {
    places->tallest = height_of_rows(area.width - 2 - TWO_FROM, area.height, classes, names);
    places->widest = at_least(2 * places->tallest, CELL);
    places->matrix = sl_rect_take_left(&area, at_least(names + LETTERS + classes * places->widest, MATRIX_LEAST));
    sl_rect_take_left(&area, 2);
    places->pairs = sl_rect_take_right(&area, at_most((area.width - 2) / 2, PAIRS_MOST));
    sl_rect_take_right(&area, 2);
    places->chosen = take(&area, at_most(at_least(area.height / 3, CHOSEN_LEAST), 4 + classes));
    if (area.height >= classes + 1) places->classes = take(&area, classes + 1);
    if (strip && area.height >= at_most(classes, STRIP_LEAST) + 2) places->strip = take(&area, classes + 2);
}

// The IoU over the evaluations below the matrix, and the table of classes beside it: few evaluations leave room for that.
static void put_strip(sl_confusion_places *places, sl_rect bottom, int evaluations, int names) {
    int strip = at_least(names + 6 + at_most(evaluations, bottom.width) * STRIP_CELL, STRIP_TITLE);
    places->strip = bottom;
    if (bottom.width - strip - 2 < names + TABLE) return;
    places->strip = sl_rect_take_left(&bottom, strip);
    sl_rect_take_left(&bottom, 2);
    bottom.height--;
    places->classes = bottom;
}

static void put_in_two(sl_confusion_places *places, sl_rect area, int classes, int evaluations, int names) {
    sl_rect left =
        sl_rect_take_left(&area, at_most(at_least(names + LETTERS + classes * CELL, MATRIX_LEAST), area.width - PANEL_LEAST - 2));
    sl_rect_take_left(&area, 2);
    int spare = left.height - classes - HEADS - 1;
    if (evaluations > 1 && spare >= at_most(classes, STRIP_LEAST) + 2) {
        put_strip(places, sl_rect_take_bottom(&left, at_most(classes + 2, spare)), evaluations, names);
        sl_rect_take_bottom(&left, 1);
    }
    places->matrix = left;
    places->tallest = height_of_rows(left.width, left.height, classes, names);
    places->chosen = take(&area, at_most(at_least(area.height / 3, CHOSEN_LEAST), 4 + classes));
    if (!places->classes.height && area.height >= classes + 2 + CHOSEN_LEAST) {
        places->classes = sl_rect_take_bottom(&area, classes + 1);
        sl_rect_take_bottom(&area, 1);
    }
    places->pairs = area;
}

static void put_below(sl_confusion_places *places, sl_rect area, int classes, int names) {
    // Few classes leave room for taller rows.
    places->tallest = height_of_rows(area.width, area.height - ROWS_BELOW - 1, classes, names);
    places->widest = at_least(2 * places->tallest, CELL);
    int height = classes * places->tallest + HEADS;
    if (height > area.height - 1) height = area.height - (area.height >= 20 ? ROWS_BELOW : 3);
    places->matrix = sl_rect_take_top(&area, height);
    if (area.height >= 5) {
        if (area.height > 6) sl_rect_take_top(&area, 1);
        places->chosen = sl_rect_take_left(&area, (area.width - 2) / 2);
        sl_rect_take_left(&area, 2);
    } else {
        places->line = sl_rect_take_top(&area, 1);
    }
    places->pairs = area;
}

sl_confusion_places sl_confusion_put(sl_rect area, size_t classes, size_t evaluations, int names) {
    sl_confusion_places places = {.tallest = 1, .widest = CELL};
    int count = classes < 10000 ? (int)classes : 10000;
    if (sl_rect_is_empty(area)) return places;
    if (names > area.width / 4) names = area.width / 4;
    if (area.width < SIDE_FROM)
        put_below(&places, area, count, names);
    else if (area.width - at_least(names + LETTERS + count * CELL, MATRIX_LEAST) - 2 >= TWO_FROM && area.height >= 24)
        put_in_three(&places, area, count, evaluations > 1, names);
    else
        put_in_two(&places, area, count, evaluations < 10000 ? (int)evaluations : 10000, names);
    return places;
}
