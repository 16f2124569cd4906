#include "db/db.h"
#include "ui/cli/command.h"
#include "ui/cli/table.h"
#include <string.h>
#include <time.h>

static sl_status add(sl_db *db, int64_t run, const char *text) {
    sl_db_value values[] = {sl_db_integer(run), sl_db_real((double)time(NULL)), sl_db_text(text)};
    return sl_db_execute(db, "INSERT INTO note(run, time, text) VALUES(?1, ?2, ?3)", values, 3);
}

static sl_status take(sl_db *db, int64_t run, int64_t note) {
    sl_db_value values[] = {sl_db_integer(run), sl_db_integer(note)};
    sl_db_cursor *cursor;
    bool row;
    SL_TRY(sl_db_query(db, "SELECT 1 FROM note WHERE run = ?1 AND id = ?2", values, 2, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    sl_db_cursor_close(cursor);
    SL_TRY(status);
    if (!row)
        return sl_error(SL_ERR_ARGUMENT, "%s: run %lld has no note %lld  (semiluna note %lld lists them)", sl_db_path(db),
                        (long long)run, (long long)note, (long long)run);
    return sl_db_execute(db, "DELETE FROM note WHERE run = ?1 AND id = ?2", values, 2);
}

static sl_status list(sl_db *db, int64_t run, sl_table_format format) {
    sl_db_value id = sl_db_integer(run);
    sl_table *table;
    SL_TRY(sl_table_query(db,
                          "SELECT id AS note, datetime(time, 'unixepoch', 'localtime') AS time, text FROM note WHERE run = ?1"
                          " ORDER BY time, id",
                          &id, 1, NULL, &table));
    sl_table_print(table, format, sl_table_color(stdout), stdout);
    sl_table_free(table);
    return SL_OK;
}

static int run(const sl_arguments *arguments) {
    sl_db *db = NULL;
    int64_t id;
    long long note = 0;
    const char *text = arguments->operand_count > 1 ? arguments->operands[1] : NULL;
    if (!sl_arguments_number(arguments, "remove", 1, INT64_MAX, &note)) return SL_EXIT_USAGE;
    if (text && !text[strspn(text, " \t\n")]) return sl_usage_error(arguments->command, "a note must not be empty");
    if (text && note) return sl_usage_error(arguments->command, "--remove N takes a note away: leave out \"%s\"", text);
    sl_status status = sl_db_open(sl_arguments_db(arguments), text || note ? SL_DB_CHANGE : SL_DB_READ, &db);
    if (status == SL_OK) status = sl_db_run_find(db, arguments->operands[0], &id);
    if (status == SL_OK)
        status = text   ? add(db, id, text)
                 : note ? take(db, id, note)
                        : list(db, id, sl_table_format_of(sl_arguments_get(arguments, "format")));
    sl_db_close(db);
    return status == SL_OK ? SL_EXIT_OK : sl_failure();
}

static const sl_option options[] = {
    {"remove", 'r', "N", "take away the note with this number", NULL, false},
    SL_OPTION_FORMAT,
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_note = {
    .name = "note",
    .summary = "Write a note to a run, or list its notes",
    .usage = "[OPTIONS] RUN [TEXT]",
    .description =
        "Without TEXT the run's notes are listed, with their numbers. `show` prints them too, and expressions know them:\n"
        "`compare \"note ~ 'labels'\"` finds the runs with a note that contains a text.",
    .examples = "semiluna note latest \"wrong labels, do not use\"\n"
                "semiluna note latest\n"
                "semiluna note latest --remove 3\n",
    .options = options,
    .least = 1,
    .most = 2,
    .operand = "RUN",
    .run = run,
};
