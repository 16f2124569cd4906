// The collector's connection: opened, watched, given up and opened again.
#include "core/base/memory.h"
#include "ui/tui/collect/collect_impl.h"
#include <errno.h>
#include <string.h>

enum { RETRY_MS = 500 }; // between attempts to open a file that cannot be read

static struct timespec no_time;

static bool look_outside(const char *path, sl_file_mark *mark) {
    struct stat info;
    memset(mark, 0, sizeof *mark);
    if (stat(path, &info) != 0) return false;
    mark->device = info.st_dev;
    mark->inode = info.st_ino;
    mark->size = info.st_size;
    mark->modified = info.st_mtim;
    sl_text wal = {0};
    bool there = sl_text_append(&wal, "%s-wal", path) == SL_OK && stat(wal.data, &info) == 0;
    mark->wal_size = there ? info.st_size : 0;
    mark->wal_modified = there ? info.st_mtim : no_time;
    sl_text_free(&wal);
    return true;
}

static bool same_time(struct timespec a, struct timespec b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_look(const sl_file_mark *a, const sl_file_mark *b) {
    return a->size == b->size && a->wal_size == b->wal_size && same_time(a->modified, b->modified) &&
           same_time(a->wal_modified, b->wal_modified);
}

static void set_problem(sl_collection *c, const char *text) {
    if (c->problem && strcmp(c->problem, text) == 0) return;
    sl_free(c->problem);
    c->problem = sl_strdup(text);
    c->asked = true; // it is to be shown
}

static void clear_problem(sl_collection *c) {
    if (!c->problem) return;
    sl_free(c->problem);
    c->problem = NULL;
    c->asked = true;
}

void sl_source_close(sl_collection *c) {
    sl_db_close(c->db);
    c->db = NULL;
    c->report.seen = 0; // the next file may hold other runs
}

void sl_source_fail(sl_collection *c) {
    set_problem(c, sl_error_message());
    sl_source_close(c);
    c->retry_at = sl_seconds_steady() + RETRY_MS / 1000.0;
}

static sl_status read_version(void *user, const sl_db_cursor *row) {
    *(int64_t *)user = sl_row_integer(row, 0, -1);
    return SL_OK;
}

static sl_status data_version(sl_db *db, int64_t *out) {
    return sl_each_row(db, "PRAGMA data_version", NULL, 0, read_version, out);
}

static sl_status open_source(sl_collection *c, bool *changed) {
    if (c->problem && sl_seconds_steady() < c->retry_at) return SL_OK;
    if (sl_db_open_waiting(c->path, SL_DB_READ, c->options.patience, &c->db) != SL_OK ||
        data_version(c->db, &c->data_version) != SL_OK) {
        sl_source_fail(c);
        return SL_OK;
    }
    if (c->problem || !c->was_there) c->whole_at = 0; // at once
    clear_problem(c);
    c->whole_wanted = c->was_there = *changed = true;
    return SL_OK;
}

static sl_status tell_absent(sl_collection *c, int number) {
    sl_text text = {0};
    sl_status status;
    if (number != ENOENT && number != ENOTDIR)
        status = sl_text_append(&text, "%s: cannot be opened (%s)", c->path, strerror(number));
    else if (c->was_there)
        status = sl_text_append(&text, "%s: the file was moved or deleted: waiting for it to come back", c->path);
    else
        status = sl_text_append(&text, "no database %s yet: waiting for the first run", c->path);
    if (status == SL_OK) set_problem(c, text.data);
    sl_text_free(&text);
    c->retry_at = 0; // as soon as it is there
    return status;
}

sl_status sl_source_look(sl_collection *c, bool *changed) {
    sl_file_mark mark;
    *changed = false;
    if (!look_outside(c->path, &mark)) {
        int number = errno;
        sl_source_close(c);
        return tell_absent(c, number);
    }
    if (c->db && (mark.device != c->mark.device || mark.inode != c->mark.inode)) { // another file took its place
        sl_source_close(c);
        c->whole_at = 0;
    }
    if (c->db) {
        int64_t version;
        if (data_version(c->db, &version) != SL_OK) {
            sl_source_fail(c);
            return SL_OK;
        }
        // Written to while SQLite saw no commit: a checkpoint, or a hand that went past SQLite, which only opening it anew shows.
        if (version == c->data_version && !same_look(&mark, &c->mark)) sl_source_close(c);
        *changed = version != c->data_version;
        c->data_version = version;
    }
    c->mark = mark;
    return c->db ? SL_OK : open_source(c, changed);
}
