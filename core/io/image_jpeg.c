// JPEG by libjpeg-turbo, with its defaults (accurate integer DCT, smooth chroma upsampling), which are OpenCV's.
#include "core/base/memory.h"
#include "core/io/image_impl.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

// These two need stdio.h first.
#include <jpeglib.h>

#include <jerror.h>

enum { MAX_SCANS = 500 }; // a progressive file of more is made to keep a decoder busy

typedef struct jpeg_work {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    const sl_image_source *source;
    sl_image image;
    uint8_t *cmyk; // one row
    bool out_of_memory;
    sl_status own; // an error that was worded here
    char message[JMSG_LENGTH_MAX];
} jpeg_work;

static void on_error(j_common_ptr info) {
    jpeg_work *work = info->client_data;
    info->err->format_message(info, work->message);
    if (info->err->msg_code == JERR_OUT_OF_MEMORY) work->out_of_memory = true;
    longjmp(work->jump, 1);
}

// The library only warns of truncated and damaged data and goes on with grey; here they are errors. Level -1 is a warning.
static void on_message(j_common_ptr info, int level) {
    if (level < 0 && info->err->msg_code != JWRN_JFIF_MAJOR && info->err->msg_code != JWRN_ADOBE_XFORM) on_error(info);
}

static void on_progress(j_common_ptr info) {
    jpeg_work *work = info->client_data;
    if (info->is_decompressor && ((j_decompress_ptr)info)->input_scan_number > MAX_SCANS) {
        snprintf(work->message, sizeof work->message, "more than %d scans", MAX_SCANS);
        longjmp(work->jump, 1);
    }
}

static int orientation(const jpeg_work *work) {
    for (jpeg_saved_marker_ptr marker = work->info.marker_list; marker; marker = marker->next)
        if (marker->marker == JPEG_APP0 + 1 && marker->data_length >= 6 && memcmp(marker->data, "Exif\0", 6) == 0)
            return sl_exif_orientation(marker->data + 6, marker->data_length - 6);
    return 1;
}

// Inverted CMYK, as all of Adobe's, to BGR in OpenCV's arithmetic.
static void bgr_of_cmyk(const uint8_t *cmyk, uint8_t *bgr, int width) {
    for (int x = 0; x < width; x++, cmyk += 4, bgr += 3) {
        int k = cmyk[3];
        for (int i = 0; i < 3; i++) bgr[2 - i] = (uint8_t)(k - ((255 - cmyk[i]) * k >> 8));
    }
}

static bool decode(jpeg_work *work, sl_image_want want) {
    j_decompress_ptr info = &work->info;
    if (setjmp(work->jump)) return false;
    jpeg_create_decompress(info);
    info->progress = &work->progress;
    jpeg_mem_src(info, work->source->bytes, work->source->size);
    jpeg_save_markers(info, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(info, TRUE);
    int width = (int)info->image_width, height = (int)info->image_height, turned = orientation(work);
    if (want == SL_IMAGE_SIZE) {
        work->image = (sl_image){.width = turned >= 5 ? height : width, .height = turned >= 5 ? width : height};
        return true;
    }
    bool four = info->num_components == 4;
    info->out_color_space = four ? JCS_CMYK : JCS_EXT_BGR;
    work->own = sl_image_new(work->source->path, width, height, 3, &work->image);
    if (work->own != SL_OK) return false;
    if (four && !(work->cmyk = sl_malloc((size_t)width * 4))) {
        work->out_of_memory = true;
        return false;
    }
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        uint8_t *target = work->image.pixels + (size_t)info->output_scanline * (size_t)width * 3;
        JSAMPROW row = four ? work->cmyk : target;
        jpeg_read_scanlines(info, &row, 1);
        if (four) bgr_of_cmyk(work->cmyk, target, width);
    }
    jpeg_finish_decompress(info); // reads on to the end marker, so that a cut file is noticed
    work->own = sl_image_orient(work->source->path, &work->image, turned);
    return work->own == SL_OK;
}

sl_status sl_jpeg_decode(const sl_image_source *source, sl_image_want want, sl_image *out) {
    *out = (sl_image){0};
    if (want == SL_IMAGE_LABEL)
        return sl_error(SL_ERR_FORMAT,
                        "%s: the label file is a JPEG, which holds colours, not class indices; save it as a palette PNG",
                        source->path);
    jpeg_work work = {.source = source};
    work.info.err = jpeg_std_error(&work.errors);
    work.info.client_data = &work;
    work.errors.error_exit = on_error;
    work.errors.emit_message = on_message;
    work.progress.progress_monitor = on_progress;
    bool done = decode(&work, want);
    jpeg_destroy_decompress(&work.info);
    sl_free(work.cmyk);
    if (done) {
        *out = work.image;
        return SL_OK;
    }
    sl_image_clear(&work.image);
    if (work.own != SL_OK) return work.own;
    if (work.out_of_memory) return sl_error(SL_ERR_MEMORY, "%s: out of memory", source->path);
    return sl_error(SL_ERR_FORMAT, "%s: damaged JPEG: %s", source->path, work.message);
}
