// IoU by class over the evaluations of a run, and its confusion matrix.
#include "core/base/memory.h"
#include "ui/tui/collect/collect_impl.h"
#include <math.h>
#include <string.h>

enum { CLASSES_MOST = 256, EVALUATIONS_MOST = 4096 };

void sl_evaluations_forget(sl_known_detail *d) {
    for (size_t i = 0; i < d->classes; i++) sl_free(d->class_names[i]);
    sl_free(d->class_names);
    sl_free(d->evaluation_steps);
    sl_free(d->iou);
    sl_free(d->confusion);
    sl_free(d->split);
    d->class_names = NULL;
    d->evaluation_steps = d->confusion = NULL;
    d->iou = NULL;
    d->split = NULL;
    d->classes = d->evaluations = d->confusion_classes = 0;
}

static sl_status no_memory(void) {
    return sl_error(SL_ERR_MEMORY, "out of memory");
}

static sl_status take_split(void *user, const sl_db_cursor *row) {
    return sl_row_text(row, 0, user);
}

static sl_status take_count(void *user, const sl_db_cursor *row) {
    int64_t last = sl_row_integer(row, 0, -1);
    *(size_t *)user = last < 0 ? 0 : last >= CLASSES_MOST ? CLASSES_MOST : (size_t)last + 1;
    return SL_OK;
}

static sl_status take_class(void *user, const sl_db_cursor *row) {
    sl_known_detail *d = user;
    int64_t index = sl_row_integer(row, 0, -1);
    return index >= 0 && (size_t)index < d->classes ? sl_row_text(row, 1, &d->class_names[index]) : SL_OK;
}

// Room for one evaluation more. Of very many the oldest half goes.
static sl_status add_evaluation(sl_known_detail *d, int64_t step) {
    if (d->evaluations == EVALUATIONS_MOST) {
        size_t half = EVALUATIONS_MOST / 2;
        memmove(d->evaluation_steps, d->evaluation_steps + half, half * sizeof *d->evaluation_steps);
        memmove(d->iou, d->iou + half * d->classes, half * d->classes * sizeof *d->iou);
        d->evaluations = half;
    }
    // Powers of two: grown when the count reaches one.
    if ((d->evaluations & (d->evaluations - 1)) == 0) {
        size_t room = d->evaluations ? 2 * d->evaluations : 1;
        int64_t *steps = sl_realloc(d->evaluation_steps, room * sizeof *steps);
        if (steps) d->evaluation_steps = steps;
        double *iou = sl_realloc(d->iou, room * d->classes * sizeof *iou);
        if (iou) d->iou = iou;
        if (!steps || !iou) return no_memory();
    }
    d->evaluation_steps[d->evaluations] = step;
    for (size_t i = 0; i < d->classes; i++) d->iou[d->evaluations * d->classes + i] = NAN;
    d->evaluations++;
    return SL_OK;
}

static sl_status take_iou(void *user, const sl_db_cursor *row) {
    sl_known_detail *d = user;
    int64_t step = sl_row_integer(row, 0, 0), index = sl_row_integer(row, 1, -1);
    if (index < 0 || (size_t)index >= d->classes) return SL_OK;
    if (d->evaluations == 0 || d->evaluation_steps[d->evaluations - 1] != step) SL_TRY(add_evaluation(d, step));
    d->iou[(d->evaluations - 1) * d->classes + (size_t)index] = sl_row_number(row, 2);
    return SL_OK;
}

