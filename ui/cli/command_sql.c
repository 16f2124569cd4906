#include "ui/cli/command.h"
#include "ui/cli/table.h"

static int run(const sl_arguments *arguments) {
    sl_db *db = NULL;
    sl_table *table = NULL;
    sl_status status = sl_db_open(sl_arguments_db(arguments), SL_DB_READ, &db);
    if (status == SL_OK) status = sl_table_query(db, arguments->operands[0], NULL, 0, NULL, &table);
    if (status == SL_OK)
        sl_table_print(table, sl_table_format_of(sl_arguments_get(arguments, "format")), sl_table_color(stdout), stdout);
    sl_table_free(table);
    sl_db_close(db);
    return status == SL_OK ? SL_EXIT_OK : sl_failure();
}

static const sl_option options[] = {SL_OPTION_FORMAT, SL_OPTION_DB, SL_OPTION_END};

const sl_command sl_command_sql = {
    .name = "sql",
    .summary = "Run a reading SQL statement on the database",
    .usage = "[OPTIONS] \"SELECT ...\"",
    .description =
        "Prints the rows of one SELECT (or WITH, VALUES, EXPLAIN, PRAGMA that only tells). The database is opened for reading, "
        "also while runs are being recorded; a statement that would change something is refused. docs/database.md describes the "
        "tables and the views run_summary, evaluation, metric, final_metric, class_iou_latest, class_counts and convention.",
    .examples = "semiluna sql \"SELECT name, state, best_miou FROM run_summary ORDER BY best_miou DESC LIMIT 5\"\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
