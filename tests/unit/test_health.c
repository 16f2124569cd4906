// What health.h finds, on hand-made facts: each finding alone, none on a healthy run; and the same through a database.
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "ui/health.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static sl_class_confidence classes[3];

static void fill(sl_recent *recent, double middle, double spread) {
    recent->count = SL_RECENT_MOST;
    for (int i = 0; i < SL_RECENT_MOST; i++) {
        recent->steps[i] = 1000 + i;
        recent->values[i] = middle + spread * sin(i * 2.3); // noise without a seed
    }
}

static sl_health_facts healthy(void) {
    sl_health_facts facts;
    sl_health_facts_init(&facts);
    facts.state = "running";
    facts.adversarial = facts.semi = true;
    facts.step = 1127;
    facts.heartbeat_age = 2;
    facts.threshold = 0.2;
    fill(&facts.seg, 0.9, 0.5);
    fill(&facts.semi_loss, 0.3, 0.2);
    fill(&facts.discriminator, 0.4, 0.2);
    fill(&facts.kept, 0.5, 0.3);
    fill(&facts.labeled_confidence, 0.45, 0.1);
    fill(&facts.unlabeled_confidence, 0.35, 0.1);
    classes[0] = (sl_class_confidence){"road", 5000, 4000, 5200};
    classes[1] = (sl_class_confidence){"sky", 3000, 2500, 2900};
    classes[2] = (sl_class_confidence){"bicyclist", 300, 100, 400};
    facts.classes = classes;
    facts.class_count = 3;
    facts.evaluate_every = 200;
    facts.last_evaluation = 1000;
    facts.seconds_since_evaluation = 60;
    facts.disk_free = 50e9;
    facts.disk_total = 500e9;
    return facts;
}

static int checked;

// Exactly this finding, with the words in it.
static void expect(const sl_health_facts *facts, sl_finding_kind kind, sl_severity severity, const char *const *words) {
    sl_finding findings[SL_FINDING_COUNT];
    size_t count = sl_health_check(facts, findings, SL_FINDING_COUNT);
    for (size_t i = 0; i < count; i++) print_message("  %s: %s\n", findings[i].alarm, findings[i].text);
    assert_int_equal(count, 1);
    assert_int_equal(findings[0].kind, kind);
    assert_int_equal(findings[0].severity, severity);
    assert_true(strlen(findings[0].alarm) > 0 && strlen(findings[0].alarm) < 30);
    for (; *words; words++)
        if (!strstr(findings[0].text, *words)) fail_msg("\"%s\" is not in \"%s\"", *words, findings[0].text);
    checked++;
}
#define EXPECT(facts, kind, severity, ...) expect(facts, kind, severity, (const char *const[]){__VA_ARGS__, NULL})

static void expect_none(const sl_health_facts *facts) {
    sl_finding findings[SL_FINDING_COUNT];
    size_t count = sl_health_check(facts, findings, SL_FINDING_COUNT);
    if (count) fail_msg("found on a healthy run: %s", findings[0].text);
    checked++;
}

static void test_healthy(void **state) {
    sl_health_facts facts = healthy();
    expect_none(&facts);
    sl_health_facts_init(&facts); // a run that has just begun: nothing known
    facts.state = "running";
    expect_none(&facts);
    facts = healthy(); // a supervised run has no discriminator, whatever was logged
    facts.adversarial = facts.semi = false;
    fill(&facts.discriminator, 0.001, 0);
    fill(&facts.kept, 0, 0);
    classes[2].kept = 0;
    expect_none(&facts);
    facts = healthy(); // too few points to judge
    fill(&facts.discriminator, 0.001, 0);
    facts.discriminator.count = 20;
    expect_none(&facts);
    facts = healthy(); // ended: neither heartbeat nor disk nor evaluations matter
    facts.state = "done";
    facts.heartbeat_age = NAN;
    facts.process_gone = true;
    facts.last_evaluation = 0;
    expect_none(&facts);
}

