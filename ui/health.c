// The findings: rules over plain numbers, each with its bound in the one table below.
#include "ui/health.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- bounds ------------------------------------------------------------------------------------------------------------------

enum {
    D_LEAST,
    D_MOST,
    D_LEARNS,
    KEPT_LEAST,
    KEPT_MOST,
    STARVED_SHARE,
    STARVED_TRUTH,
    SPIKE_FACTOR,
    SPIKE_SPREAD,
    SPIKE_BEFORE,
    DRIFT_MOST,
    EVALUATION_EVERY,
    EVALUATION_SECONDS,
    HEARTBEAT_LATE,
    HEARTBEAT_LOST,
    DISK_LOW,
    DISK_FULL,
    POINTS_LEAST,
};

const sl_health_limit sl_health_limits[] = {
    [D_LEAST] = {"discriminator loss, least", 0.1,
                 "the mean of -log p of right answers: at 0.1 it is right with 90 % at every pixel, and what it teaches fades"},
    [D_MOST] = {"discriminator loss, most", 0.66, "0.693 = ln 2 is a coin toss; within 5 % of it nothing has been learnt"},
    [D_LEARNS] = {"share of the steps in which it may learn", 0.5,
                  "at first every discriminator guesses; it matters once pseudo-labels hang on it, or where it never learns"},
    [KEPT_LEAST] = {"share kept, least", 0.002, "with fewer pixels than one in 500 the unlabelled images teach nothing"},
    [KEPT_MOST] = {"share kept, most", 0.995, "where all but one pixel in 200 pass, the threshold chooses nothing"},
    [STARVED_SHARE] = {"share of pseudo-labels by share of truth, least", 0.05,
                       "a class with less than a twentieth of its due is unlearnt by what the others gain"},
    [STARVED_TRUTH] = {"share of truth that counts", 0.001, "of rarer classes no histogram can tell starved from absent"},
    [SPIKE_FACTOR] = {"a spike, by the median", 5, "from batch to batch losses differ by up to three times their median"},
    [SPIKE_SPREAD] = {"a spike, by the median deviation", 12, "so far out no batch lies by chance"},
    [SPIKE_BEFORE] = {"points before a spike, least", 16, "a loss that falls at the start of a run was higher before"},
    [DRIFT_MOST] = {"confidence, labelled less unlabelled", 0.25,
                    "then the discriminator tells the two apart, and its threshold means different things on them"},
    [EVALUATION_EVERY] = {"steps without evaluation, by evaluate.every", 2, "one may be under way"},
    [EVALUATION_SECONDS] = {"seconds without any evaluation", 3600, "an hour of training that nobody could judge"},
    [HEARTBEAT_LATE] = {"heartbeat age, late", 25, "a living process writes one at least every 10 seconds"},
    [HEARTBEAT_LOST] = {"heartbeat age, lost", 60, "from then on every listing calls the run dead"},
    [DISK_LOW] = {"bytes free, low", 2e9, "a handful of ResNet-101 checkpoints"},
    [DISK_FULL] = {"bytes free, full", 3e8, "less than one checkpoint of ResNet-101"},
    [POINTS_LEAST] = {"points of a metric before it is judged", 32, "fewer say little about a noisy loss"},
    {NULL, 0, NULL},
};

static double limit(int which) {
    return sl_health_limits[which].value;
}

// ---- lists of findings -------------------------------------------------------------------------------------------------------

typedef struct findings {
    sl_finding list[SL_FINDING_COUNT]; // one of each kind at most
    size_t count;
} findings;

static void __attribute__((format(printf, 5, 6)))
found(findings *all, sl_finding_kind kind, sl_severity severity, const char *alarm, const char *format, ...) {
    if (all->count == SL_FINDING_COUNT) return;
    sl_finding *finding = &all->list[all->count++];
    finding->kind = kind;
    finding->severity = severity;
    snprintf(finding->alarm, sizeof finding->alarm, "%s", alarm);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
}

static int worse(const void *a, const void *b) {
    const sl_finding *one = a, *other = b;
    if (one->severity != other->severity) return one->severity > other->severity ? -1 : 1;
    return (one->kind > other->kind) - (one->kind < other->kind);
}

// At most so many bytes of a text, and no half of a character.
static int whole(const char *text, int most) {
    int length = (int)strnlen(text, (size_t)most + 1);
    if (length <= most) return length;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80) most--;
    return most;
}