static sl_status read_iou(sl_db *db, sl_known_detail *d) {
    sl_db_value parameters[] = {sl_db_integer(d->run), sl_db_text(d->split), sl_db_integer(INT64_MIN)};
    size_t classes = 0;
    // Of the last two evaluations: the newest may be half written.
    SL_TRY(
        sl_each_row(db,
                    "SELECT max(class_index) FROM class_iou WHERE run = ?1 AND split = ?2 AND step >= coalesce((SELECT max(step)"
                    " FROM class_iou WHERE run = ?1 AND split = ?2 AND step < (SELECT max(step) FROM class_iou WHERE run = ?1"
                    " AND split = ?2)), ?3)",
                    parameters, 3, take_count, &classes));
    if (classes == 0) return SL_OK;
    if (classes != d->classes) {
        char *split = d->split;
        d->split = NULL;
        sl_evaluations_forget(d);
        d->split = split;
        if (!(d->class_names = sl_calloc(classes, sizeof *d->class_names))) return no_memory();
        d->classes = classes;
    }
    if (d->evaluations) {
        parameters[2] = sl_db_integer(d->evaluation_steps[d->evaluations - 1]);
        for (size_t i = 0; i < classes; i++) d->iou[(d->evaluations - 1) * classes + i] = NAN;
    }
    SL_TRY(sl_each_row(db,
                       "SELECT step, class_index, iou FROM class_iou WHERE run = ?1 AND split = ?2 AND step >= ?3"
                       " ORDER BY step, class_index",
                       parameters, 3, take_iou, d));
    return sl_each_row(db,
                       "SELECT class_index, substr(class_name, 1, 1000) FROM class_iou WHERE run = ?1 AND split = ?2 AND step ="
                       " (SELECT max(step) FROM class_iou WHERE run = ?1 AND split = ?2) ORDER BY class_index",
                       parameters, 2, take_class, d);
}

static sl_status take_matrix(void *user, const sl_db_cursor *row) {
    sl_known_detail *d = user;
    int64_t truth = sl_row_integer(row, 0, -1), prediction = sl_row_integer(row, 1, -1), classes = (int64_t)d->confusion_classes;
    d->confusion_step = sl_row_integer(row, 3, -1);
    if (truth >= 0 && truth < classes && prediction >= 0 && prediction < classes)
        d->confusion[truth * classes + prediction] = sl_row_integer(row, 2, 0);
    return SL_OK;
}

static sl_status read_confusion(sl_db *db, sl_known_detail *d, int64_t until) {
    sl_db_value parameters[] = {sl_db_integer(d->run), sl_db_text(d->split), sl_db_integer(until > 0 ? until : INT64_MAX)};
    sl_free(d->confusion);
    d->confusion_step = -1;
    d->confusion_classes = d->classes;
    d->confusion = sl_calloc(d->classes * d->classes, sizeof *d->confusion);
    if (!d->confusion) return no_memory();
    sl_status status = sl_each_row(db,
                                   "SELECT truth, prediction, pixels, step FROM confusion WHERE run = ?1 AND split = ?2"
                                   " AND step = (SELECT max(step) FROM confusion WHERE run = ?1 AND split = ?2 AND step <= ?3)",
                                   parameters, 3, take_matrix, d);
    if (status == SL_OK && d->confusion_step >= 0) return SL_OK;
    sl_free(d->confusion); // none was stored, or it is not whole
    d->confusion = NULL;
    return status;
}

sl_status sl_evaluations_read(sl_collection *c, sl_known_detail *d) {
    char *split = NULL;
    sl_db_value parameters[] = {sl_db_integer(d->run), sl_db_text(d->split_wanted)};
    sl_status status =
        sl_each_row(c->db,
                    "SELECT coalesce(?2, CASE WHEN EXISTS(SELECT 1 FROM class_iou WHERE run = ?1 AND split = 'val') THEN 'val'"
                    " ELSE (SELECT min(split) FROM class_iou WHERE run = ?1) END)",
                    parameters, 2, take_split, &split);
    if (status != SL_OK || !split) {
        sl_free(split);
        return status;
    }
    if (!d->split || strcmp(d->split, split) != 0) {
        sl_evaluations_forget(d);
        d->split = split;
    } else {
        sl_free(split);
    }
    SL_TRY(read_iou(c->db, d));
    return d->classes ? read_confusion(c->db, d, c->request.confusion_step) : SL_OK;
}
