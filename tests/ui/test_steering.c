// What the keys ask before a command is sent to a run, what then is sent, and how its answer is shown. No keys, in whatever
// order, send anything that nobody has confirmed.
#include "tests/support/cmocka.h"
#include "tests/support/frames.h"
#include "ui/tui/app.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sl_app app;
static sl_frame frame;
static sl_snapshot snapshot;

// What was sent last.
static struct {
    int count;
    char name[64], argument[600];
    int64_t runs[16];
    size_t run_count;
    sl_status status;
} sent;

static sl_status record(void *user, const sl_order *order) {
    assert_ptr_equal(user, &sent);
    assert_true(order->count > 0);
    sent.count++;
    snprintf(sent.name, sizeof sent.name, "%s", order->name);
    snprintf(sent.argument, sizeof sent.argument, "%s", order->argument);
    sent.run_count = order->count;
    for (size_t i = 0; i < order->count && i < 16; i++) sent.runs[i] = order->runs[i];
    return sent.status ? sl_error(sent.status, "no thread can be started") : SL_OK;
}

// The fixed model; run 12 has numbers.
static void begin(int width, int height) {
    static sl_run_detail detail;
    static const sl_number_row numbers[] = {{"method.discriminator_lr", "poly(0.0001, 0.9)", 0.0000443},
                                            {"method.lambda_adv", "0.01", 0.01},
                                            {"method.lambda_semi", "0.1", NAN},
                                            {"method.threshold", "0.2", NAN},
                                            {"optimizer.lr", "poly(0.01, 0.9)", 0.00443}};
    static const char *const names[] = {"batch", "data.crop", "method.threshold", "optimizer.lr", "seed", "steered"};
    static const char *const values[] = {
        "4", "321", "0.2", "poly(0.01, 0.9)", "3", "100: method.threshold = 0.4; 300: method.threshold = 0.5; 400: steps = 1200"};
    snapshot = *sl_test_snapshot();
    detail = snapshot.details[0];
    detail.numbers = numbers;
    detail.number_count = sizeof numbers / sizeof *numbers;
    detail.option_names = names;
    detail.option_values = values;
    detail.option_count = sizeof names / sizeof *names;
    snapshot.details = &detail;
    memset(&sent, 0, sizeof sent);
    assert_ok(sl_app_open(&app, NULL));
    app.snapshot = &snapshot;
    app.now = SL_TEST_TIME;
    app.database = "/data/semiluna.db";
    app.send = record;
    app.send_user = &sent;
    assert_ok(sl_frame_resize(&frame, width, height));
    sl_app_draw(&app, &frame);
}

static void end(void) {
    sl_app_close(&app);
    sl_frame_free(&frame);
}

static void press(sl_key key) {
    app.now += 0.01;
    sl_app_input(&app, &(sl_input){.key = key});
    sl_app_draw(&app, &frame);
}

static void type(const char *text) {
    for (; *text; text++) {
        app.now += 0.01;
        sl_app_input(&app, &(sl_input){.key = SL_KEY_CHARACTER, .character = (unsigned char)*text});
    }
    sl_app_draw(&app, &frame);
}

static void clear(void) {
    type("\025");
}

// The text is shown, also where it goes on in the next line.
static void see(const char *text) {
    static char all[64 * 1024];
    size_t length = 0;
    for (int y = 0; y < frame.height; y++) {
        const char *row = sl_test_row(&frame, y);
        length += (size_t)snprintf(all + length, sizeof all - length, "%s ", row + strspn(row, " "));
    }
    if (sl_test_shows(&frame, text) || strstr(all, text)) return;
    for (int y = 0; y < frame.height; y++) printf("| %s\n", sl_test_row(&frame, y));
    fail_msg("\"%s\" is not shown", text);
}

static void expect(int count, const char *name, const char *argument, int64_t run) {
    if (sent.count != count) fail_msg("%d commands were sent, not %d; the last is %s", sent.count, count, sent.name);
    if (count == 0) return;
    assert_string_equal(sent.name, name);
    assert_string_equal(sent.argument, argument);
    assert_int_equal(sent.runs[0], run);
}

