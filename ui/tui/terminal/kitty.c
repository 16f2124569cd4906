#include "ui/tui/terminal/kitty.h"

enum { CHUNK = 4096 }; // characters of a sequence, at most

// Six bits a character, three bytes four characters: a pixel is just that.
static sl_status append_pixels(sl_text *out, const uint32_t *pixels, size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i++) {
        char four[4];
        for (int k = 0; k < 4; k++) four[k] = digits[pixels[i] >> (18 - 6 * k) & 63];
        SL_TRY(sl_text_append_bytes(out, four, 4));
    }
    return SL_OK;
}

sl_status sl_kitty_append(sl_text *out, uint32_t id, const uint32_t *pixels, int width, int height, int columns, int rows) {
    size_t count = (size_t)width * (size_t)height, before = out->length;
    sl_status status = SL_OK;
    for (size_t at = 0; at < count && status == SL_OK;) {
        size_t part = count - at < CHUNK / 4 ? count - at : CHUNK / 4;
        int more = at + part < count;
        if (at == 0)
            status = sl_text_append(out, "\033_Ga=T,q=2,f=24,s=%d,v=%d,c=%d,r=%d,C=1,i=%u,p=1,m=%d;", width, height, columns,
                                    rows, (unsigned)id, more);
        else
            status = sl_text_append(out, "\033_Gq=2,m=%d;", more);
        if (status == SL_OK) status = append_pixels(out, pixels + at, part);
        if (status == SL_OK) status = sl_text_append(out, "\033\\");
        at += part;
    }
    if (status != SL_OK) out->length = before;
    return status;
}

sl_status sl_kitty_delete(sl_text *out, uint32_t id) {
    return sl_text_append(out, "\033_Ga=d,d=I,i=%u,q=2\033\\", (unsigned)id);
}
