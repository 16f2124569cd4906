// Commands to a running trainer: rows that one process writes and another answers.
#include "db/db_impl.h"
#include <stdio.h>
#include <string.h>

sl_status sl_db_command_send(sl_db *db, int64_t run, const char *name, const char *argument, int64_t *id) {
    sl_db_command limits;
    if (!name || !*name || strlen(name) >= sizeof limits.name)
        return sl_error(SL_ERR_ARGUMENT, "a command's name has 1 to %zu bytes", sizeof limits.name - 1);
    if (argument && strlen(argument) >= sizeof limits.argument)
        return sl_error(SL_ERR_ARGUMENT, "the argument of command %s is longer than %zu bytes", name, sizeof limits.argument - 1);
    sl_db_value values[] = {sl_db_integer(run), sl_db_real(sl_db_now()), sl_db_text(name), sl_db_text(argument)};
    // Only where somebody may read it.
    SL_TRY(sl_db_execute(db,
                         "INSERT INTO command(run, time, name, argument)"
                         " SELECT id, ?2, ?3, ?4 FROM run WHERE id = ?1 AND state = 'running'",
                         values, 4));
    if (sqlite3_changes(db->handle) == 0)
        return sl_error(SL_ERR_ARGUMENT, "%s: run %lld is not running: nobody would read the command \"%s\"", db->path,
                        (long long)run, name);
    if (id) *id = sqlite3_last_insert_rowid(db->handle);
    return SL_OK;
}

static void copy(char *out, size_t size, sl_db_value value) {
    snprintf(out, size, "%s", value.type == SL_DB_TEXT ? value.text : "");
}

sl_status sl_db_command_next(sl_db *db, int64_t run, sl_db_command *out, bool *found) {
    sl_db_value id = sl_db_integer(run);
    sl_db_cursor *cursor;
    *found = false;
    SL_TRY(sl_db_query(db, "SELECT id, name, argument FROM command WHERE run = ?1 AND answered IS NULL ORDER BY id LIMIT 1", &id,
                       1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, found);
    if (status == SL_OK && *found) {
        out->id = sl_db_cursor_value(cursor, 0).integer;
        copy(out->name, sizeof out->name, sl_db_cursor_value(cursor, 1));
        copy(out->argument, sizeof out->argument, sl_db_cursor_value(cursor, 2));
    }
    sl_db_cursor_close(cursor);
    return status;
}

sl_status sl_db_command_answer(sl_db *db, int64_t id, int64_t step, const char *answer) {
    sl_db_value values[] = {sl_db_integer(id), sl_db_integer(step), sl_db_text(answer), sl_db_real(sl_db_now())};
    SL_TRY(sl_db_execute(db, "UPDATE command SET step = ?2, answer = ?3, answered = ?4 WHERE id = ?1 AND answered IS NULL",
                         values, 4));
    if (sqlite3_changes(db->handle) == 0)
        return sl_error(SL_ERR_ARGUMENT, "%s: there is no command %lld that waits for an answer", db->path, (long long)id);
    return SL_OK;
}
