#include "core/base/text.h"
#include "ui/cli/command.h"
#include "ui/cli/table.h"
#include "ui/health.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char select_columns[] =
    "SELECT id, substr(uuid, 1, 8) AS run, uuid, name, experiment, method, variant, coalesce(variant, method) AS method, seed,"
    " " SL_STATE_SQL " AS state,"
    " CASE WHEN steps IS NULL THEN step ELSE step || '/' || steps END AS step, step, steps,"
    " miou AS mIoU, miou, best_miou AS best, best_miou, split, miou_step, best_step, miou_authors,"
    " best_miou_authors, started, ended, duration AS time, duration, error, NULL AS alarm,"
    " '[]' AS alarms, stored_state FROM (SELECT *, (SELECT nullif(value, '') FROM param WHERE run = s.id AND name = 'variant')"
    " AS variant FROM run_summary s) run_summary";
enum { COLUMN_ID = 0, COLUMN_ALARM = 27, COLUMN_ALARMS, COLUMN_STORED_STATE };

static const sl_column columns[] = {
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, // id
    {SL_COLUMN_PLAIN, SL_SHOWN_HUMAN},   {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE},
    {SL_COLUMN_PLAIN, SL_SHOWN_ALWAYS},                                       // name
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, // method
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, {SL_COLUMN_PLAIN, SL_SHOWN_HUMAN},   // the variant, else the method
    {SL_COLUMN_RIGHT, SL_SHOWN_ALWAYS},                                       // seed
    {SL_COLUMN_STATE, SL_SHOWN_ALWAYS},  {SL_COLUMN_RIGHT, SL_SHOWN_HUMAN},   // step
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE},
    {SL_COLUMN_PERCENT, SL_SHOWN_HUMAN},                                      // miou
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, {SL_COLUMN_PERCENT, SL_SHOWN_HUMAN}, // best
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, // split
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE},
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE},                                     // by the authors' convention
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, {SL_COLUMN_PLAIN, SL_SHOWN_ALWAYS}, // started
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, {SL_COLUMN_DURATION, SL_SHOWN_HUMAN},
    {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, {SL_COLUMN_PLAIN, SL_SHOWN_MACHINE}, // error
    {SL_COLUMN_PLAIN, SL_SHOWN_HUMAN},   {SL_COLUMN_JSON, SL_SHOWN_MACHINE},  // alarms
    {SL_COLUMN_PLAIN, SL_SHOWN_NEVER},
};

// The experiment's number, or an error that names the nearest one.
static sl_status find_experiment(sl_db *db, const char *name, sl_db_value *id) {
    enum { MOST = 1000 };
    sl_table *found = NULL, *all = NULL;
    sl_db_value value = sl_db_text(name);
    sl_status status = sl_table_query(db, "SELECT id FROM experiment WHERE name = ?1", &value, 1, NULL, &found);
    if (status == SL_OK && sl_table_rows(found) == 0)
        status = sl_table_query(db, "SELECT name FROM experiment ORDER BY id DESC LIMIT 1000", NULL, 0, NULL, &all);
    if (status == SL_OK && all) {
        const char *names[MOST];
        size_t count = 0;
        for (; count < sl_table_rows(all) && count < MOST; count++) names[count] = sl_table_cell(all, count, 0);
        const char *nearest = sl_text_nearest(name, names, count);
        status = nearest ? sl_error(SL_ERR_ARGUMENT, "%s: there is no experiment \"%s\". Did you mean \"%s\"?", sl_db_path(db),
                                    name, nearest)
                         : sl_error(SL_ERR_ARGUMENT, "%s: there is no experiment \"%s\"  (semiluna runs lists them)",
                                    sl_db_path(db), name);
    }
    if (status == SL_OK) *id = sl_db_integer(atoll(sl_table_cell(found, 0, 0)));
    sl_table_free(found);
    sl_table_free(all);
    return status;
}

// `parameters` holds experiment and state; each condition is there only where it is asked for, so that its index is used.
static sl_status list(sl_db *db, const char *experiment, const char *state, long long limit, sl_table **out) {
    sl_db_value parameters[3] = {sl_db_null(), sl_db_text(state), sl_db_integer(limit ? limit : -1)};
    sl_text sql = {0};
    sl_status status = experiment ? find_experiment(db, experiment, &parameters[0]) : SL_OK;
    if (status == SL_OK) status = sl_text_append(&sql, "%s WHERE 1", select_columns);
    if (status == SL_OK && experiment) status = sl_text_append(&sql, " AND experiment_id = ?1");
    // A dead run or a paused one is stored as running.
    if (status == SL_OK && state)
        status = sl_text_append(&sql, " AND stored_state = CASE WHEN ?2 IN ('dead', 'paused') THEN 'running' ELSE ?2 END"
                                      " AND " SL_STATE_SQL " = ?2");
    if (status == SL_OK) status = sl_text_append(&sql, " ORDER BY id DESC LIMIT ?3");
    if (status == SL_OK) status = sl_table_query(db, sql.data, parameters, 3, columns, out);
    sl_text_free(&sql);
    return status;
}

