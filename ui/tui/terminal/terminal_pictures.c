#include "ui/tui/terminal/terminal_pictures.h"
#include "core/base/memory.h"
#include "ui/tui/terminal/kitty.h"
#include "ui/tui/terminal/sixel.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ID = 0x5e1000, SIDE_MOST = 2048 };

bool sl_pictures_possible(const sl_pictures *pictures) {
    return pictures->graphics == SL_GRAPHICS_KITTY ||
           (pictures->graphics == SL_GRAPHICS_SIXEL && pictures->cell_width > 0 && pictures->cell_height > 0);
}

// ---- what is shown ----------------------------------------------------------------------------------------------------------

// A picture is shown where there is nothing else: a question or a message over it comes first.
static bool is_free(const sl_frame *frame, sl_rect place) {
    for (int y = place.y; y < place.y + place.height; y++)
        for (int x = place.x; x < place.x + place.width; x++) {
            const sl_frame_cell *cell = &frame->cells[(size_t)y * (size_t)frame->width + (size_t)x];
            if (cell->character != ' ' || cell->style.background != SL_COLOR_DEFAULT || cell->style.attributes) return false;
        }
    return true;
}

static bool same_place(sl_rect a, sl_rect b) {
    return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
}

static bool has(const sl_frame *frame, sl_rect place, uint64_t identity) {
    for (int i = 0; i < frame->picture_count; i++)
        if (same_place(frame->pictures[i].place, place) && frame->pictures[i].identity == identity) return is_free(frame, place);
    return false;
}

static bool shows(const sl_pictures *pictures, const sl_frame_picture *picture) {
    for (int i = 0; i < pictures->count; i++)
        if (same_place(pictures->shown[i].place, picture->place) && pictures->shown[i].identity == picture->identity) return true;
    return false;
}

// Each picture that is shown has a number by its place on the screen: a new one there takes the old one's.
static uint32_t id_of(sl_rect place) {
    return (uint32_t)(FIRST_ID + (place.y & 0xFF) * 0x400 + (place.x & 0x3FF));
}

static void mark(sl_frame *shown, sl_rect place) {
    sl_rect seen = sl_rect_common(place, (sl_rect){0, 0, shown->width, shown->height});
    for (int y = seen.y; y < seen.y + seen.height; y++)
        for (int x = seen.x; x < seen.x + seen.width; x++)
            shown->cells[(size_t)y * (size_t)shown->width + (size_t)x].character = 1;
}

sl_status sl_pictures_remove(sl_pictures *pictures, const sl_frame *frame, sl_frame *shown, sl_text *out) {
    int kept = 0;
    for (int i = 0; i < pictures->count; i++) {
        if (sl_pictures_possible(pictures) && has(frame, pictures->shown[i].place, pictures->shown[i].identity)) {
            pictures->shown[kept++] = pictures->shown[i];
            continue;
        }
        if (pictures->graphics == SL_GRAPHICS_KITTY) SL_TRY(sl_kitty_delete(out, id_of(pictures->shown[i].place)));
        mark(shown, pictures->shown[i].place);
    }
    pictures->count = kept;
    return SL_OK;
}

static sl_status append_picture(const sl_pictures *pictures, const sl_frame_picture *picture, sl_text *out) {
    int width = picture->width, height = picture->height;
    if (pictures->graphics == SL_GRAPHICS_SIXEL) {
        width = picture->place.width * pictures->cell_width;
        height = picture->place.height * pictures->cell_height;
    }
    if (width < 1 || height < 1 || width > SIDE_MOST || height > SIDE_MOST) return SL_OK;
    uint32_t *pixels = sl_malloc((size_t)width * (size_t)height * sizeof *pixels);
    if (!pixels) return sl_error(SL_ERR_MEMORY, "out of memory for a picture");
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            pixels[(size_t)y * (size_t)width + (size_t)x] = picture->pixel(picture->source, width, height, x, y);
    sl_status status = sl_text_append(out, "\033[%d;%dH", picture->place.y + 1, picture->place.x + 1);
    if (status == SL_OK)
        status = pictures->graphics == SL_GRAPHICS_SIXEL ? sl_sixel_append(out, pixels, width, height)
                                                         : sl_kitty_append(out, id_of(picture->place), pixels, width, height,
                                                                           picture->place.width, picture->place.height);
    sl_free(pixels);
    return status;
}

sl_status sl_pictures_add(sl_pictures *pictures, const sl_frame *frame, sl_text *out) {
    for (int i = 0; sl_pictures_possible(pictures) && i < frame->picture_count; i++) {
        const sl_frame_picture *picture = &frame->pictures[i];
        if (pictures->count == SL_FRAME_PICTURES || shows(pictures, picture) || !is_free(frame, picture->place)) continue;
        SL_TRY(append_picture(pictures, picture, out));
        pictures->shown[pictures->count].place = picture->place;
        pictures->shown[pictures->count++].identity = picture->identity;
    }
    return SL_OK;
}

sl_status sl_pictures_clear(sl_pictures *pictures, sl_text *out) {
    for (int i = 0; out && i < pictures->count; i++)
        if (pictures->graphics == SL_GRAPHICS_KITTY) SL_TRY(sl_kitty_delete(out, id_of(pictures->shown[i].place)));
    pictures->count = 0;
    return SL_OK;
}

// ---- what the terminal can do -----------------------------------------------------------------------------------------------

// Whether kitty's protocol is known, then what it is: every terminal answers the second.
const char sl_pictures_question[] = "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\\033[c";

bool sl_pictures_kitty_answer(sl_pictures *pictures, const char *rest) {
    const char *message = strchr(rest, ';');
    if (strncmp(rest, "i=31", 4) != 0 || !message || strncmp(message, ";OK", 3) != 0) return false;
    pictures->graphics = SL_GRAPHICS_KITTY;
    return true;
}

// The first number is the class of the terminal, the others are what it has; 4 stands for sixels.
bool sl_pictures_attributes_answer(sl_pictures *pictures, const char *rest) {
    const char *end = strchr(rest, 'c');
    if (!end || pictures->graphics != SL_GRAPHICS_NONE) return false;
    for (const char *at = strchr(rest, ';'); at && at < end; at = strchr(at + 1, ';'))
        if (strtol(at + 1, NULL, 10) == 4) pictures->graphics = SL_GRAPHICS_SIXEL;
    return sl_pictures_possible(pictures);
}
