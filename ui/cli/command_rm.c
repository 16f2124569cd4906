#include "core/base/memory.h"
#include "db/db.h"
#include "ui/cli/command.h"
#include "ui/cli/run_files.h"
#include "ui/cli/table.h"
#include <string.h>

typedef enum action { REMOVE, RESTORE, PURGE, LIST } action;

static sl_status name_of(sl_db *db, int64_t run, char *out, size_t size) {
    sl_db_value id = sl_db_integer(run);
    sl_db_cursor *cursor;
    bool row;
    SL_TRY(sl_db_query(db, "SELECT substr(uuid, 1, 8) || '  ' || name FROM run WHERE id = ?1", &id, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    if (status == SL_OK)
        snprintf(out, size, "%s", row && sl_db_cursor_value(cursor, 0).text ? sl_db_cursor_value(cursor, 0).text : "");
    sl_db_cursor_close(cursor);
    return status;
}

// All or none of them go into the bin or come out of it.
static sl_status move(sl_db *db, action what, const int64_t *runs, int count) {
    SL_TRY(sl_db_execute(db, "BEGIN IMMEDIATE", NULL, 0));
    for (int i = 0; i < count; i++) SL_TRY(what == REMOVE ? sl_db_run_remove(db, runs[i]) : sl_db_run_restore(db, runs[i]));
    SL_TRY(sl_db_execute(db, "COMMIT", NULL, 0));
    for (int i = 0; i < count; i++) {
        char name[200];
        SL_TRY(name_of(db, runs[i], name, sizeof name));
        printf("%s %s\n", what == REMOVE ? "removed" : "restored", name);
    }
    return SL_OK;
}

// The rows first: files without rows are harmless, and `gc` finds them.
static sl_status purge(sl_db *db, int64_t run, sl_removal *sum) {
    char name[200];
    sl_run_files files;
    SL_TRY(name_of(db, run, name, sizeof name));
    SL_TRY(sl_run_files_find(db, run, &files));
    sl_status status = sl_db_run_purge(db, run);
    if (status == SL_OK) {
        printf("purged %s\n", name);
        status = sl_run_files_remove(&files, NULL, NULL, sum);
    }
    sl_run_files_clear(&files);
    return status;
}

static sl_status purge_all(sl_db *db, const int64_t *runs, int count) {
    sl_removal sum = {0};
    char size[24];
    sl_status status = SL_OK;
    for (int i = 0; i < count; i++) {
        sl_status one = purge(db, runs[i], &sum);
        if (one != SL_OK) status = one;
    }
    printf("%d run%s purged, %lld file%s removed, %s freed\n", count, count == 1 ? "" : "s", (long long)sum.files,
           sum.files == 1 ? "" : "s", sl_bytes_text(sum.bytes, size));
    return status;
}

// The runs that the operands name; without any, all that lie in the bin.
static sl_status find_runs(sl_db *db, const sl_arguments *arguments, action what, int64_t **out, int *count) {
    *count = arguments->operand_count;
    *out = NULL;
    if (*count) {
        if (!(*out = sl_calloc((size_t)*count, sizeof **out))) return sl_error(SL_ERR_MEMORY, "out of memory");
        for (int i = 0; i < *count; i++)
            SL_TRY(what == REMOVE ? sl_db_run_find(db, arguments->operands[i], &(*out)[i])
                                  : sl_db_run_find_removed(db, arguments->operands[i], &(*out)[i]));
        return SL_OK;
    }
    sl_db_cursor *cursor;
    bool row = true;
    SL_TRY(sl_db_query(db, "SELECT run FROM removed ORDER BY run", NULL, 0, &cursor));
    sl_status status = SL_OK;
    for (int capacity = 0; status == SL_OK;) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        if (*count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            int64_t *more = sl_realloc(*out, (size_t)capacity * sizeof *more);
            if (!more) status = sl_error(SL_ERR_MEMORY, "out of memory");
            if (more) *out = more;
        }
        if (status == SL_OK) (*out)[(*count)++] = sl_db_cursor_value(cursor, 0).integer;
    }
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status list(sl_db *db, const sl_arguments *arguments) {
    sl_table *table;
    SL_TRY(sl_table_query(db,
                          "SELECT r.id, substr(r.uuid, 1, 8) AS run, r.name, r.state, r.step,"
                          " datetime(x.time, 'unixepoch', 'localtime') AS removed"
                          " FROM removed x JOIN run r ON r.id = x.run ORDER BY x.time DESC, r.id DESC",
                          NULL, 0, NULL, &table));
    sl_table_print(table, sl_table_format_of(sl_arguments_get(arguments, "format")), sl_table_color(stdout), stdout);
    sl_table_free(table);
    return SL_OK;
}

static int run(const sl_arguments *arguments) {
    static const struct {
        const char *option;
        action action;
    } names[] = {{"restore", RESTORE}, {"purge", PURGE}, {"list", LIST}};
    action what = REMOVE;
    int given = 0, count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!sl_arguments_get(arguments, names[i].option)) continue;
        what = names[i].action;
        given++;
    }
    if (given > 1) return sl_usage_error(arguments->command, "one of --restore, --purge and --list at a time");
    if (what == LIST && arguments->operand_count) return sl_usage_error(arguments->command, "--list takes no RUN");
    if ((what == REMOVE || what == RESTORE) && !arguments->operand_count) return sl_usage_error(arguments->command, "which run?");

    sl_db *db = NULL;
    int64_t *runs = NULL;
    sl_status status = sl_db_open(sl_arguments_db(arguments), what == LIST ? SL_DB_READ : SL_DB_CHANGE, &db);
    if (status == SL_OK && what == LIST) status = list(db, arguments);
    if (status == SL_OK && what != LIST) status = find_runs(db, arguments, what, &runs, &count);
    if (status == SL_OK && what != LIST) status = what == PURGE ? purge_all(db, runs, count) : move(db, what, runs, count);
    sl_db_close(db);
    sl_free(runs);
    return status == SL_OK ? SL_EXIT_OK : sl_failure();
}

static const sl_option options[] = {
    {"restore", 0, NULL, "bring runs back from the bin", NULL, false},
    {"list", 'l', NULL, "list what lies in the bin", NULL, false},
    {"purge", 0, NULL, "delete runs in the bin for good, rows and checkpoints; without a RUN, all of them", NULL, false},
    SL_OPTION_FORMAT,
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_rm = {
    .name = "rm",
    .summary = "Put runs into the bin, bring them back, or delete them for good",
    .usage = "[OPTIONS] [RUN...]",
    .description =
        "A run in the bin is left out of every listing and comparison, and a sweep trains its cell anew; nothing is deleted. A\n"
        "run that is being trained is refused. `--purge` asks nothing: it deletes the rows, and in the run's own folder (that\n"
        "which bears its id) the checkpoints; `merge` does not bring such a run back.",
    .examples = "semiluna rm 12 a1b2c3d4\n"
                "semiluna rm --list\n"
                "semiluna rm --restore 12\n"
                "semiluna rm --purge\n",
    .options = options,
    .most = -1,
    .operand = "RUN",
    .run = run,
};