static void test_discriminator(void **state) {
    sl_health_facts facts = healthy();
    fill(&facts.discriminator, 0.03, 0.01);
    EXPECT(&facts, SL_FINDING_D_STRONG, SL_SEVERITY_WARN, "too strong", "method.discriminator_lr", "0.0");
    fill(&facts.discriminator, 0.693, 0.001);
    EXPECT(&facts, SL_FINDING_D_WEAK, SL_SEVERITY_WARN, "guesses", "method.discriminator_lr", "0.69");
    facts.semi = false; // no pseudo-label hangs on it yet, and it may learn still
    facts.steps = 3000;
    expect_none(&facts);
    facts.steps = 2000; // more than half of the run
    EXPECT(&facts, SL_FINDING_D_WEAK, SL_SEVERITY_WARN, "guesses");
}

static void test_kept(void **state) {
    sl_health_facts facts = healthy();
    fill(&facts.kept, 0, 0);
    EXPECT(&facts, SL_FINDING_KEPT_NOTHING, SL_SEVERITY_WARN, "threshold of 0.2", "lower method.threshold");
    fill(&facts.kept, 1, 0);
    EXPECT(&facts, SL_FINDING_KEPT_ALL, SL_SEVERITY_WARN, "raise method.threshold");
    facts.threshold = 0; // as asked for: worth a note, no more
    EXPECT(&facts, SL_FINDING_KEPT_ALL, SL_SEVERITY_NOTE, "raise method.threshold");
}

static void test_starved(void **state) {
    sl_health_facts facts = healthy();
    classes[2].kept = 0;
    EXPECT(&facts, SL_FINDING_STARVED, SL_SEVERITY_WARN, "bicyclist gets no pseudo-labels", "6500", "lower method.threshold");
    classes[2].predicted = 0; // never predicted: no pseudo-label either
    EXPECT(&facts, SL_FINDING_STARVED, SL_SEVERITY_WARN, "bicyclist gets no");
    classes[2].kept = 1;
    classes[2].predicted = 1;
    EXPECT(&facts, SL_FINDING_STARVED, SL_SEVERITY_WARN, "hardly any");
    facts = healthy();
    classes[2].truth = 0; // does not occur
    classes[2].kept = classes[2].predicted = 0;
    expect_none(&facts);
    for (int i = 0; i < 3; i++) classes[i].truth = -1; // truth unknown: what is predicted and never kept
    classes[2].predicted = 100;
    EXPECT(&facts, SL_FINDING_STARVED, SL_SEVERITY_WARN, "bicyclist gets no");
    static sl_class_confidence many[20];
    for (int i = 0; i < 20; i++)
        many[i] = (sl_class_confidence){
            i ? "\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9-\xc3\xa9t\xc3\xa9"
              : "road",
            100, i ? 0 : 100, 100};
    facts.classes = many;
    facts.class_count = 20;
    EXPECT(&facts, SL_FINDING_STARVED, SL_SEVERITY_WARN, "and 15 more get no pseudo-labels", "until they are known");
}

static void test_numbers(void **state) {
    sl_health_facts facts = healthy();
    facts.seg.values[60] = 40;
    EXPECT(&facts, SL_FINDING_SPIKE, SL_SEVERITY_WARN, "jumped to 40 at step 1060", "optimizer.lr");
    facts = healthy();
    facts.seg.values[60] = 2.5; // three times the usual: batches differ
    expect_none(&facts);
    for (int i = 0; i < 60; i++) facts.seg.values[i] = 3 + 12 * exp(-i / 10.0); // falling at the start of a run
    facts.seg.values[3] = 40;
    expect_none(&facts);
    facts.semi_loss.values[127] = NAN;
    EXPECT(&facts, SL_FINDING_NAN, SL_SEVERITY_BAD, "semi was not a number at step 1127");
    facts = healthy();
    facts.discriminator.values[3] = INFINITY;
    EXPECT(&facts, SL_FINDING_NAN, SL_SEVERITY_BAD, "D was infinite");
    facts = healthy();
    facts.state = "diverged";
    facts.error = "step 7: seg is nan";
    facts.heartbeat_age = NAN;
    EXPECT(&facts, SL_FINDING_DIVERGED, SL_SEVERITY_BAD, "step 7: seg is nan", "optimizer.lr");
}

