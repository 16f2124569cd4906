// Which run a person means.
#include "core/base/memory.h"
#include "core/base/text.h"
#include "db/db_impl.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 5
// Removed runs lie in the bin (`semiluna rm`).
#define BINNED "(id IN (SELECT run FROM removed)) = "

static bool is_id(const char *what, int64_t *id) {
    char *end;
    errno = 0;
    *id = strtoll(what, &end, 10);
    return isdigit((unsigned char)what[0]) && !*end && errno == 0;
}

static bool is_uuid_start(const char *what) {
    return strlen(what) <= 36 && strspn(what, "0123456789abcdefABCDEF-") == strlen(what);
}

// A name may hold anything, a message is one line.
static void make_plain(sl_text *text) {
    for (size_t i = 0; i < text->length; i++)
        if (iscntrl((unsigned char)text->data[i])) text->data[i] = ' ';
}

// Appends "a1b2c3d4 (name), ..." for the query's rows of uuid and name.
static sl_status list_runs(sl_db *db, const char *sql, const sl_db_value *parameters, size_t count, sl_text *text) {
    sl_db_cursor *cursor;
    bool row = true;
    SL_TRY(sl_db_query(db, sql, parameters, count, &cursor));
    sl_status status = SL_OK;
    for (int i = 0; status == SL_OK; i++) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        if (i == LISTED)
            status = sl_text_append(text, ", ...");
        else if (i < LISTED)
            status = sl_text_append(text, "%s%.8s (%s)", i ? ", " : "", sl_db_cursor_value(cursor, 0).text,
                                    sl_db_cursor_value(cursor, 1).text);
    }
    sl_db_cursor_close(cursor);
    make_plain(text);
    return status;
}

// The run of the wanted name's nearest neighbour among the names most lately used.
static sl_status near_name(sl_db *db, const char *what, sl_text *text) {
    enum { MOST = 500 };
    char **names = sl_calloc(MOST, sizeof *names);
    size_t count = 0;
    sl_db_cursor *cursor = NULL;
    bool row = true;
    if (!names) return sl_error(SL_ERR_MEMORY, "out of memory");
    sl_status status =
        sl_db_query(db, "SELECT name FROM run WHERE " BINNED "0 GROUP BY name ORDER BY max(id) DESC LIMIT 500", NULL, 0, &cursor);
    while (status == SL_OK && count < MOST) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        names[count] = sl_strdup(sl_db_cursor_value(cursor, 0).text);
        if (!names[count])
            status = sl_error(SL_ERR_MEMORY, "out of memory");
        else
            count++;
    }
    sl_db_cursor_close(cursor);
    const char *nearest = status == SL_OK ? sl_text_nearest(what, (const char *const *)names, count) : NULL;
    if (nearest) status = sl_text_append(text, " Did you mean \"%s\"?", nearest);
    for (size_t i = 0; i < count; i++) sl_free(names[i]);
    sl_free(names);
    return status;
}

static sl_status not_found(sl_db *db, const char *what) {
    sl_text text = {0}, newest = {0}, shown = {0};
    sl_status status = near_name(db, what, &text);
    if (status == SL_OK) status = sl_text_append(&shown, "%s", what);
    make_plain(&shown);
    if (status == SL_OK)
        status = list_runs(db, "SELECT uuid, name FROM run WHERE " BINNED "0 ORDER BY id DESC LIMIT 6", NULL, 0, &newest);
    if (status == SL_OK && newest.length == 0)
        status = sl_error(SL_ERR_ARGUMENT, "%s: there is no run \"%s\": the database holds no run yet", db->path, shown.data);
    else if (status == SL_OK)
        status = sl_error(SL_ERR_ARGUMENT, "%s: there is no run \"%s\".%s The newest are %s", db->path, shown.data,
                          text.data ? text.data : "", newest.data);
    sl_text_free(&text);
    sl_text_free(&newest);
    sl_text_free(&shown);
    return status;
}