static void held(const char *name) {
    char full[64];
    snprintf(full, sizeof full, "steering_%s_%dx%d", name, frame.width, frame.height);
    sl_test_frame(&frame, full);
}

static void test_plain(void **state) {
    const struct {
        const char *key, *question, *name;
    } cases[] = {{"p", "pause run 9f31c2 T=.5 1/8 s3 at step 812?", "pause"},
                 {"C", "let run 9f31c2 T=.5 1/8 s3 at step 812 write a checkpoint now?", "checkpoint"},
                 {"E", "let run 9f31c2 T=.5 1/8 s3 at step 812 measure its network now?", "evaluate"},
                 {"S", "stop run 9f31c2 T=.5 1/8 s3 at step 812? a checkpoint is written", "stop"}};
    begin(100, 24);
    type("j");
    for (int i = 0; i < 4; i++) {
        type(cases[i].key);
        see(cases[i].question);
        see("y: yes, any other key: no");
        type("n");
        assert_int_equal(sent.count, i);
        type(cases[i].key);
        press(SL_KEY_ENTER); // no yes
        press(SL_KEY_ESCAPE);
        assert_int_equal(sent.count, i);
        type(cases[i].key);
        type("y");
        expect(i + 1, cases[i].name, "", 12);
        assert_int_equal(sent.run_count, 1);
    }
    sent.status = SL_ERR_LIBRARY;
    type("py");
    see("not sent: no thread can be started");
    end();
}

static void test_pause_goes_on(void **state) {
    begin(80, 24);
    app.sort = SL_SORT_NEWEST;
    press(SL_KEY_HOME);
    for (int i = 0; i < 6; i++) type("j");
    assert_int_equal(app.selected, 7);
    type("p");
    see("let run 0badca T=0 1/8 s2 at step 400 go on?");
    type("y");
    expect(1, "continue", "", 7);
    end();
}

static void test_not_trained(void **state) {
    begin(80, 24);
    type("jjj"); // run 10 is done
    assert_int_equal(app.selected, 10);
    type("t");
    see("run 10 (threshold) is not being trained (it is done, at step 1200): `semiluna run SCRIPT --set NAME=VALUE` trains "
        "another "
        "one with other options");
    assert_false(app.prompt.open);
    held("refused");
    app.now += 20;
    type("S");
    see("`semiluna show 10` has its results");
    type("E");
    see("its last checkpoint is measured by `semiluna eval 10`");
    type("j"); // diverged
    type("p");
    see("(it is diverged, at step 203)");
    for (int i = 0; i < 3; i++) type("j"); // dead
    assert_int_equal(app.selected, 6);
    type("B");
    see("its process ended without a word, about step 1100");
    see("`semiluna run --resume 6` goes on with it");
    expect(0, "", "", 0);
    // A tag and a note: on any run.
    type("T");
    type("dead ones");
    press(SL_KEY_ENTER);
    expect(1, "tag", "dead ones", 6);
    type("n");
    type("out of memory?");
    press(SL_KEY_ENTER);
    expect(2, "note", "out of memory?", 6);
    type("n");
    press(SL_KEY_ENTER); // nothing
    type("T  ");
    press(SL_KEY_ENTER);
    type("n");
    type("never");
    press(SL_KEY_ESCAPE);
    assert_int_equal(sent.count, 2);
    type("T");
    for (int i = 0; i < 101; i++) type("x");
    press(SL_KEY_ENTER);
    see("a tag has at most 100 bytes");
    assert_int_equal(sent.count, 2);
    end();
}