static void test_drift(void **state) {
    sl_health_facts facts = healthy();
    fill(&facts.labeled_confidence, 0.8, 0.02);
    EXPECT(&facts, SL_FINDING_DRIFT, SL_SEVERITY_WARN, "0.8", "labelled", "method.lambda_semi_adv");
    fill(&facts.labeled_confidence, 0.05, 0.02);
    EXPECT(&facts, SL_FINDING_DRIFT, SL_SEVERITY_WARN, "by heart", "method.discriminator_lr");
    facts.labeled_confidence.count = 0; // not logged
    expect_none(&facts);
}

static void test_life(void **state) {
    sl_health_facts facts = healthy();
    facts.heartbeat_age = 40;
    EXPECT(&facts, SL_FINDING_HEARTBEAT, SL_SEVERITY_WARN, "40 s");
    facts.heartbeat_age = 100;
    EXPECT(&facts, SL_FINDING_HEARTBEAT, SL_SEVERITY_BAD, "100 s", "--resume");
    facts.process_gone = true;
    facts.heartbeat_age = 30;
    EXPECT(&facts, SL_FINDING_HEARTBEAT, SL_SEVERITY_BAD, "process is gone");
    facts = healthy();
    facts.last_evaluation = 600;
    EXPECT(&facts, SL_FINDING_NO_EVALUATION, SL_SEVERITY_WARN, "527 steps", "evaluate.every is 200");
    facts = healthy();
    facts.evaluate_every = facts.last_evaluation = -1;
    facts.seconds_since_evaluation = 7200;
    EXPECT(&facts, SL_FINDING_NO_EVALUATION, SL_SEVERITY_NOTE, "120 minutes", "evaluate.every");
    facts = healthy();
    facts.disk_free = 1e9;
    EXPECT(&facts, SL_FINDING_DISK, SL_SEVERITY_WARN, "1.00 GB", "100 %", "checkpoint.folder");
    facts.disk_free = 1e8;
    EXPECT(&facts, SL_FINDING_DISK, SL_SEVERITY_BAD, "0.10 GB");
}

static void test_order(void **state) {
    sl_health_facts facts = healthy();
    sl_finding findings[SL_FINDING_COUNT];
    fill(&facts.kept, 1, 0);
    facts.threshold = 0;                    // a note
    fill(&facts.discriminator, 0.03, 0.01); // a warning
    facts.seg.values[9] = NAN;              // bad
    assert_int_equal(sl_health_check(&facts, findings, SL_FINDING_COUNT), 3);
    assert_int_equal(findings[0].severity, SL_SEVERITY_BAD);
    assert_int_equal(findings[1].severity, SL_SEVERITY_WARN);
    assert_int_equal(findings[2].severity, SL_SEVERITY_NOTE);
    assert_int_equal(sl_health_check(&facts, findings, 1), 1);
    assert_int_equal(findings[0].kind, SL_FINDING_NAN);
    for (size_t i = 0; sl_health_limits[i].name; i++) assert_true(strlen(sl_health_limits[i].reason) >= 15);
}