static sl_status not_here(sl_db *db, const char *what, bool binned) {
    return binned ? sl_error(SL_ERR_ARGUMENT, "%s: there is no run \"%s\" in the bin  (semiluna rm --list)", db->path, what)
                  : not_found(db, what);
}

static sl_status wrong_place(sl_db *db, const char *what, bool binned) {
    return binned ? sl_error(SL_ERR_ARGUMENT, "%s: run %s is not in the bin", db->path, what)
                  : sl_error(SL_ERR_ARGUMENT, "%s: run %s is in the bin: `semiluna rm --restore %s` brings it back", db->path,
                             what, what);
}

// A unique prefix of a uuid. As a range, so that the unique index answers.
static sl_status find_prefix(sl_db *db, const char *what, bool binned, int64_t *run) {
    static const char one[] = "SELECT id FROM run WHERE uuid >= ?1 AND uuid < ?2 AND " BINNED "?3 LIMIT 1";
    char least[40], most[40];
    size_t length = strlen(what);
    for (size_t i = 0; i <= length; i++) least[i] = most[i] = (char)tolower((unsigned char)what[i]);
    strcpy(most + length, "g"); // after every hexadecimal digit and the dash
    sl_db_value range[] = {sl_db_text(least), sl_db_text(most), sl_db_integer(binned)};
    int64_t matches, other;
    SL_TRY(
        sl_db_integer_of(db, "SELECT count(*) FROM run WHERE uuid >= ?1 AND uuid < ?2 AND " BINNED "?3", range, 3, 0, &matches));
    if (matches == 1) return sl_db_integer_of(db, one, range, 3, 0, run);
    if (matches == 0) {
        range[2] = sl_db_integer(!binned);
        SL_TRY(sl_db_integer_of(db, one, range, 3, 0, &other));
        return other ? wrong_place(db, what, binned) : not_here(db, what, binned);
    }
    sl_text text = {0};
    sl_status status =
        list_runs(db, "SELECT uuid, name FROM run WHERE uuid >= ?1 AND uuid < ?2 AND " BINNED "?3 ORDER BY id DESC LIMIT 6",
                  range, 3, &text);
    if (status == SL_OK)
        status = sl_error(SL_ERR_ARGUMENT, "%s: \"%s\" begins the id of %lld runs: %s: give more of it", db->path, what,
                          (long long)matches, text.data);
    sl_text_free(&text);
    return status;
}

static sl_status find(sl_db *db, const char *what, bool binned, int64_t *run) {
    *run = 0;
    if (!what || !*what) return sl_error(SL_ERR_ARGUMENT, "which run? Give an id, the start of one, a name or \"latest\"");
    sl_db_value values[] = {sl_db_text(what), sl_db_integer(binned)};
    int64_t id;
    if (strcmp(what, "latest") == 0) {
        SL_TRY(sl_db_integer_of(db, "SELECT id FROM run WHERE " BINNED "?2 ORDER BY id DESC LIMIT 1", values, 2, 0, run));
        return *run ? SL_OK : not_here(db, what, binned);
    }
    if (is_id(what, &id)) {
        int64_t lies_in_bin;
        values[0] = sl_db_integer(id);
        SL_TRY(sl_db_integer_of(db, "SELECT " BINNED "1 FROM run WHERE id = ?1", values, 1, -1, &lies_in_bin));
        if (lies_in_bin == binned) *run = id;
        if (lies_in_bin == !binned) return wrong_place(db, what, binned);
        values[0] = sl_db_text(what);
    }
    if (!*run) SL_TRY(sl_db_integer_of(db, "SELECT max(id) FROM run WHERE name = ?1 AND " BINNED "?2", values, 2, 0, run));
    if (*run) return SL_OK;
    return is_uuid_start(what) ? find_prefix(db, what, binned, run) : not_here(db, what, binned);
}

sl_status sl_db_run_find(sl_db *db, const char *what, int64_t *run) {
    return find(db, what, false, run);
}

sl_status sl_db_run_find_removed(sl_db *db, const char *what, int64_t *run) {
    return find(db, what, true, run);
}
