// Orders as rows of the database, as `semiluna tell` writes them.
#include "core/base/memory.h"
#include "ui/tui/tell/tell_impl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static sl_status no_memory(void) {
    return sl_error(SL_ERR_MEMORY, "out of memory");
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool is(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

// ---- runs that are not being trained ----------------------------------------------------------------------------------------

bool sl_tell_anytime(const char *name) {
    return is(name, "tag") || is(name, "note");
}

// What can be done instead.
static sl_status advise(int64_t run, const char *state, const char *name, sl_text *out) {
    long long id = run;
    if (is(name, "evaluate")) return sl_text_append(out, "its last checkpoint is measured by `semiluna eval %lld`", id);
    if (is(state, "done")) {
        if (is(name, "set") || is(name, "extend") || is(name, "fork"))
            return sl_text_append(out, "`semiluna run SCRIPT --set NAME=VALUE` trains another one with other options");
        return sl_text_append(out, "`semiluna show %lld` has its results", id);
    }
    bool again = !is(name, "stop") && !is(name, "pause") && !is(name, "checkpoint");
    return sl_text_append(out, "`semiluna run --resume %lld` goes on with it%s", id, again ? ", then tell it" : "");
}

sl_status sl_tell_refusal(int64_t run, const char *run_name, const char *state, int64_t step, const char *command, sl_text *out) {
    SL_TRY(sl_text_append(out, "run %lld (%s) is not being trained (", (long long)run, run_name));
    if (is(state, "running"))
        SL_TRY(sl_text_append(out, "its process ended without a word, about step %lld", (long long)step));
    else
        SL_TRY(sl_text_append(out, "it is %s, at step %lld", state, (long long)step));
    SL_TRY(sl_text_append(out, "): "));
    return advise(run, state, command, out);
}

// ---- writing ----------------------------------------------------------------------------------------------------------------

// A run's row as texts that are its own.
typedef struct row {
    bool there;
    char name[200], state[16];
    int64_t step;
} row;

static void copy(char *out, size_t bytes, sl_db_value value) {
    snprintf(out, bytes, "%s", value.type == SL_DB_TEXT ? value.text : "");
}

static sl_status read_row(sl_db *db, sl_told *told, row *out) {
    sl_db_value run = sl_db_integer(told->run);
    sl_db_cursor *cursor;
    *out = (row){0};
    SL_TRY(sl_db_query(db,
                       "SELECT uuid, name, state, step FROM run r WHERE id = ?1"
                       " AND NOT EXISTS(SELECT 1 FROM removed d WHERE d.run = r.id)",
                       &run, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &out->there);
    if (status == SL_OK && out->there) {
        char uuid[7];
        copy(uuid, sizeof uuid, sl_db_cursor_value(cursor, 0));
        snprintf(told->label, sizeof told->label, "%s", uuid);
        copy(out->name, sizeof out->name, sl_db_cursor_value(cursor, 1));
        copy(out->state, sizeof out->state, sl_db_cursor_value(cursor, 2));
        out->step = sl_db_cursor_value(cursor, 3).integer;
    }
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status answer(sl_told *told, bool done, const char *text) {
    sl_free(told->answer);
    told->answer = sl_strdup(text);
    told->answered = told->answer != NULL; // else it is looked for again
    told->done = done;
    return told->answer ? SL_OK : no_memory();
}

static sl_status answer_gone(sl_told *told) {
    char text[64];
    snprintf(text, sizeof text, "run %lld is not there any more", (long long)told->run);
    return answer(told, false, text);
}

// A tag or a note is written here, and is part of the run's history all the same.
static sl_status write_anytime(sl_db *db, const sl_told_order *order, sl_told *told, int64_t step) {
    bool takes = order->argument[0] == '-' && order->argument[1];
    sl_db_value values[] = {sl_db_integer(told->run), sl_db_text(order->argument + (is(order->name, "tag") && takes)),
                            sl_db_real(now())};
    const char *sql = is(order->name, "note") ? "INSERT INTO note(run, time, text) VALUES(?1, ?3, ?2)"
                      : takes                 ? "DELETE FROM tag WHERE run = ?1 AND tag = ?2"
                                              : "INSERT OR IGNORE INTO tag(run, tag) VALUES(?1, ?2)";
    SL_TRY(sl_db_execute(db, sql, values, is(order->name, "note") ? 3 : 2));
    sl_db_value history[] = {values[0], values[2], sl_db_text(order->name), sl_db_text(order->argument), sl_db_integer(step)};
    SL_TRY(sl_db_execute(
        db, "INSERT INTO command(run, time, name, argument, step, answer, answered) VALUES(?1, ?2, ?3, ?4, ?5, 'done', ?2)",
        history, 5));
    return answer(told, true, "");
}

static sl_status write_one(sl_db *db, const sl_told_order *order, sl_told *told) {
    row at;
    bool alive = false;
    SL_TRY(read_row(db, told, &at));
    if (!at.there) return answer_gone(told);
    if (sl_tell_anytime(order->name)) return write_anytime(db, order, told, at.step);
    if (is(at.state, "running")) SL_TRY(sl_db_run_alive(db, told->run, &alive));
    if (alive) return sl_db_command_send(db, told->run, order->name, order->argument, &told->command);
    sl_text text = {0};
    sl_status status = sl_tell_refusal(told->run, at.name, at.state, at.step, order->name, &text);
    if (status == SL_OK) status = answer(told, false, text.data);
    sl_text_free(&text);
    return status;
}

sl_status sl_tell_write(sl_db *db, sl_told_order *order, bool *locked) {
    sl_status status = sl_db_execute(db, "BEGIN IMMEDIATE", NULL, 0);
    *locked = status != SL_OK && sl_db_was_locked();
    if (status != SL_OK) return status;
    for (size_t i = 0; i < order->count && status == SL_OK; i++) status = write_one(db, order, &order->runs[i]);
    if (status == SL_OK) status = sl_db_execute(db, "COMMIT", NULL, 0);
    *locked = status != SL_OK && sl_db_was_locked();
    if (status == SL_OK) return SL_OK;
    sl_text why = {0}; // of what went wrong, not of what comes now
    sl_status kept = sl_text_append(&why, "%s", sl_error_message());
    sl_db_execute(db, "ROLLBACK", NULL, 0);
    for (size_t i = 0; i < order->count; i++) {
        order->runs[i].command = 0;
        order->runs[i].answered = false;
    }
    status = kept == SL_OK ? sl_error(status, "%s", why.data) : kept;
    sl_text_free(&why);
    return status;
}

// ---- awaiting ---------------------------------------------------------------------------------------------------------------

static sl_status read_answer(sl_db *db, sl_told *told) {
    sl_db_value id = sl_db_integer(told->command);
    sl_db_cursor *cursor;
    bool there = false;
    SL_TRY(
        sl_db_query(db, "SELECT substr(answer, 1, 4000) FROM command WHERE id = ?1 AND answered IS NOT NULL", &id, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &there);
    if (status == SL_OK && there) {
        sl_db_value text = sl_db_cursor_value(cursor, 0);
        const char *words = text.type == SL_DB_TEXT ? text.text : "";
        status = answer(told, strncmp(words, "done", 4) == 0, words);
    }
    sl_db_cursor_close(cursor);
    return status;
}

sl_status sl_tell_look(sl_db *db, sl_told_order *order) {
    for (size_t i = 0; i < order->count; i++) {
        sl_told *told = &order->runs[i];
        bool alive = true;
        if (told->answered) continue;
        SL_TRY(read_answer(db, told));
        if (!told->answered) SL_TRY(sl_db_run_alive(db, told->run, &alive));
        if (alive || told->answered) continue;
        SL_TRY(read_answer(db, told)); // it may have answered, then ended
        if (!told->answered) SL_TRY(answer(told, false, "no answer: its process has ended without a word"));
    }
    return SL_OK;
}
