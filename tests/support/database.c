#include "tests/support/database.h"
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t sl_test_integer(sl_db *db, const char *sql) {
    sl_db_cursor *cursor;
    bool row;
    assert_ok(sl_db_query(db, sql, NULL, 0, &cursor));
    assert_ok(sl_db_cursor_next(cursor, &row));
    sl_db_value value = row ? sl_db_cursor_value(cursor, 0) : sl_db_null();
    int64_t result = value.type == SL_DB_INTEGER ? value.integer : value.type == SL_DB_REAL ? (int64_t)value.real : -1;
    sl_db_cursor_close(cursor);
    return result;
}

static int64_t new_run(sl_db *db, const char *experiment, const char *name, const char *method, int64_t seed) {
    sl_run_info info = {.experiment = experiment,
                        .name = name,
                        .script_path = "experiments/test.lua",
                        .script_text = "return sl.experiment{}\n",
                        .method = method,
                        .git_commit = "0123456789abcdef0123456789abcdef01234567",
                        .git_dirty = 0,
                        .seed = seed,
                        .steps = 300,
                        .host = "testhost",
                        .device = "cpu",
                        .versions = "semiluna test",
                        .pid = getpid(),
                        .threads = 2};
    int64_t run;
    char uuid[37], text[40];
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    snprintf(text, sizeof text, "%lld", (long long)seed);
    assert_ok(sl_db_run_param(db, run, "seed", "integer", text));
    assert_ok(sl_db_run_param(db, run, "method.threshold", "number", run % 2 ? "0.2" : "0.5"));
    assert_ok(sl_db_run_param(db, run, "data.labeled", "number", "0.125"));
    return run;
}

static void evaluate(sl_writer *writer, int64_t run, int64_t step, double road, double sky, double pole) {
    static const int64_t counts[9] = {90, 5, 0, 3, 80, 2, 0, 0, 10};
    assert_ok(sl_writer_class_iou(writer, run, step, "val", 0, "road", road));
    assert_ok(sl_writer_class_iou(writer, run, step, "val", 1, "sky", sky));
    assert_ok(sl_writer_class_iou(writer, run, step, "val", 2, "pole", pole));
    assert_ok(sl_writer_confusion(writer, run, step, "val", 3, counts));
}

void sl_test_database_fill(const char *path) {
    sl_db *db;
    sl_writer *writer;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    int64_t alpha = new_run(db, "first", "alpha", "advsemiseg", 1), beta = new_run(db, "first", "beta", "supervised", 2);
    int64_t second = new_run(db, "second", "alpha", "advsemiseg", 3), gamma = new_run(db, "second", "gamma", "advsemiseg", 4);
    assert_ok(sl_writer_open(path, &writer));
    for (int step = 1; step <= 300; step++) {
        assert_ok(sl_writer_metric(writer, alpha, step, "seg", 2.0 / step));
        assert_ok(sl_writer_metric(writer, alpha, step, "lr", 1e-3 * (1 - step / 300.0)));
        if (step <= 50) assert_ok(sl_writer_metric(writer, second, step, "seg", 3.0 / step));
    }
    evaluate(writer, alpha, 100, 0.50, 0.40, 0.0);
    evaluate(writer, alpha, 200, 0.70, 0.60, 0.1);
    evaluate(writer, alpha, 300, 0.60, 0.60, 0.0);
    evaluate(writer, second, 50, 0.25, 0.75, NAN);
    assert_ok(sl_writer_metric(writer, beta, 7, "seg", NAN));
    assert_ok(sl_writer_metric(writer, beta, 7, "adv", INFINITY));
    assert_ok(sl_writer_event(writer, beta, 7, "diverged", "seg is not a number"));
    assert_ok(sl_writer_event(writer, alpha, 200, "checkpoint", "last.safetensors"));
    assert_ok(sl_writer_artifact(writer, alpha, 200, "last", "runs/alpha/last.safetensors", 1234, "ab12"));
    assert_ok(sl_writer_artifact(writer, alpha, 300, "last", "runs/alpha/last.safetensors", 5678, "cd34"));
    assert_ok(sl_writer_heartbeat(writer, second, 50));
    assert_ok(sl_writer_close(writer));
    assert_ok(sl_db_run_finish(db, alpha, "done", 300, NULL));
    assert_ok(sl_db_run_finish(db, beta, "diverged", 7, "step 7: the loss term seg is not a number"));
    sl_db_value old = sl_db_integer(gamma);
    assert_ok(sl_db_execute(db, "UPDATE run SET heartbeat = heartbeat - 7200, step = 20 WHERE id = ?1", &old, 1));
    assert_ok(sl_db_execute(
        db, "INSERT INTO tag(run, tag) VALUES(1, 'paper'); INSERT INTO note(run, time, text) VALUES(1, 0, 'the good one')", NULL,
        0));
    sl_db_close(db);
}
