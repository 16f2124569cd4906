#include "ui/tui/screens/samples_view.h"
#include "ui/tui/chart/heat.h"
#include "ui/tui/chart/picture.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/frame/present.h"
#include "ui/tui/frame/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const sl_style plain = {0}, dim = {.foreground = SL_COLOR_DIM}, accent = {.foreground = SL_COLOR_ACCENT};

const char *const sl_sample_titles[SL_SAMPLE_KINDS] = {"image", "ground truth", "prediction", "confidence", "kept"};

// ---- words ------------------------------------------------------------------------------------------------------------------

// "mIoU 41.2  right 87.1 %": as far as it is known. Returns its columns; draws it where there is room.
static int scores(sl_frame *frame, sl_rect line, int x, const sl_samples *samples) {
    char miou[SL_SHORT_BYTES], right[SL_SHORT_BYTES];
    if (isnan(samples->right)) return 0;
    sl_show_percent(samples->miou, miou);
    sl_show_percent(samples->right, right);
    int columns = (int)(strlen(miou) + strlen(right)) + 15;
    if (!frame) return columns;
    x = sl_frame_text(frame, line, x, line.y, dim, "mIoU ");
    x = sl_frame_text(frame, line, x, line.y, plain, miou);
    x = sl_frame_text(frame, line, x, line.y, dim, "  right ");
    x = sl_frame_text(frame, line, x, line.y, plain, right);
    sl_frame_text(frame, line, x, line.y, dim, " %");
    return columns;
}

void sl_samples_draw_head(sl_frame *frame, sl_rect line, const sl_samples_view *view) {
    const sl_samples *samples = view->samples[0];
    char place[64];
    int scored = view->samples[1] ? 0 : scores(NULL, line, 0, samples);
    int counted = snprintf(place, sizeof place, "  %zu of %zu", samples->image + 1, samples->image_count);
    if (scored && line.width - scored - counted - 2 >= 24) {
        scores(frame, line, line.x + line.width - scored, samples);
        line.width -= scored + 2;
    }
    sl_rect name = {line.x, line.y, line.width - counted, 1};
    int x = sl_frame_text(frame, name, line.x, line.y, dim, samples->splits[samples->image]) + 1;
    x = sl_frame_text(frame, name, x, line.y, (sl_style){SL_COLOR_TITLE, 0, SL_ATTR_BOLD}, samples->images[samples->image]);
    if (x > name.x + name.width) x = name.x + name.width;
    sl_frame_text(frame, line, x, line.y, dim, place);
}

// ---- the track of evaluations -----------------------------------------------------------------------------------------------

// The columns of the dots: the track's right end is left to what is said of the evaluation.
static sl_rect dots_of(sl_rect line) {
    int room = line.width - 20 - 34;
    if (room < 10) room = line.width - 20 - 16;
    if (room > 80) room = 80;
    return (sl_rect){line.x + 16, line.y, room < 1 ? 1 : room, 1};
}

// Where the dot of an evaluation stands: in order, so that few stand close together at the left.
static int dot_at(sl_rect dots, const sl_samples *samples, size_t at) {
    size_t count = samples->step_count;
    if (count <= (size_t)(dots.width + 1) / 2) return dots.x + 2 * (int)at;
    return dots.x + (int)((double)at * (dots.width - 1) / (double)(count - 1) + 0.5);
}

long sl_samples_track_at(sl_rect line, const sl_samples *samples, int x) {
    long best = -1;
    sl_rect dots = dots_of(line);
    for (size_t i = 0; i < samples->step_count; i++) {
        int away = dot_at(dots, samples, i) - x;
        if ((away < 0 ? -away : away) <= 1 && (best < 0 || away == 0)) best = (long)i;
    }
    return best;
}