static void test_set(void **state) {
    begin(80, 24);
    type("jt");
    see("set which number of run 9f31c2");
    see("method.threshold         0.5");
    see("optimizer.lr             0.00443  poly(0.01, 0.9)");
    held("numbers");
    type("thr");
    see("method.threshold  0.5");
    assert_false(sl_test_shows(&frame, "optimizer.lr"));
    press(SL_KEY_TAB);
    assert_string_equal(app.prompt.text, "method.threshold");
    press(SL_KEY_ENTER);
    see("set method.threshold = 0.5");
    clear();
    type("0.3");
    press(SL_KEY_ENTER);
    see("set method.threshold to 0.3 in run 9f31c2 T=.5 1/8 s3 at step 812, in place of 0.5?");
    expect(0, "", "", 0);
    held("set");
    type("y");
    expect(1, "set", "method.threshold=0.3", 12);
    // Chosen by the arrows; a schedule's present value comes first.
    type("t");
    press(SL_KEY_DOWN);
    press(SL_KEY_UP);
    press(SL_KEY_UP);
    held("chosen");
    press(SL_KEY_ENTER);
    see("set optimizer.lr = 0.00443");
    clear();
    type("linear(0.004, 0, 812, 1200)");
    press(SL_KEY_ENTER);
    type("y");
    expect(2, "set", "optimizer.lr=linear(0.004, 0, 812, 1200)", 12);
    // A short name; name and value at once.
    type("t");
    type("threshold");
    press(SL_KEY_ENTER);
    see("set method.threshold = 0.5");
    press(SL_KEY_ESCAPE);
    type("t");
    type("lambda_adv = 0.02");
    press(SL_KEY_ENTER);
    see("set method.lambda_adv to 0.02 in run");
    type("y");
    expect(3, "set", "method.lambda_adv=0.02", 12);
    // The only one that fits what was typed is meant; else it asks anew, with the choices.
    type("t");
    type("thr");
    press(SL_KEY_ENTER);
    see("set method.threshold = 0.5");
    press(SL_KEY_ESCAPE);
    type("t");
    type("lambda=0.1");
    press(SL_KEY_ENTER);
    see("which of those with \"lambda\"?");
    see("method.lambda_semi  0.1");
    assert_false(sl_test_shows(&frame, "optimizer.lr"));
    press(SL_KEY_ESCAPE);
    type("t");
    type("treshold");
    press(SL_KEY_ENTER);
    see("no number has \"treshold\" in its name; which one?");
    see("optimizer.lr             0.00443");
    type("thr");
    press(SL_KEY_ENTER);
    see("set method.threshold = 0.5");
    clear();
    type("0.1");
    press(SL_KEY_ENTER);
    type("y");
    expect(4, "set", "method.threshold=0.1", 12);
    type("t");
    press(SL_KEY_ENTER); // no name
    assert_false(app.prompt.open);
    type("t");
    type("lr=");
    for (int i = 0; i < 260; i++) type("1");
    press(SL_KEY_ENTER);
    see("what is sent has at most 255 bytes");
    type("y");
    assert_int_equal(sent.count, 4);
    // Before the details are there nothing is offered, and all works.
    snapshot.detail_count = 0;
    type("t");
    press(SL_KEY_DOWN);
    press(SL_KEY_TAB);
    type("lr=0");
    press(SL_KEY_ENTER);
    type("y");
    expect(5, "set", "lr=0", 12);
    end();
}

static void test_request(void **state) {
    sl_request request;
    begin(80, 24);
    type("j");
    sl_app_request(&app, &request);
    assert_int_equal(request.run_count, 0);
    type("t");
    sl_app_request(&app, &request);
    assert_int_equal(request.run_count, 1);
    assert_int_equal(request.runs[0], 12);
    press(SL_KEY_ESCAPE);
    sl_app_request(&app, &request);
    assert_int_equal(request.run_count, 0);
    end();
}