// [{"severity": "warning", "alarm": "D too strong", "text": "..."}], worst first.
static sl_status alarms_json(const sl_finding *findings, size_t count, char **out) {
    static const char *const severities[] = {"note", "warning", "bad"};
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_pack("{s:s, s:s, s:s}", "severity", severities[findings[i].severity], "alarm", findings[i].alarm,
                                "text", findings[i].text);
        // A class may be called anything, also what is no UTF-8: then that it is ill must do.
        if (!one) one = json_pack("{s:s}", "severity", severities[findings[i].severity]);
        json_array_append_new(list, one);
    }
    *out = json_dumps(list, JSON_ENSURE_ASCII);
    json_decref(list);
    return *out ? SL_OK : sl_error(SL_ERR_MEMORY, "out of memory");
}

// What is wrong with the runs that train: the worst for people, all of it for programs.
static sl_status add_alarms(sl_db *db, sl_table_format format, sl_table *table) {
    bool any = false;
    for (size_t row = 0; row < sl_table_rows(table); row++) {
        sl_finding findings[SL_FINDING_COUNT];
        size_t count;
        char *json;
        const char *state = sl_table_cell(table, row, COLUMN_STORED_STATE);
        if (!state || strcmp(state, "running") != 0) continue;
        SL_TRY(sl_health_run(db, atoll(sl_table_cell(table, row, COLUMN_ID)), findings, SL_FINDING_COUNT, &count));
        SL_TRY(alarms_json(findings, count, &json));
        sl_status status = sl_table_set(table, row, COLUMN_ALARMS, sl_db_text(json));
        free(json);
        if (status == SL_OK && count && findings[0].severity > SL_SEVERITY_NOTE) {
            status = sl_table_set(table, row, COLUMN_ALARM, sl_db_text(findings[0].alarm));
            any = true;
        }
        SL_TRY(status);
    }
    if (format == SL_TABLE_CSV) sl_table_show(table, COLUMN_ALARMS, SL_SHOWN_NEVER); // a list has no place in it
    if (!any) sl_table_show(table, COLUMN_ALARM, SL_SHOWN_NEVER);
    return SL_OK;
}

static int run(const sl_arguments *arguments) {
    long long limit = 20;
    sl_db *db = NULL;
    sl_table *table = NULL;
    const char *experiment = arguments->operand_count ? arguments->operands[0] : NULL;
    sl_table_format format = sl_table_format_of(sl_arguments_get(arguments, "format"));
    if (!sl_arguments_number(arguments, "limit", 0, 1000000000, &limit)) return SL_EXIT_USAGE;
    sl_status status = sl_db_open(sl_arguments_db(arguments), SL_DB_READ, &db);
    if (status == SL_OK) status = list(db, experiment, sl_arguments_get(arguments, "state"), limit, &table);
    if (status == SL_OK) status = add_alarms(db, format, table);
    if (status == SL_OK) {
        sl_table_print(table, format, sl_table_color(stdout), stdout);
        if (format == SL_TABLE_TEXT && limit && (long long)sl_table_rows(table) == limit && isatty(STDOUT_FILENO))
            fprintf(stderr, "the newest %lld; --limit 0 shows all\n", limit);
    }
    sl_table_free(table);
    sl_db_close(db);
    return status == SL_OK ? SL_EXIT_OK : sl_failure();
}

static const sl_option options[] = {
    {"state", 's', "STATE", "only runs in this state; a run is dead when it gave no sign of life for 60 seconds",
     "running|paused|done|stopped|failed|diverged|dead", false},
    {"limit", 'n', "N", "at most N runs; 0 shows all (default 20)", NULL, false},
    SL_OPTION_FORMAT,
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_runs = {
    .name = "runs",
    .summary = "List the runs in the database, newest first",
    .usage = "[OPTIONS] [EXPERIMENT]",
    .description =
        "Lists runs, newest first: the start of the id, name, variant or else method, seed, state, step, the last and the best "
        "mean IoU in percent (standard convention), when it started and how long it trained; and where a run that trains is not "
        "well, the worst alarm (json has all of them, each with what to change). The formats csv and json hold more columns, and "
        "values as they are stored (IoU from 0 to 1, seconds).",
    .examples = "semiluna runs\n"
                "semiluna runs threshold --state done --limit 0 --format csv > threshold.csv\n",
    .options = options,
    .most = 1,
    .operand = "EXPERIMENT",
    .run = run,
};