void sl_samples_draw_track(sl_frame *frame, sl_rect line, const sl_samples_view *view) {
    const sl_samples *samples = view->samples[0];
    if (samples->step_count == 0) {
        sl_frame_text(frame, line, line.x, line.y, dim, "no evaluation yet: the first brings a prediction");
        return;
    }
    sl_rect dots = dots_of(line);
    int end = dot_at(dots, samples, samples->step_count - 1);
    sl_frame_printf(frame, line, line.x, line.y, plain, "step %lld", (long long)samples->steps[samples->at]);
    for (int x = dots.x; x <= end; x++) sl_frame_put(frame, line, x, line.y, dim, 0x2500);
    for (size_t i = 0; i < samples->step_count; i++)
        sl_frame_put(frame, line, dot_at(dots, samples, i), line.y, dim, frame->utf8 ? 0xB7 : '+');
    sl_frame_put(frame, line, dot_at(dots, samples, samples->at), line.y, accent, 0x25CF);
    char date[SL_SHORT_BYTES];
    int x = sl_frame_printf(frame, line, end + 3, line.y, dim, "%zu of %zu", samples->at + 1, samples->step_count) + 2;
    if (view->follows && x + 6 <= line.x + line.width) x = sl_frame_text(frame, line, x, line.y, accent, "newest") + 2;
    if (!isnan(samples->time) && x + 16 <= line.x + line.width)
        sl_frame_text(frame, line, x, line.y, dim, sl_show_date(samples->time, date));
}

// ---- pictures ---------------------------------------------------------------------------------------------------------------

// In the middle of where a picture would be.
static void draw_problem(sl_frame *frame, sl_rect place, const char *problem) {
    sl_style style = {SL_COLOR_WARN, 0, 0};
    sl_rect_take_top(&place, place.height / 3);
    sl_words_draw(frame, place, place.height, style, style, problem);
}

static void draw_title(sl_frame *frame, sl_rect line, const sl_samples_view *view, int run, sl_sample_kind kind) {
    const sl_samples *samples = view->samples[run];
    char share[SL_SHORT_BYTES];
    sl_style style = (int)kind == view->chosen ? (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD} : (sl_style){SL_COLOR_TITLE, 0, 0};
    int x = sl_frame_text(frame, line, line.x, line.y, style, sl_sample_titles[kind]) + 1;
    if (kind == SL_SAMPLE_KEPT && !isnan(samples->kept))
        sl_frame_text(frame, line, x, line.y, dim, sl_show_whole_percent(samples->kept, share));
    bool colored = frame->utf8 && view->theme.depth >= SL_DEPTH_256;
    if (kind == SL_SAMPLE_CONFIDENCE && colored && line.x + line.width - x >= SL_HEAT_LEGEND_COLUMNS)
        sl_heat_legend(frame, line, line.x + line.width - SL_HEAT_LEGEND_COLUMNS, line.y, view->theme.depth);
}

static void draw_panel(sl_frame *frame, sl_rect panel, const sl_samples_view *view, int run, sl_sample_kind kind, bool tabs) {
    const sl_samples *samples = view->samples[run];
    const sl_picture *picture = &samples->pictures[kind];
    sl_rect line = sl_rect_take_top(&panel, 1);
    if (!tabs) draw_title(frame, line, view, run, kind);
    if (picture->rgb) {
        sl_rect place = panel; // which was made for pictures of this shape, unless the other run's are of another
        if (picture->width != view->width || picture->height != view->height)
            place = sl_picture_place(panel, picture->width, picture->height);
        place.x = panel.x;
        sl_picture_show(frame, place, picture,
                        (sl_picture_style){view->theme, samples->void_label, kind == SL_SAMPLE_CONFIDENCE && !picture->labels});
    } else if (picture->problem)
        draw_problem(frame, panel, picture->problem);
    else if (samples->image == samples->image_count)
        draw_problem(frame, panel, "this run has no picture of this image");
    else
        draw_problem(frame, panel, "there is none");
}

