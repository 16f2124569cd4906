#include "core/base/memory.h"
#include "db/db.h"
#include "ui/cli/command.h"
#include "ui/cli/run_files.h"
#include <ctype.h>
#include <string.h>
#include <time.h>

// What may go from a run's folder; best, last and everything else stays.
typedef struct what_goes {
    bool warmups;   // fork-STEP.safetensors and fork-STEP-best.safetensors
    bool leftovers; // of interrupted writes
    bool all;       // the run was purged
} what_goes;

static bool is_warmup(const char *name) {
    if (strncmp(name, "fork-", 5) != 0 || !isdigit((unsigned char)name[5])) return false;
    name += 5 + strspn(name + 5, "0123456789");
    return strcmp(name, ".safetensors") == 0 || strcmp(name, "-best.safetensors") == 0;
}

static bool goes(const char *name, void *user) {
    const what_goes *what = user;
    size_t length = strlen(name);
    bool leftover = length > 4 && strcmp(name + length - 4, ".tmp") == 0;
    return what->all || (leftover ? what->leftovers : what->warmups && is_warmup(name));
}

// Every run, and whether its warm-ups may go: it has ended, it has no tag of yours, it is old enough, and no run of the same
// experiment is still to be gone on with. ?1 is the time before which it must have ended.
static const char candidates[] =
    "WITH open AS (SELECT DISTINCT r.experiment FROM run r WHERE (r.state = 'running' OR (r.state = 'stopped' AND NOT EXISTS"
    "    (SELECT 1 FROM tag t WHERE t.run = r.id AND t.tag = 'pruned'))) AND r.id NOT IN (SELECT run FROM removed))"
    " SELECT r.id, r.state <> 'running' AND coalesce(r.end_time, r.heartbeat) <= ?1 AND r.experiment NOT IN (SELECT experiment"
    "    FROM open) AND NOT EXISTS (SELECT 1 FROM tag t WHERE t.run = r.id AND t.tag NOT IN ('pruned', 'noise'))"
    "  FROM run r WHERE r.id NOT IN (SELECT run FROM removed) ORDER BY r.id";

typedef struct candidate {
    int64_t run;
    bool warmups;
} candidate;

// The rows first, so that nobody goes on from a file that is about to vanish.
static sl_status forget_warmups(sl_db *db, int64_t run) {
    sl_db_value id = sl_db_integer(run);
    return sl_db_execute(
        db, "DELETE FROM fork WHERE run = ?1; DELETE FROM artifact WHERE run = ?1 AND kind IN ('fork', 'fork-best')", &id, 1);
}

static sl_status collect_run(sl_db *db, const candidate *of, sl_removal *sum) {
    bool alive;
    SL_TRY(sl_db_run_alive(db, of->run, &alive));
    if (alive) return SL_OK;
    what_goes what = {.warmups = of->warmups, .leftovers = true};
    sl_run_files files;
    SL_TRY(sl_run_files_find(db, of->run, &files));
    sl_status status = of->warmups && files.count && !sum->dry_run ? forget_warmups(db, of->run) : SL_OK;
    if (status == SL_OK) status = sl_run_files_remove(&files, goes, &what, sum);
    sl_run_files_clear(&files);
    return status;
}

// Read before anything is changed: a statement that is still reading would keep the changes from being written while others
// write.
static sl_status read_candidates(sl_db *db, double before, candidate **list, size_t *count) {
    sl_db_value time = sl_db_real(before);
    sl_db_cursor *cursor;
    bool row = true;
    size_t capacity = 0;
    SL_TRY(sl_db_query(db, candidates, &time, 1, &cursor));
    sl_status status = SL_OK;
    while (status == SL_OK) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        if (*count == capacity) {
            capacity = capacity ? capacity * 2 : 256;
            candidate *more = sl_realloc(*list, capacity * sizeof *more);
            if (!more) status = sl_error(SL_ERR_MEMORY, "out of memory");
            if (!more) break;
            *list = more;
        }
        (*list)[(*count)++] = (candidate){sl_db_cursor_value(cursor, 0).integer, sl_db_cursor_value(cursor, 1).integer == 1};
    }
    sl_db_cursor_close(cursor);
    return status;
}

static sl_status collect_runs(sl_db *db, double before, sl_removal *sum) {
    candidate *list = NULL;
    size_t count = 0;
    sl_status status = read_candidates(db, before, &list, &count);
    for (size_t i = 0; i < count && status == SL_OK; i++) status = collect_run(db, &list[i], sum);
    sl_free(list);
    return status;
}

// Folders of purged runs that could not be removed then.
static sl_status collect_purged(sl_db *db, sl_removal *sum) {
    sl_db_cursor *cursor;
    bool row = true;
    SL_TRY(sl_db_query(db, "SELECT uuid FROM purged WHERE uuid NOT IN (SELECT uuid FROM run)", NULL, 0, &cursor));
    sl_status status = SL_OK;
    while (status == SL_OK) {
        status = sl_db_cursor_next(cursor, &row);
        if (status != SL_OK || !row) break;
        what_goes what = {.all = true};
        sl_run_files files;
        status = sl_run_files_of_uuid(db, sl_db_cursor_value(cursor, 0).text, &files);
        if (status == SL_OK) status = sl_run_files_remove(&files, goes, &what, sum);
        sl_run_files_clear(&files);
    }
    sl_db_cursor_close(cursor);
    return status;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int run(const sl_arguments *arguments) {
    sl_db *db = NULL;
    long long days = 7;
    char size[24];
    sl_removal sum = {.dry_run = sl_arguments_get(arguments, "dry-run") != NULL};
    if (!sl_arguments_number(arguments, "age", 0, 36500, &days)) return SL_EXIT_USAGE;
    sl_status status = sl_db_open(sl_arguments_db(arguments), sum.dry_run ? SL_DB_READ : SL_DB_CHANGE, &db);
    if (status == SL_OK) status = collect_runs(db, now() - (double)days * 86400, &sum);
    if (status == SL_OK) status = collect_purged(db, &sum);
    if (status == SL_OK)
        printf("%lld file%s, %s %s\n", (long long)sum.files, sum.files == 1 ? "" : "s", sl_bytes_text(sum.bytes, size),
               sum.dry_run ? "to be freed" : "freed");
    sl_db_close(db);
    return status == SL_OK ? SL_EXIT_OK : sl_failure();
}

static const sl_option options[] = {
    {"dry-run", 'n', NULL, "say what would be removed, and remove nothing", NULL, false},
    {"age", 0, "DAYS", "keep warm-ups of runs that ended less than DAYS ago (default: 7)", NULL, false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_gc = {
    .name = "gc",
    .summary = "Remove checkpoint files that nothing needs any more",
    .usage = "[OPTIONS]",
    .description =
        "Best and last checkpoints stay, and so does every file of a run that you tagged, that is being trained or that can be\n"
        "gone on with. What goes: shared warm-ups (fork-STEP.safetensors) a week after their run has ended, unless a run of the\n"
        "same experiment has not; what interrupted writes left behind; and files of purged runs. Only folders that bear the id "
        "of a\n"
        "run of this database are touched, and in them only checkpoints. Runs in the bin keep theirs until `rm --purge`.",
    .examples = "semiluna gc --dry-run\n"
                "semiluna gc --age 0\n",
    .options = options,
    .run = run,
};
