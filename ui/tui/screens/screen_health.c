// The Health screen: what is wrong with the runs shown, worst first, which option to change, the disk; and what was looked for.
#include "ui/tui/app_impl.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/screens/health_parts.h"

#include <stdio.h>
#include <string.h>

enum { CURSOR = SL_HEALTH_CURSOR, DISK = 46, PAGE = 5 };

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

// ---- entries ----------------------------------------------------------------------------------------------------------------

static int entry_height(const sl_app *app, const health *h, size_t index, sl_rect area, bool utf8) {
    return index < h->list.count ? sl_health_finding_rows(app, &h->list.items[index], index == h->at, area, utf8)
                                 : sl_health_limit_rows(&sl_health_limits[index - h->list.count], area, utf8);
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
            sl_health_finding_draw(app, &h->list.items[i], i == h->at, frame, area, y);
        else if (frame)
            sl_health_limit_draw(&sl_health_limits[i - h->list.count], i == h->at, frame, area, y);
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
    sl_health_state_draw(app, &h->list, frame, line);
    if (disk.width == line.width) { // not beside each other
        disk = sl_rect_take_top(&area, 1);
        sl_rect_take_left(&disk, CURSOR);
    }
    sl_health_disk_draw(app->snapshot, frame, disk);
    const sl_run_row *run = h->focused ? sl_app_row(app, app->selected) : NULL;
    if (run && (h->list.count == 0 || h->list.items[0].run != run)) {
        char label[300];
        line = sl_rect_take_top(&area, 1);
        sl_health_label(run, label, sizeof label);
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