// The same, read from a database.
static void test_database(void **state) {
    const char *folder = sl_test_folder(), *path = sl_test_path(folder, "health.db");
    sl_db *db;
    sl_writer *writer;
    int64_t run;
    char uuid[37], host[256] = "";
    gethostname(host, sizeof host - 1);
    sl_run_info info = {.experiment = "e", .name = "n", .method = "advsemiseg", .steps = 1000, .host = host, .pid = getpid()};
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    assert_ok(sl_db_run_param(db, run, "method.threshold", "schedule", "0.2"));
    assert_ok(sl_db_run_param(db, run, "evaluate.every", "integer", "100"));
    assert_ok(sl_writer_open(path, &writer));
    for (int step = 1; step <= 400; step++) {
        assert_ok(sl_writer_metric(writer, run, step, "seg", 1 + 0.1 * sin(step)));
        assert_ok(sl_writer_metric(writer, run, step, "D", step < 200 ? 0.4 : 0.01)); // only the newest count
        assert_ok(sl_writer_metric(writer, run, step, "kept", 0.5));
        assert_ok(sl_writer_metric(writer, run, step, "D_labeled", 0.7)); // as methods/advsemiseg.lua names them
        assert_ok(sl_writer_metric(writer, run, step, "D_unlabeled", 0.4));
    }
    assert_ok(sl_writer_metric(writer, run, 1, "option.method.threshold", 0.5)); // in force, whatever was declared
    int64_t confusion[9] = {900, 10, 10, 10, 500, 10, 5, 5, 300}, confidence[3 * 2 * 100] = {0};
    const char *const names[] = {"road", "sky", "pole"};
    for (int i = 0; i < 3; i++) assert_ok(sl_writer_class_iou(writer, run, 400, "val", i, names[i], 0.5));
    assert_ok(sl_writer_confusion(writer, run, 400, "val", 3, confusion));
    confidence[(0 * 2 + 1) * 100 + 80] = 900;
    confidence[(1 * 2 + 1) * 100 + 50] = 500; // the bin that begins at the threshold is kept
    confidence[(2 * 2 + 1) * 100 + 49] = 320; // and the one below is not
    assert_ok(sl_writer_confidence(writer, run, 400, "val", 3, 100, confidence));
    assert_ok(sl_writer_heartbeat(writer, run, 400));
    assert_ok(sl_writer_close(writer));
    sl_db_close(db);

    sl_finding findings[SL_FINDING_COUNT];
    size_t count;
    assert_ok(sl_db_open(path, SL_DB_READ, &db));
    assert_ok(sl_health_run(db, run, findings, SL_FINDING_COUNT, &count));
    bool strong = false, starved = false, drifts = false;
    for (size_t i = 0; i < count; i++) {
        print_message("  %s: %s\n", findings[i].alarm, findings[i].text);
        strong |= findings[i].kind == SL_FINDING_D_STRONG;
        if (findings[i].kind == SL_FINDING_DRIFT) {
            drifts = true;
            assert_non_null(strstr(findings[i].text, "0.70 on labelled and 0.40 on unlabelled"));
        }
        if (findings[i].kind == SL_FINDING_STARVED) {
            starved = true;
            assert_non_null(strstr(findings[i].text, "pole gets no pseudo-labels (0 of 1400 kept pixels"));
        }
        assert_true(findings[i].kind == SL_FINDING_D_STRONG || findings[i].kind == SL_FINDING_STARVED ||
                    findings[i].kind == SL_FINDING_DRIFT ||
                    findings[i].kind == SL_FINDING_DISK); // a full disk here is nobody's mistake
    }
    assert_true(strong && starved && drifts);
    assert_ok(sl_health_run(db, 999, findings, SL_FINDING_COUNT, &count)); // no such run: nothing to say
    assert_int_equal(count, 0);
    sl_db_close(db);
    sl_test_folder_remove(folder);
}

static int report(void **state) {
    print_message("%d facts judged\n", checked);
    return checked > 25 ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy), cmocka_unit_test(test_discriminator), cmocka_unit_test(test_kept),
        cmocka_unit_test(test_starved), cmocka_unit_test(test_numbers),       cmocka_unit_test(test_drift),
        cmocka_unit_test(test_life),    cmocka_unit_test(test_order),         cmocka_unit_test(test_database),
    };
    return cmocka_run_group_tests(tests, NULL, report);
}
