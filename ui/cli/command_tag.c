#include "core/base/memory.h"
#include "core/base/text.h"
#include "db/db.h"
#include "ui/cli/command.h"
#include "ui/cli/table.h"
#include <string.h>

static const char *wrong_tag(const char *tag) {
    if (!*tag) return "a tag must not be empty";
    if (strlen(tag) > 100) return "a tag has 100 bytes at most";
    for (; *tag; tag++)
        if ((unsigned char)*tag < ' ' || *tag == 127) return "a tag is one line of plain text";
    return NULL;
}

static sl_status change(sl_db *db, const sl_arguments *arguments, const int64_t *runs) {
    for (size_t i = 0; i < arguments->given_count; i++) {
        const struct sl_given *given = &arguments->given[i];
        bool add = strcmp(given->option->name, "add") == 0;
        if (!add && strcmp(given->option->name, "remove") != 0) continue;
        for (int j = 0; j < arguments->operand_count; j++) {
            sl_db_value values[] = {sl_db_integer(runs[j]), sl_db_text(given->value)};
            SL_TRY(sl_db_execute(
                db, add ? "INSERT OR IGNORE INTO tag(run, tag) VALUES(?1, ?2)" : "DELETE FROM tag WHERE run = ?1 AND tag = ?2",
                values, 2));
        }
    }
    return SL_OK;
}

static sl_status find_and_change(sl_db *db, const sl_arguments *arguments, int64_t *runs) {
    for (int i = 0; i < arguments->operand_count; i++) SL_TRY(sl_db_run_find(db, arguments->operands[i], &runs[i]));
    SL_TRY(sl_db_execute(db, "BEGIN IMMEDIATE", NULL, 0));
    sl_status status = change(db, arguments, runs);
    if (status == SL_OK) return sl_db_execute(db, "COMMIT", NULL, 0);
    return status; // closing the connection takes it back
}

// All tags, or those of some runs.
static sl_status list_tags(sl_db *db, const sl_arguments *arguments) {
    sl_table *table = NULL;
    sl_table_format format = sl_table_format_of(sl_arguments_get(arguments, "format"));
    if (arguments->operand_count == 0) {
        SL_TRY(sl_table_query(db,
                              "SELECT t.tag, count(*) AS runs, group_concat(t.run, ' ') AS ids"
                              " FROM (SELECT tag, run FROM tag ORDER BY tag, run) t JOIN run_summary r ON r.id = t.run"
                              " GROUP BY t.tag ORDER BY t.tag",
                              NULL, 0, NULL, &table));
        sl_table_print(table, format, sl_table_color(stdout), stdout);
        sl_table_free(table);
        return SL_OK;
    }
    sl_text ids = {0};
    sl_status status = SL_OK;
    for (int i = 0; i < arguments->operand_count && status == SL_OK; i++) {
        int64_t run = 0;
        status = sl_db_run_find(db, arguments->operands[i], &run);
        if (status == SL_OK) status = sl_text_append(&ids, "%c%lld", i ? ',' : '[', (long long)run);
    }
    if (status == SL_OK) status = sl_text_append(&ids, "]");
    sl_db_value list = sl_db_text(ids.data);
    if (status == SL_OK)
        status = sl_table_query(db, "SELECT run, tag FROM tag WHERE run IN (SELECT value FROM json_each(?1)) ORDER BY run, tag",
                                &list, 1, NULL, &table);
    if (status == SL_OK) sl_table_print(table, format, sl_table_color(stdout), stdout);
    sl_table_free(table);
    sl_text_free(&ids);
    return status;
}

static int run(const sl_arguments *arguments) {
    sl_db *db = NULL;
    bool changes = false;
    for (size_t i = 0; i < arguments->given_count; i++) {
        const char *name = arguments->given[i].option->name, *wrong;
        if (strcmp(name, "add") != 0 && strcmp(name, "remove") != 0) continue;
        changes = true;
        if ((wrong = wrong_tag(arguments->given[i].value))) return sl_usage_error(arguments->command, "--%s: %s", name, wrong);
    }
    if (changes && arguments->operand_count == 0) return sl_usage_error(arguments->command, "which run?");
    int64_t *runs = sl_calloc((size_t)arguments->operand_count + 1, sizeof *runs);
    sl_status status = runs ? SL_OK : sl_error(SL_ERR_MEMORY, "out of memory");
    if (status == SL_OK) status = sl_db_open(sl_arguments_db(arguments), changes ? SL_DB_CHANGE : SL_DB_READ, &db);
    if (status == SL_OK) status = changes ? find_and_change(db, arguments, runs) : list_tags(db, arguments);
    sl_db_close(db);
    sl_free(runs);
    return status == SL_OK ? SL_EXIT_OK : sl_failure();
}

static const sl_option options[] = {
    {"add", 'a', "TAG", "give the runs this tag", NULL, true},
    {"remove", 'r', "TAG", "take this tag from the runs", NULL, true},
    SL_OPTION_FORMAT,
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_tag = {
    .name = "tag",
    .summary = "Tag runs, or list tags",
    .usage = "[OPTIONS] [RUN...]",
    .description =
        "Without --add and --remove the tags of the runs are listed; without a RUN, all tags and the runs that have them.\n"
        "Expressions know tags (`compare \"tag = 'paper'\"`), and `gc` keeps every file of a run that has one. The program\n"
        "itself gives three: `pruned` (ended early as hopeless), `noise` (made by `semiluna noise`) and `steered` (changed by\n"
        "`semiluna tell` while it trained).",
    .examples = "semiluna tag latest --add paper\n"
                "semiluna tag 12 13 a1b2 --add paper --remove draft\n"
                "semiluna tag\n",
    .options = options,
    .most = -1,
    .operand = "RUN",
    .run = run,
};