static void draw_run(sl_frame *frame, sl_rect line, const sl_samples_view *view, int run) {
    const sl_samples *samples = view->samples[run];
    const sl_run_row *row = view->runs[run];
    int scored = samples->image < samples->image_count ? scores(NULL, line, 0, samples) : 0;
    char step[40] = "";
    if (samples->step_count) snprintf(step, sizeof step, "  step %lld", (long long)samples->steps[samples->at]);
    sl_rect name = {line.x, line.y, line.width - (int)strlen(step), 1};
    if (scored && line.width - scored - (int)strlen(step) >= 20)
        name.width -= scored + 2;
    else
        scored = 0;
    int x = sl_frame_printf(frame, name, line.x, line.y, (sl_style){(sl_color)(SL_COLOR_SERIES + run), 0, SL_ATTR_BOLD}, "%.6s",
                            row->uuid ? row->uuid : "") +
            1;
    x = sl_frame_text(frame, name, x, line.y, plain, sl_run_called(row));
    if (x > name.x + name.width) x = name.x + name.width;
    x = sl_frame_text(frame, line, x, line.y, dim, step) + 2;
    if (scored) scores(frame, line, x, samples);
}

// Which picture it is of those that there are: tab goes from one to the next.
static void draw_tabs(sl_frame *frame, sl_rect line, const sl_samples_view *view) {
    int x = line.x, columns = 0;
    for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++) columns += view->kinds[kind] ? (int)strlen(sl_sample_titles[kind]) + 2 : 0;
    bool all = columns - 2 + 6 <= line.width; // 6: the share that is kept
    for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++) {
        if (!view->kinds[kind] || (!all && kind != view->chosen)) continue;
        if (kind == view->chosen)
            draw_title(frame, (sl_rect){x, line.y, line.x + line.width - x, 1}, view, 0, (sl_sample_kind)kind);
        else
            sl_frame_text(frame, line, x, line.y, dim, sl_sample_titles[kind]);
        x += (int)strlen(sl_sample_titles[kind]) + 2 + (kind == view->chosen && kind == SL_SAMPLE_KEPT ? 6 : 0);
    }
}

void sl_samples_draw_panels(sl_frame *frame, const sl_samples_layout *layout, const sl_samples_view *view) {
    if (layout->tabs.width > 0) draw_tabs(frame, layout->tabs, view);
    for (int run = 0; run < SL_SAMPLES_RUNS; run++) {
        if (!view->samples[run]) continue;
        if (layout->lines[run].width > 0) draw_run(frame, layout->lines[run], view, run);
        for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++)
            if (layout->panels[run][kind].width > 0)
                draw_panel(frame, layout->panels[run][kind], view, run, (sl_sample_kind)kind, layout->tabs.width > 0);
    }
}

// ---- the legend -------------------------------------------------------------------------------------------------------------

static void name_of(const sl_sample_class *class, char out[128]) {
    if (class->name && *class->name)
        snprintf(out, 128, "%.120s", class->name);
    else
        snprintf(out, 128, "class %d", class->index);
}

// The class's colour, or its letter; returns the column after it.
static int draw_chip(sl_frame *frame, sl_rect area, int x, int y, const sl_samples_view *view, const sl_sample_class *class) {
    if (sl_picture_letters(frame, view->theme)) {
        sl_frame_put(frame, area, x, y, (sl_style){SL_COLOR_ACCENT, 0, SL_ATTR_BOLD}, sl_picture_letter(class->index));
        return x + 2;
    }
    sl_color color = SL_COLOR_RGB(class->rgb[0], class->rgb[1], class->rgb[2]);
    for (int i = 0; i < 2; i++) sl_frame_put(frame, area, x + i, y, (sl_style){SL_COLOR_DEFAULT, color, 0}, ' ');
    return x + 3;
}

static const char *iou_of(const sl_samples *samples, const sl_sample_class *class, char out[SL_SHORT_BYTES]) {
    int together = class->truth + class->predicted - class->hit;
    if (isnan(samples->miou) || together <= 0) return "";
    snprintf(out, SL_SHORT_BYTES, "%.0f", 100.0 * class->hit / together);
    return out;
}

// The same class in the other run's pictures, or NULL.
static const sl_sample_class *other_of(const sl_samples_view *view, int index) {
    const sl_samples *other = view->samples[1];
    for (size_t i = 0; other && i < other->class_count; i++)
        if (other->classes[i].index == index) return &other->classes[i];
    return NULL;
}

