// The views: what people and commands read. They are dropped and made anew whenever the tables change.
#include "db/db_impl.h"

// Views that people added themselves stay.
const char sl_db_views_drop[] = "DROP VIEW IF EXISTS convention; DROP VIEW IF EXISTS class_counts; DROP VIEW IF EXISTS "
                                "run_summary; DROP VIEW IF EXISTS evaluation; DROP VIEW IF EXISTS class_iou_latest;"
                                "DROP VIEW IF EXISTS final_metric; DROP VIEW IF EXISTS metric;";

// A run's main split is "val" where it has one, else the first by name. The authors' mean leaves out every class without a hit.
// Correlated subqueries rather than joins: a listing with a LIMIT then costs a few index look-ups a row, however large the file.
#define COUNTS                                                                    \
    "(SELECT n.hit, n.truth + n.predicted - n.hit AS present FROM class_counts n" \
    "  WHERE n.run = e.run AND n.split = e.split AND n.step = e.step LIMIT -1)"
const char *const sl_db_views[] = {
    "CREATE VIEW metric AS"
    " SELECT v.run, n.name, v.step, v.value, v.time FROM metric_value v JOIN metric_name n ON n.id = v.name_id;",
    "CREATE VIEW final_metric AS"
    " SELECT r.id AS run, n.name, v.step, v.value, v.time FROM run r CROSS JOIN metric_name n CROSS JOIN metric_value v"
    "  ON v.run = r.id AND v.name_id = n.id"
    "  AND v.step = (SELECT max(w.step) FROM metric_value w WHERE w.run = r.id AND w.name_id = n.id);",
    "CREATE VIEW class_iou_latest AS"
    " SELECT c.run, c.split, c.step, c.class_index, c.class_name, c.iou FROM class_iou c"
    "  WHERE c.step = (SELECT max(d.step) FROM class_iou d WHERE d.run = c.run AND d.split = c.split);",
    "CREATE VIEW evaluation AS"
    " SELECT run, split, step, avg(iou) AS miou, avg(CASE WHEN iou > 0 THEN iou END) AS miou_authors, count(iou) AS classes"
    "  FROM class_iou GROUP BY run, split, step;",
    // From the whole numbers of the confusion matrix, of which only the cells that are not 0 are stored: the classes are
    // class_iou's.
    "CREATE VIEW class_counts AS"
    " SELECT i.run, i.split, i.step, i.class_index, i.class_name,"
    "  (SELECT coalesce(sum(c.pixels), 0) FROM confusion c WHERE c.run = i.run AND c.split = i.split AND c.step = i.step"
    "    AND c.truth = i.class_index) AS truth,"
    "  (SELECT coalesce(sum(c.pixels), 0) FROM class_iou t CROSS JOIN confusion c ON c.run = t.run AND c.split = t.split"
    "    AND c.step = t.step AND c.truth = t.class_index AND c.prediction = i.class_index"
    "    WHERE t.run = i.run AND t.split = i.split AND t.step = i.step) AS predicted,"
    "  coalesce((SELECT c.pixels FROM confusion c WHERE c.run = i.run AND c.split = i.split AND c.step = i.step"
    "    AND c.truth = i.class_index AND c.prediction = i.class_index), 0) AS hit"
    "  FROM class_iou i;",
    // One row for each evaluation: class 0 stands for all. LIMIT -1 keeps the counts from being worked out once for each mention.
    "CREATE VIEW convention AS"
    " SELECT e.run, e.split, e.step,"
    "  (SELECT avg(CASE WHEN present > 0 THEN 1.0 * hit / present END) FROM " COUNTS ") AS standard,"
    "  (SELECT avg(CASE WHEN hit > 0 THEN 1.0 * hit / present END) FROM " COUNTS ") AS authors,"
    "  (SELECT CASE WHEN sum(present) > 0 THEN avg(CASE WHEN hit > 0 THEN 1.0 * hit / present ELSE 0.0 END) END"
    "    FROM " COUNTS ") AS absent_zero"
    "  FROM class_iou e WHERE e.class_index = 0;",
    "CREATE VIEW run_summary AS"
    " SELECT s.id, s.uuid, s.name, e.name AS experiment, s.method,"
    "  CASE WHEN s.state = 'running' AND s.heartbeat < strftime('%s', 'now') - 60 THEN 'dead' ELSE s.state END AS state,"
    "  s.step, s.steps, s.seed, s.split,"
    "  (SELECT max(c.step) FROM class_iou c WHERE c.run = s.id AND c.split = s.split) AS miou_step,"
    "  (SELECT avg(c.iou) FROM class_iou c WHERE c.run = s.id AND c.split = s.split GROUP BY c.step"
    "    ORDER BY c.step DESC LIMIT 1) AS miou,"
    "  (SELECT avg(CASE WHEN c.iou > 0 THEN c.iou END) FROM class_iou c WHERE c.run = s.id AND c.split = s.split GROUP BY c.step"
    "    ORDER BY c.step DESC LIMIT 1) AS miou_authors,"
    "  (SELECT c.step FROM class_iou c WHERE c.run = s.id AND c.split = s.split GROUP BY c.step HAVING count(c.iou) > 0"
    "    ORDER BY avg(c.iou) DESC, c.step LIMIT 1) AS best_step,"
    "  (SELECT avg(c.iou) FROM class_iou c WHERE c.run = s.id AND c.split = s.split GROUP BY c.step"
    "    ORDER BY avg(c.iou) DESC LIMIT 1) AS best_miou,"
    "  (SELECT avg(CASE WHEN c.iou > 0 THEN c.iou END) AS m FROM class_iou c WHERE c.run = s.id AND c.split = s.split GROUP BY "
    "c.step"
    "    ORDER BY m DESC LIMIT 1) AS best_miou_authors,"
    "  datetime(s.start_time, 'unixepoch', 'localtime') AS started, datetime(s.end_time, 'unixepoch', 'localtime') AS ended,"
    "  s.seconds_before + max(0, coalesce(s.end_time, s.heartbeat) - s.session_time) AS duration,"
    "  s.resumes, s.error, s.host, s.pid, s.device, s.threads, s.versions, s.git_commit, s.git_dirty, s.script_path, "
    "s.script_hash,"
    "  s.start_time, s.end_time, s.heartbeat, s.state AS stored_state, s.experiment AS experiment_id"
    " FROM (SELECT r.*, CASE WHEN EXISTS(SELECT 1 FROM class_iou c WHERE c.run = r.id AND c.split = 'val') THEN 'val'"
    "         ELSE (SELECT min(c.split) FROM class_iou c WHERE c.run = r.id) END AS split FROM run r"
    "       WHERE NOT EXISTS (SELECT 1 FROM removed x WHERE x.run = r.id)) s"
    " JOIN experiment e ON e.id = s.experiment;",
    NULL};