// ---- numbers -----------------------------------------------------------------------------------------------------------------

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double *values, size_t count) {
    if (count == 0) return NAN;
    qsort(values, count, sizeof *values, ascending);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

// The finite values of the newest `most` points, copied; returns how many.
static size_t finite_of(const sl_recent *recent, size_t most, double *out) {
    size_t count = 0, from = recent->count > most ? recent->count - most : 0;
    for (size_t i = from; i < recent->count; i++)
        if (isfinite(recent->values[i])) out[count++] = recent->values[i];
    return count;
}

// The median of the newest half of the window, or NAN where there are too few points to judge.
static double usual(const sl_recent *recent) {
    double values[SL_RECENT_MOST];
    size_t count = finite_of(recent, SL_RECENT_MOST / 2, values);
    return (double)count >= limit(POINTS_LEAST) ? median_of(values, count) : NAN;
}

// ---- rules -------------------------------------------------------------------------------------------------------------------

static void check_life(const sl_health_facts *facts, findings *all) {
    double age = facts->heartbeat_age;
    bool running = facts->state && strcmp(facts->state, "running") == 0;
    const char *error = facts->error ? facts->error : "it left no word why";
    if (facts->state && strcmp(facts->state, "diverged") == 0)
        found(all, SL_FINDING_DIVERGED, SL_SEVERITY_BAD, "diverged",
              "the run diverged (%.*s): lower optimizer.lr or method.lambda_adv, or start with sl.warmup", whole(error, 200),
              error);
    else if (facts->state && strcmp(facts->state, "failed") == 0)
        found(all, SL_FINDING_DIVERGED, SL_SEVERITY_BAD, "failed", "the run failed: %.*s", whole(error, 300), error);
    if (!running) return;
    if (facts->process_gone && age > limit(HEARTBEAT_LATE))
        found(all, SL_FINDING_HEARTBEAT, SL_SEVERITY_BAD, "process gone",
              "the process is gone without a word, %.0f s ago: `semiluna run --resume` goes on from the last checkpoint", age);
    else if (age > limit(HEARTBEAT_LOST))
        found(all, SL_FINDING_HEARTBEAT, SL_SEVERITY_BAD, "no heartbeat",
              "no sign of life for %.0f s: look at the machine it runs on, or go on from the last checkpoint with `semiluna run "
              "--resume`",
              age);
    else if (age > limit(HEARTBEAT_LATE))
        found(all, SL_FINDING_HEARTBEAT, SL_SEVERITY_WARN, "heartbeat late",
              "the last sign of life is %.0f s old; a run shows one every 10 s: its machine, or its disk, is very busy or stuck",
              age);
}

static void check_disk(const sl_health_facts *facts, findings *all) {
    if (!(facts->disk_free < limit(DISK_LOW))) return;
    bool full = facts->disk_free < limit(DISK_FULL);
    found(all, SL_FINDING_DISK, full ? SL_SEVERITY_BAD : SL_SEVERITY_WARN, full ? "disk full" : "disk nearly full",
          "only %.2f GB are left on the disk of the database (%.0f %% in use): remove old checkpoints, or set checkpoint.folder "
          "to another disk",
          facts->disk_free / 1e9, facts->disk_total > 0 ? 100 * (1 - facts->disk_free / facts->disk_total) : 100.0);
}

static void check_numbers(const sl_health_facts *facts, findings *all) {
    const struct {
        const char *name;
        const sl_recent *recent;
    } series[] = {{"seg", &facts->seg}, {"semi", &facts->semi_loss}, {"D", &facts->discriminator}};
    for (size_t k = 0; k < sizeof series / sizeof *series; k++) {
        const sl_recent *recent = series[k].recent;
        for (size_t i = recent->count; i > 0; i--) {
            if (isfinite(recent->values[i - 1])) continue;
            found(all, SL_FINDING_NAN, SL_SEVERITY_BAD, "not a number",
                  "%s was %s at step %lld: lower optimizer.lr or method.lambda_adv, or start with sl.warmup", series[k].name,
                  isnan(recent->values[i - 1]) ? "not a number" : "infinite", (long long)recent->steps[i - 1]);
            return;
        }
    }
}

// What the values right before point `at` were like: *middle their median, *spread that of how far they lie from it; false: there
// are too few. A loss that falls steeply at the start of a run is high before what it becomes, and no spike.
static bool look_before(const sl_recent *recent, size_t at, double *middle, double *spread) {
    enum { BEFORE = 32 };
    double values[BEFORE];
    size_t count = 0;
    for (size_t i = at; i > 0 && count < BEFORE; i--)
        if (isfinite(recent->values[i - 1])) values[count++] = recent->values[i - 1];
    if (!((double)count >= limit(SPIKE_BEFORE))) return false;
    *middle = median_of(values, count);
    for (size_t i = 0; i < count; i++) values[i] = fabs(values[i] - *middle);
    *spread = median_of(values, count);
    return true;
}

static void check_spikes(const sl_health_facts *facts, findings *all) {
    const sl_recent *seg = &facts->seg;
    double usually = NAN;
    size_t worst = seg->count;
    for (size_t i = 0; i < seg->count; i++) {
        double value = seg->values[i], middle, spread;
        if (!isfinite(value) || (worst < seg->count && value <= seg->values[worst])) continue;
        if (!look_before(seg, i, &middle, &spread)) continue;
        if (!(value > limit(SPIKE_FACTOR) * middle && value > middle + limit(SPIKE_SPREAD) * spread)) continue;
        worst = i;
        usually = middle;
    }
    if (worst == seg->count) return;
    found(all, SL_FINDING_SPIKE, SL_SEVERITY_WARN, "loss spike",
          "seg jumped to %.3g at step %lld (%.3g before): lower optimizer.lr, or start with sl.warmup", seg->values[worst],
          (long long)seg->steps[worst], usually);
}

static void check_discriminator(const sl_health_facts *facts, findings *all) {
    double loss = facts->adversarial ? usual(&facts->discriminator) : NAN;
    if (loss < limit(D_LEAST))
        found(all, SL_FINDING_D_STRONG, SL_SEVERITY_WARN, "D too strong",
              "the discriminator is too strong: its loss is about %.2g, below %.2g, so it teaches the network little and trusts "
              "few pixels: lower method.discriminator_lr or method.discriminator_width",
              loss, limit(D_LEAST));
    bool had_time = facts->steps > 0 && (double)facts->step >= limit(D_LEARNS) * (double)facts->steps;
    if (loss > limit(D_MOST) && (facts->semi || had_time))
        found(all, SL_FINDING_D_WEAK, SL_SEVERITY_WARN, "D too weak",
              "the discriminator guesses: its loss is about %.2g, and a coin has 0.69, so its confidence means nothing: raise "
              "method.discriminator_lr, or let the pseudo-labels wait (method.semi_start)",
              loss);
}

static void check_kept(const sl_health_facts *facts, findings *all) {
    double kept = facts->semi ? usual(&facts->kept) : NAN;
    char threshold[40] = "";
    if (isfinite(facts->threshold)) snprintf(threshold, sizeof threshold, " of %.3g", facts->threshold);
    if (kept < limit(KEPT_LEAST))
        found(all, SL_FINDING_KEPT_NOTHING, SL_SEVERITY_WARN, "keeps nothing",
              "the threshold%s keeps %.2g %% of the unlabelled pixels, so the unlabelled images teach nothing: lower "
              "method.threshold, or weaken the discriminator (method.discriminator_lr)",
              threshold, 100 * kept);
    if (kept > limit(KEPT_MOST))
        found(all, SL_FINDING_KEPT_ALL, facts->threshold == 0 ? SL_SEVERITY_NOTE : SL_SEVERITY_WARN, "keeps everything",
              "the threshold%s keeps %.4g %% of the unlabelled pixels, right or wrong: raise method.threshold", threshold,
              100 * kept);
}

static void check_drift(const sl_health_facts *facts, findings *all) {
    double labeled = usual(&facts->labeled_confidence), unlabeled = usual(&facts->unlabeled_confidence);
    double gap = labeled - unlabeled;
    if (!(fabs(gap) > limit(DRIFT_MOST))) return;
    found(all, SL_FINDING_DRIFT, SL_SEVERITY_WARN, "confidence drifts",
          "the discriminator's confidence is %.2f on labelled and %.2f on unlabelled images: %s: %s", labeled, unlabeled,
          gap > 0 ? "the network has fitted the labelled ones alone" : "it has learnt to know the labelled ones by heart",
          gap > 0 ? "raise method.lambda_semi_adv, or set method.discriminator_sees = \"all\""
                  : "lower method.discriminator_lr, or set method.discriminator_sees = \"all\"");
}

// ---- pseudo-labels by class ---------------------------------------------------------------------------------------------------

static void short_count(double pixels, char out[16]) {
    if (pixels >= 1e6)
        snprintf(out, 16, "%.1f M", pixels / 1e6);
    else if (pixels >= 1e4)
        snprintf(out, 16, "%.0f k", pixels / 1e3);
    else
        snprintf(out, 16, "%.0f", pixels);
}

static bool is_starved(const sl_class_confidence *class, double kept, double truth) {
    if (class->truth > 0 && truth > 0) {
        double due = (double)class->truth / truth;
        return due >= limit(STARVED_TRUTH) && (double)class->kept / kept < limit(STARVED_SHARE) * due;
    }
    return class->truth < 0 && class->predicted > 0 && class->kept == 0;
}

static void check_classes(const sl_health_facts *facts, findings *all) {
    if (!facts->semi) return;
    double kept = 0, truth = 0;
    for (size_t i = 0; i < facts->class_count; i++) {
        kept += (double)facts->classes[i].kept;
        if (facts->classes[i].truth > 0) truth += (double)facts->classes[i].truth;
    }
    if (!(kept > 0)) return; // that nothing is kept at all is another finding
    char names[160] = "", of[16], one[16];
    size_t length = 0, starved = 0, shown = 0;
    double got = 0;
    for (size_t i = 0; i < facts->class_count; i++) {
        const sl_class_confidence *class = &facts->classes[i];
        if (!is_starved(class, kept, truth)) continue;
        starved++;
        got += (double)class->kept;
        if (shown == 4) continue;
        const char *name = class->name ? class->name : "?";
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%.*s", shown++ ? ", " : "", whole(name, 30), name);
    }
    if (starved == 0) return;
    if (starved > shown) snprintf(names + length, sizeof names - length, " and %zu more", starved - shown);
    short_count(kept, of);
    short_count(got, one);
    char alarm[40];
    if (starved == 1)
        snprintf(alarm, sizeof alarm, "%.*s starved", whole(names, 20), names);
    else
        snprintf(alarm, sizeof alarm, "%zu classes starved", starved);
    found(all, SL_FINDING_STARVED, SL_SEVERITY_WARN, alarm,
          "%s get%s %s pseudo-labels (%s of %s kept pixels of the last evaluation): %sraise method.semi_start until %s known",
          names, starved == 1 ? "s" : "", got > 0 ? "hardly any" : "no", one, of,
          facts->threshold > 0 ? "lower method.threshold, or " : "", starved == 1 ? "it is" : "they are");
}

static void check_evaluation(const sl_health_facts *facts, findings *all) {
    if (!facts->state || strcmp(facts->state, "running") != 0) return;
    double since = (double)facts->step - (facts->last_evaluation > 0 ? (double)facts->last_evaluation : 0);
    if (facts->evaluate_every > 0 && facts->step >= 0 && facts->last_evaluation < facts->step &&
        since > limit(EVALUATION_EVERY) * (double)facts->evaluate_every + 1)
        found(all, SL_FINDING_NO_EVALUATION, SL_SEVERITY_WARN, "no evaluation",
              "no evaluation for %.0f steps although evaluate.every is %lld: does the function of `evaluate` measure anything?",
              since, (long long)facts->evaluate_every);
    else if (facts->evaluate_every <= 0 && facts->last_evaluation < 0 &&
             facts->seconds_since_evaluation > limit(EVALUATION_SECONDS))
        found(all, SL_FINDING_NO_EVALUATION, SL_SEVERITY_NOTE, "no evaluation",
              "nothing has been evaluated for %.0f minutes, and nothing will be before the end: set evaluate.every",
              facts->seconds_since_evaluation / 60);
}

// ---- all of it ---------------------------------------------------------------------------------------------------------------

void sl_health_facts_init(sl_health_facts *facts) {
    memset(facts, 0, sizeof *facts);
    facts->step = facts->steps = facts->evaluate_every = facts->last_evaluation = -1;
    facts->heartbeat_age = facts->threshold = facts->seconds_since_evaluation = NAN;
    facts->disk_free = facts->disk_total = NAN;
}

size_t sl_health_check(const sl_health_facts *facts, sl_finding *out, size_t most) {
    findings all = {.count = 0};
    check_life(facts, &all);
    check_disk(facts, &all);
    check_numbers(facts, &all);
    check_spikes(facts, &all);
    check_discriminator(facts, &all);
    check_kept(facts, &all);
    check_classes(facts, &all);
    check_drift(facts, &all);
    check_evaluation(facts, &all);
    qsort(all.list, all.count, sizeof *all.list, worse);
    size_t count = all.count < most ? all.count : most;
    memcpy(out, all.list, count * sizeof *out);
    return count;
}