static sl_style of_run(int run) {
    return (sl_style){(sl_color)(SL_COLOR_SERIES + run), SL_COLOR_DEFAULT, 0};
}

// A class in each row, its IoU at the right, of both runs.
static void draw_list(sl_frame *frame, sl_rect area, const sl_samples_view *view) {
    const sl_samples *samples = view->samples[0];
    char number[SL_SHORT_BYTES], name[128];
    if (area.width > 30) area.width = 30;
    bool scored = !isnan(samples->miou), two = scored && view->samples[1];
    int numbers = two ? 8 : scored ? 4 : 0, end = area.x + area.width;
    if (area.height > 1) {
        sl_rect line = sl_rect_take_top(&area, 1);
        sl_frame_text(frame, line, line.x, line.y, dim, "class");
        if (scored) sl_frame_text(frame, line, end - 3, line.y, dim, "IoU");
    }
    for (size_t i = 0; i < samples->class_count && (int)i < area.height; i++) {
        const sl_sample_class *class = &samples->classes[i];
        int y = area.y + (int)i;
        if ((int)i == area.height - 1 && i + 1 < samples->class_count) {
            sl_frame_printf(frame, area, area.x, y, dim, "and %zu more", samples->class_count - i);
            break;
        }
        int x = draw_chip(frame, area, area.x, y, view, class);
        name_of(class, name);
        sl_frame_text(frame, (sl_rect){x, y, end - x - numbers, 1}, x, y, plain, name);
        if (scored)
            sl_frame_printf(frame, area, end - numbers + 1, y, two ? of_run(0) : plain, "%3s", iou_of(samples, class, number));
        const sl_sample_class *other = two ? other_of(view, class->index) : NULL;
        if (other) sl_frame_printf(frame, area, end - 3, y, of_run(1), "%3s", iou_of(view->samples[1], other, number));
    }
}

// One after the other, in the rows that there are.
static void draw_row(sl_frame *frame, sl_rect area, const sl_samples_view *view) {
    const sl_samples *samples = view->samples[0];
    int x = area.x, y = area.y, chip = sl_picture_letters(frame, view->theme) ? 2 : 3;
    for (size_t i = 0; i < samples->class_count; i++) {
        char number[SL_SHORT_BYTES], second[SL_SHORT_BYTES], name[128], more[40];
        name_of(&samples->classes[i], name);
        const sl_sample_class *other = other_of(view, samples->classes[i].index);
        const char *iou = iou_of(samples, &samples->classes[i], number),
                   *of_other = other ? iou_of(view->samples[1], other, second) : "";
        int columns = chip + sl_text_columns(name, frame->utf8) + (*iou ? (int)strlen(iou) + 1 : 0) +
                      (*of_other ? (int)strlen(of_other) + 1 : 0);
        bool last = i + 1 == samples->class_count;
        int reserved =
            y + 1 < area.y + area.height || last ? 0 : snprintf(more, sizeof more, "+%zu", samples->class_count - i - 1) + 2;
        if (x > area.x && x + columns + reserved > area.x + area.width) {
            if (y + 1 >= area.y + area.height) {
                sl_frame_printf(frame, area, x, y, dim, "+%zu", samples->class_count - i);
                return;
            }
            x = area.x;
            y++;
        }
        x = draw_chip(frame, area, x, y, view, &samples->classes[i]);
        x = sl_frame_text(frame, area, x, y, plain, name);
        if (*iou) x = sl_frame_text(frame, area, x + 1, y, view->samples[1] ? of_run(0) : dim, iou);
        if (*of_other) x = sl_frame_text(frame, area, x + 1, y, of_run(1), of_other);
        x += 2;
    }
}

void sl_samples_draw_legend(sl_frame *frame, const sl_samples_layout *layout, const sl_samples_view *view) {
    if (layout->legend.width < 8 || layout->legend.height < 1) return;
    if (layout->listed)
        draw_list(frame, layout->legend, view);
    else
        draw_row(frame, layout->legend, view);
}
