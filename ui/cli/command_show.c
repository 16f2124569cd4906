// Everything the database knows about one run, in sections that are queries.
#include "ui/cli/command.h"
#include "ui/cli/forward.h"
#include "ui/cli/table.h"
#include <inttypes.h>
#include <string.h>

typedef struct section {
    const char *key, *title; // for json; for people
    const char *sql;         // ?1 is the run
    sl_column columns[6];
} section;

#define PLAIN \
    { SL_COLUMN_PLAIN, SL_SHOWN_ALWAYS }
#define MACHINE \
    { SL_COLUMN_PLAIN, SL_SHOWN_MACHINE }
#define PERCENT \
    { SL_COLUMN_PERCENT, SL_SHOWN_HUMAN }

static const section sections[] = {
    {"options",
     "options, as resolved",
     "SELECT name, value, type FROM param WHERE run = ?1 ORDER BY name",
     {PLAIN, PLAIN, MACHINE}},
    {"metrics", "last values", "SELECT name, step, value FROM final_metric WHERE run = ?1 ORDER BY name", {PLAIN, PLAIN, PLAIN}},
    {"class_iou",
     "IoU % by class, last evaluation",
     "SELECT split, step, class_index, coalesce(class_name, class_index) AS class, iou AS IoU, iou FROM class_iou_latest"
     " WHERE run = ?1 ORDER BY split, class_index",
     {PLAIN, PLAIN, MACHINE, PLAIN, PERCENT, MACHINE}},
    {"mean_iou",
     "mean IoU %, last evaluation",
     // Named by convention: they are two different figures.
     "WITH last AS (SELECT * FROM evaluation e WHERE run = ?1"
     "              AND step = (SELECT max(step) FROM class_iou c WHERE c.run = ?1 AND c.split = e.split))"
     " SELECT split, step, 'standard' AS convention, miou AS mIoU, miou FROM last"
     " UNION ALL SELECT split, step, 'authors', miou_authors, miou_authors FROM last ORDER BY split, convention DESC",
     {PLAIN, PLAIN, PLAIN, PERCENT, MACHINE}},
    {"artifacts",
     "artifacts",
     "SELECT step, kind, path, bytes, sha256 FROM artifact WHERE run = ?1 ORDER BY id",
     {PLAIN, PLAIN, PLAIN, PLAIN, PLAIN}},
    {"events",
     "events",
     "SELECT step, datetime(time, 'unixepoch', 'localtime') AS time, kind, text FROM event WHERE run = ?1 ORDER BY id",
     {PLAIN, PLAIN, PLAIN, PLAIN}},
    {"commands",
     "commands",
     "SELECT datetime(time, 'unixepoch', 'localtime') AS time, name, argument, step, answer FROM command WHERE run = ?1 ORDER BY "
     "id",
     {PLAIN, PLAIN, PLAIN, PLAIN, PLAIN}},
    {"tags", "tags", "SELECT tag FROM tag WHERE run = ?1 ORDER BY tag", {PLAIN}},
    {"notes",
     "notes",
     "SELECT datetime(time, 'unixepoch', 'localtime') AS time, text FROM note WHERE run = ?1 ORDER BY id",
     {PLAIN, PLAIN}},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

// The head as people read it, a line per column; those that are NULL are left out.
static const char head_for_people[] =
    "SELECT uuid || '  (' || id || ')' AS run, name, experiment, method, " SL_STATE_SQL " AS state, error,"
    " step || coalesce(' of ' || steps, '') AS step, started || coalesce(', ended ' || ended, '') AS started, duration AS time,"
    " nullif(resumes, 0) AS resumed, seed, miou AS mIoU, best_miou AS \"best mIoU\","
    " 'standard convention, ' || split || ', step ' || miou_step || '; the best at step ' || best_step AS \"mIoU of\","
    " host || coalesce(', process ' || pid, '') AS host, device, threads, versions,"
    " git_commit || CASE git_dirty WHEN 1 THEN ', with changes' WHEN 0 THEN '' ELSE '' END AS git,"
    " script_path || coalesce('  sha256 ' || script_hash, '') AS script FROM run_summary WHERE id = ?1";
static const sl_column head_columns[] = {
    PLAIN,
    PLAIN,
    PLAIN,
    PLAIN,
    {SL_COLUMN_STATE, SL_SHOWN_ALWAYS},
    PLAIN, // run ... error
    PLAIN,
    PLAIN,
    {SL_COLUMN_DURATION, SL_SHOWN_ALWAYS},
    PLAIN,
    PLAIN, // step ... seed
    {SL_COLUMN_PERCENT, SL_SHOWN_ALWAYS},
    {SL_COLUMN_PERCENT, SL_SHOWN_ALWAYS},
    PLAIN, // mean IoU
    PLAIN,
    PLAIN,
    PLAIN,
    PLAIN,
    PLAIN,
    PLAIN, // host ... script
};

// Schedules as declared and as realised, at the steps at which either is known; of realised values that changed at many steps, at
// the declared ones alone. A declared value of step s is that of the update logged as step s + 1.
#define SCHEDULES                                                                                                          \
    "WITH d AS (SELECT name, step + 1 AS step, value FROM curve WHERE run = ?1),"                                          \
    " r AS (SELECT substr(n.name, 8) AS name, n.id, v.step, count(*) OVER (PARTITION BY n.id) AS n"                        \
    "  FROM metric_name n CROSS JOIN metric_value v ON v.run = ?1 AND v.name_id = n.id WHERE n.name LIKE 'option.%'),"     \
    " grid AS (SELECT name, step FROM d UNION SELECT name, step FROM r WHERE n <= 257)"                                    \
    " SELECT g.name, g.step, (SELECT d.value FROM d WHERE d.name = g.name AND d.step = g.step) AS declared,"               \
    "  (SELECT v.value FROM metric_value v WHERE v.run = ?1 AND v.step <= g.step"                                          \
    "   AND v.name_id = (SELECT n.id FROM metric_name n WHERE n.name = 'option.' || g.name) ORDER BY v.step DESC LIMIT 1)" \
    "  AS realised FROM grid g ORDER BY g.name, g.step"

// csv is one table: what it is about, its name, its step, its value.
static const char long_form[] =
    "SELECT * FROM ("
    " SELECT 'run' AS section, j.key AS name, NULL AS step, j.value FROM run_summary s,"
    "  json_each(json_object('id', s.id, 'uuid', s.uuid, 'name', s.name, 'experiment', s.experiment, 'method', s.method, "
    "'state', s.state,"
    "   'step', s.step, 'steps', s.steps, 'seed', s.seed, 'started', s.started, 'ended', s.ended, 'duration', s.duration,"
    "   'error', s.error, 'git_commit', s.git_commit, 'git_dirty', s.git_dirty, 'script_path', s.script_path,"
    "   'script_hash', s.script_hash, 'host', s.host, 'device', s.device, 'threads', s.threads, 'versions', s.versions)) j WHERE "
    "s.id = ?1)"
    " UNION ALL SELECT * FROM (SELECT 'option', name, NULL, value FROM param WHERE run = ?1 ORDER BY name)"
    " UNION ALL SELECT * FROM (SELECT 'metric', name, step, value FROM final_metric WHERE run = ?1 ORDER BY name)"
    " UNION ALL SELECT * FROM (SELECT 'class_iou', split || '/' || coalesce(class_name, class_index), step, iou FROM "
    "class_iou_latest"
    "  WHERE run = ?1 ORDER BY split, class_index)"
    " UNION ALL SELECT 'mean_iou', e.split || '/' || c.column1, e.step, CASE c.column1 WHEN 'standard' THEN e.miou ELSE "
    "e.miou_authors END"
    "  FROM evaluation e, (VALUES('standard'), ('authors')) c WHERE e.run = ?1"
    "  AND e.step = (SELECT max(step) FROM class_iou i WHERE i.run = ?1 AND i.split = e.split)"
    " UNION ALL SELECT 'artifact', kind, step, path FROM artifact WHERE run = ?1"
    " UNION ALL SELECT 'event', kind, step, text FROM event WHERE run = ?1"
    " UNION ALL SELECT 'tag', NULL, NULL, tag FROM tag WHERE run = ?1"
    " UNION ALL SELECT 'note', NULL, NULL, text FROM note WHERE run = ?1";
static const char schedule_rows[] =
    " UNION ALL SELECT 'declared', name, step, declared FROM (" SCHEDULES ") WHERE declared IS NOT NULL"
    " UNION ALL SELECT 'realised', name, step, realised FROM (" SCHEDULES ") WHERE realised IS NOT NULL";

// Whether the file has declared schedules at all: one that an older program wrote has not.
static sl_status find_schedules(sl_db *db, bool *found) {
    sl_db_cursor *cursor;
    SL_TRY(sl_db_query(db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'curve'", NULL, 0, &cursor));
    sl_status status = sl_db_cursor_next(cursor, found);
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status print_csv(sl_db *db, const sl_db_value *run) {
    sl_table *table;
    bool schedules;
    SL_TRY(find_schedules(db, &schedules));
    char sql[sizeof long_form + sizeof schedule_rows];
    snprintf(sql, sizeof sql, "%s%s", long_form, schedules ? schedule_rows : "");
    SL_TRY(sl_table_query(db, sql, run, 1, NULL, &table));
    sl_table_print(table, SL_TABLE_CSV, false, stdout);
    sl_table_free(table);
    return SL_OK;
}

static sl_status print_json(sl_db *db, const sl_db_value *run) {
    sl_table *table;
    SL_TRY(sl_table_query(db, "SELECT * FROM run_summary WHERE id = ?1", run, 1, NULL, &table));
    printf("{\n  \"run\": ");
    sl_table_print_json(table, 2, true, stdout);
    sl_table_free(table);
    for (int i = 0; i < SECTIONS; i++) {
        SL_TRY(sl_table_query(db, sections[i].sql, run, 1, sections[i].columns, &table));
        printf(",\n  \"%s\": ", sections[i].key);
        sl_table_print_json(table, 2, false, stdout);
        sl_table_free(table);
    }
    bool schedules;
    SL_TRY(find_schedules(db, &schedules));
    if (schedules) {
        SL_TRY(sl_table_query(db, SCHEDULES, run, 1, NULL, &table));
        printf(",\n  \"schedules\": ");
        sl_table_print_json(table, 2, false, stdout);
        sl_table_free(table);
    }
    printf("\n}\n");
    return SL_OK;
}

static sl_status print_head(sl_db *db, const sl_db_value *run, sl_table_format format, bool color) {
    sl_table *table;
    SL_TRY(sl_table_query(db, head_for_people, run, 1, head_columns, &table));
    for (int i = 0; i < sl_table_columns(table) && sl_table_rows(table); i++) {
        const char *value = sl_table_cell(table, 0, i), *name = sl_table_name(table, i);
        if (!value) continue;
        if (format == SL_TABLE_MARKDOWN)
            printf("- %s: %s\n", name, value);
        else if (color && (!strcmp(name, "run") || !strcmp(name, "error")))
            printf("%-11s\033[1m%s\033[0m\n", name, value);
        else
            printf("%-11s%s\n", name, value);
    }
    sl_table_free(table);
    return SL_OK;
}

static sl_status print_for_people(sl_db *db, const sl_db_value *run, sl_table_format format) {
    bool color = sl_table_color(stdout);
    SL_TRY(print_head(db, run, format, color));
    for (int i = 0; i < SECTIONS; i++) {
        sl_table *table;
        SL_TRY(sl_table_query(db, sections[i].sql, run, 1, sections[i].columns, &table));
        if (sl_table_rows(table)) {
            printf("\n%s%s\n%s", format == SL_TABLE_MARKDOWN ? "### " : "", sections[i].title,
                   format == SL_TABLE_MARKDOWN ? "\n" : "");
            sl_table_print(table, format, color, stdout);
        }
        sl_table_free(table);
    }
    return SL_OK;
}

static sl_status print_script(sl_db *db, const sl_db_value *run) {
    sl_db_cursor *cursor;
    bool row;
    SL_TRY(sl_db_query(db, "SELECT script_text FROM run WHERE id = ?1", run, 1, &cursor));
    sl_status status = sl_db_cursor_next(cursor, &row);
    if (status == SL_OK && row) {
        sl_db_value text = sl_db_cursor_value(cursor, 0);
        if (text.type == SL_DB_TEXT)
            fwrite(text.text, 1, text.bytes, stdout);
        else
            status = sl_error(SL_ERR_DATA, "%s: this run was recorded without a script", sl_db_path(db));
    }
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status show(sl_db *db, const char *what, bool script, sl_table_format format, int64_t *id) {
    SL_TRY(sl_db_run_find(db, what, id));
    sl_db_value run = sl_db_integer(*id);
    if (script) return print_script(db, &run);
    if (format == SL_TABLE_CSV) return print_csv(db, &run);
    if (format == SL_TABLE_JSON) return print_json(db, &run);
    return print_for_people(db, &run, format);
}

// The schedules, which the library draws.
static int show_schedules(const sl_arguments *arguments, int64_t id) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, id);
    sl_arguments passed = *arguments;
    passed.operands = (char *[]){text};
    return sl_forward(&passed, "show_curves", (const char *const[]){"run"});
}

static int run_command(const sl_arguments *arguments) {
    sl_db *db = NULL;
    bool script = sl_arguments_get(arguments, "script") != NULL;
    sl_table_format format = sl_table_format_of(sl_arguments_get(arguments, "format"));
    int64_t id = 0;
    sl_status status = sl_db_open(sl_arguments_db(arguments), SL_DB_READ, &db);
    // All sections show the run as it was at one moment, though it may be training.
    if (status == SL_OK) status = sl_db_execute(db, "BEGIN", NULL, 0);
    if (status == SL_OK) status = show(db, arguments->operands[0], script, format, &id);
    sl_db_close(db);
    if (status != SL_OK) return sl_failure();
    return script || !sl_table_is_human(format) ? SL_EXIT_OK : show_schedules(arguments, id);
}

static const sl_option options[] = {
    {"script", 0, NULL, "print the stored text of the run's script instead", NULL, false},
    {"curves", 0, NULL, "draw the schedules, as declared and as realised, over each other", NULL, false},
    SL_OPTION_FORMAT,
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_show = {
    .name = "show",
    .summary = "Show everything the database knows about a run",
    .usage = "[OPTIONS] RUN",
    .description =
        "Shows a run's state, options as resolved, last value of each metric, per-class IoU and mean IoU (under the standard "
        "convention and the authors') at the last evaluation, artifacts, events, error, and the schedules (learning rates, "
        "weights, "
        "thresholds) as they were declared and as they were realised. RUN is an id, the start of one, a name (its newest run) or "
        "\"latest\".",
    .examples = "semiluna show latest\n"
                "semiluna show 9f31c2 --format json\n"
                "semiluna show latest --curves\n"
                "semiluna show latest --script > again.lua\n",
    .options = options,
    .least = 1,
    .most = 1,
    .operand = "RUN",
    .run = run_command,
};