static void test_extend_and_fork(void **state) {
    begin(80, 24);
    type("jX");
    see("train run 9f31c2 T=.5 1/8 s3 to step (or +MORE) 1200");
    clear();
    type("many");
    press(SL_KEY_ENTER);
    see("\"many\" is no number of steps: 30000, or +5000");
    type("X");
    clear();
    type("30000");
    press(SL_KEY_ENTER);
    see("let run 9f31c2 T=.5 1/8 s3 train to step 30000 in place of 1200? schedules are stretched over the new length");
    type("y");
    expect(1, "extend", "30000", 12);
    type("X");
    clear();
    type("+800");
    press(SL_KEY_ENTER);
    see("train to step 2000 in place of 1200?");
    type("y");
    expect(2, "extend", "+800", 12);
    type("B");
    see("new run from run 9f31c2 T=.5 1/8 s3 with NAME=VALUE ...");
    type("thr");
    see("method.threshold  0.2");
    press(SL_KEY_TAB);
    type("0.3 se");
    press(SL_KEY_DOWN);
    press(SL_KEY_ENTER);
    assert_string_equal(app.prompt.text, "method.threshold=0.3 seed=");
    assert_true(app.prompt.open);
    type("2");
    press(SL_KEY_ENTER);
    see("begin a new run that goes on from run 9f31c2 T=.5 1/8 s3 at step 812 with method.threshold=0.3 seed=2?");
    held("fork");
    expect(2, "extend", "+800", 12);
    type("y");
    expect(3, "fork", "method.threshold=0.3 seed=2", 12);
    end();
}

static void test_several(void **state) {
    begin(100, 30);
    press(SL_KEY_HOME); // the group
    type("S");
    see("these are several runs: space marks them, or choose one");
    assert_false(app.prompt.open);
    type("*S");
    see("stop 3 marked runs? a checkpoint is written, and `semiluna run --resume RUN` goes on with it  (9 more are left out)  y: "
        "yes, any other key: no");
    type("y");
    expect(1, "stop", "", 12);
    assert_int_equal(sent.run_count, 3);
    type("p"); // those that are not paused
    see("pause 2 marked runs?");
    type("y");
    assert_int_equal(sent.run_count, 2);
    type("T");
    see("tag of 12 marked runs (-TAG takes it away)");
    type("paper");
    press(SL_KEY_ENTER);
    expect(3, "tag", "paper", 12);
    assert_int_equal(sent.run_count, 12);
    type("jt"); // one run, whatever is marked
    see("set which number of run 9f31c2");
    press(SL_KEY_ESCAPE);
    type("U");
    press(SL_KEY_HOME);
    for (int i = 0; i < 6; i++) type("j");
    type(" p"); // the paused one alone
    see("let run 0badca T=0 1/8 s2 at step 400 go on?");
    type("n");
    press(SL_KEY_ESCAPE);
    type("U");
    press(SL_KEY_END);
    type(" C");
    see("none of the marked runs is being trained");
    assert_int_equal(sent.count, 3);
    end();
}

static void hear(sl_tidings kind, const char *text) {
    sl_tell_news news = {.kind = kind};
    snprintf(news.text, sizeof news.text, "%s", text);
    sl_app_hear(&app, &news);
    sl_app_draw(&app, &frame);
}

static sl_color color_of_last(void) {
    return frame.cells[(frame.height - 1) * frame.width + 1].style.foreground;
}

static void test_answers(void **state) {
    begin(80, 24);
    type("jpy");
    hear(SL_TIDINGS_SENT, "sent: pause; waiting");
    see("sent: pause; waiting");
    app.now += 30;
    sl_app_draw(&app, &frame);
    see("sent: pause; waiting");
    // Answers come whatever screen is shown, and no key takes them away at once.
    press(SL_KEY_F1);
    hear(SL_TIDINGS_DONE, "9f31c2: done at step 812");
    see("9f31c2: done at step 812");
    assert_int_equal(color_of_last(), SL_COLOR_GOOD);
    type("jj");
    see("9f31c2: done at step 812");
    hear(SL_TIDINGS_REFUSED, "9f31c2: refused: it is not paused");
    see("done at step 812"); // each for a moment
    app.now += 3;
    sl_app_draw(&app, &frame);
    see("refused: it is not paused");
    assert_int_equal(color_of_last(), SL_COLOR_BAD);
    app.now += 3;
    type("j");
    assert_false(sl_test_shows(&frame, "refused"));
    // Not over a question.
    type("qt");
    hear(SL_TIDINGS_LATE, "9f31c2: no answer yet to set");
    see("set which number");
    app.now += 100;
    press(SL_KEY_ESCAPE);
    see("9f31c2: no answer yet to set");
    app.now += 100;
    // More than are kept: the oldest are forgotten.
    for (int i = 0; i < 40; i++) {
        char text[64];
        snprintf(text, sizeof text, "answer %d", i);
        app.prompt.open = true;
        hear(SL_TIDINGS_DONE, text);
    }
    app.prompt.open = false;
    sl_app_draw(&app, &frame);
    see("answer 24");
    char longer[512];
    memset(longer, 'x', 511);
    for (int i = 60; i < 511; i += 60) longer[i] = ' ';
    longer[511] = 0;
    app.steering.news_count = 0;
    app.now += 100;
    hear(SL_TIDINGS_REFUSED, longer);
    end();
}

// With --read-only there is none of it: no keys, no hints, no help.
static void test_read_only(void **state) {
    begin(120, 40);
    app.read_only = true;
    sl_app_draw(&app, &frame);
    assert_false(sl_test_shows(&frame, "p pause"));
    type("jptCEXBSTny");
    press(SL_KEY_ENTER);
    expect(0, "", "", 0);
    assert_false(app.prompt.open);
    while (app.depth > 1) sl_app_pop(&app);
    press(SL_KEY_F1);
    assert_false(sl_test_shows(&frame, "checkpoint"));
    end();
    begin(80, 24); // a picture, where there is nobody who could send
    app.send = NULL;
    type("jS");
    see("nothing can be sent from here");
    end();
}

// Whatever is typed: a command is sent only by y to its question, or by enter after a tag or a note.
static void test_any_keys(void **state) {
    uint64_t seed = 3;
    const char *fuzz = getenv("SEMILUNA_FUZZ");
    int count = fuzz ? atoi(fuzz) : 60000, commands = 0, words = 0;
    static const char likely[] = "ptCEXBSTnynyyjk  *U0123456789.=+-";
    begin(100, 30);
    for (int i = 0; i < count; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t random = (uint32_t)(seed >> 33);
        sl_input input = {.key = SL_KEY_CHARACTER, .character = (unsigned char)likely[random % (sizeof likely - 1)]};
        if (random >> 8 & 1) input.key = (sl_key)((random >> 9) % SL_KEY_COUNT);
        if ((random >> 20) % 5 == 0) input.character = random >> 4 & 0x7F;
        bool asked = app.prompt.open && app.prompt.yes_no, written = app.prompt.open && !app.prompt.yes_no && app.prompt.length;
        bool yes = input.key == SL_KEY_CHARACTER && (input.character == 'y' || input.character == 'Y');
        int before = sent.count;
        app.now += 0.1;
        app.read_only = (i / 1000) % 4 == 3;
        sl_app_input(&app, &input);
        app.quit = false;
        if (random % 31 == 0) hear(SL_TIDINGS_DONE, "done");
        if (random % 13 == 0) sl_app_draw(&app, &frame);
        if (sent.count == before) continue;
        bool is_words = !strcmp(sent.name, "tag") || !strcmp(sent.name, "note");
        if (app.read_only || sent.count != before + 1 || !(is_words ? written && input.key == SL_KEY_ENTER : asked && yes))
            fail_msg("key %d of %d sent %s %s unasked", i, count, sent.name, sent.argument);
        if (!is_words) commands++;
        words += is_words;
        for (size_t k = 0; k < sent.run_count; k++) {
            const sl_run_row *row = sl_app_row(&app, sent.runs[k]);
            assert_non_null(row);
            assert_true(is_words || row->state == SL_STATE_RUNNING || row->state == SL_STATE_PAUSED);
        }
    }
    printf("pressed %d keys: %d commands, %d tags and notes were sent, all confirmed\n", count, commands, words);
    assert_true(commands > 10 && words > 5);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),    cmocka_unit_test(test_pause_goes_on), cmocka_unit_test(test_not_trained),
        cmocka_unit_test(test_set),      cmocka_unit_test(test_request),       cmocka_unit_test(test_extend_and_fork),
        cmocka_unit_test(test_several),  cmocka_unit_test(test_answers),       cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_any_keys),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
