// Walking the golden set: what PyTorch computed, as safetensors files listed by an index.json.
//
// The folder is $SEMILUNA_GOLDEN, or ../shared/golden beside the source; where it is absent a test is skipped (exit 77). Whatever
// the index lists is walked, so another set in the same format can be checked; an entry that no test understands is named as
// skipped, never passed over.
#ifndef SL_TEST_GOLDEN_H
#define SL_TEST_GOLDEN_H

#include "core/io/safetensors.h"
#include "tests/support/compare.h"

#include <jansson.h>

// Which test an entry belongs to.
typedef enum sl_golden_family {
    SL_GOLDEN_OPS,
    SL_GOLDEN_LOSSES,
    SL_GOLDEN_OPTIMIZERS,
    SL_GOLDEN_MODELS,
    SL_GOLDEN_METRICS,
    SL_GOLDEN_RESIZE,
    SL_GOLDEN_METHODS,     // training trajectories: a Lua test
    SL_GOLDEN_CHECKPOINTS, // what PyTorch checkpoint files hold
    SL_GOLDEN_UNKNOWN,
} sl_golden_family;

typedef struct sl_golden_case {
    const char *folder;
    json_t *index, *entry;
    const char *file;         // the entry's, relative to the folder
    sl_safetensors *tensors;  // that file
    sl_comparison comparison; // with the entry's tolerance; the body adds to it
    const char *skipped;      // set by the body instead of comparing: why
} sl_golden_case;

// Checks one entry. An error is a failure of the case, with the core's message.
typedef sl_status (*sl_golden_body)(sl_golden_case *golden);

typedef struct sl_golden_test {
    sl_golden_family family;
    sl_golden_body body;
    double floor;       // least tolerance; else SL_GOLDEN_FACTOR times the entry's relative_spread_f32_f64
    bool any_backend;   // no op is run, so once is enough; else every backend of the build
    bool report_others; // also name the entries that no golden test in C understands
} sl_golden_test;

// How many times the spread between PyTorch's own float32 and float64 results a result may be off.
#define SL_GOLDEN_FACTOR 10.0

// Runs the test over all its entries (whose file name contains `only`, unless that is NULL), a line each; returns the exit
// status.
int sl_golden_run(const sl_golden_test *test, const char *only);

sl_golden_family sl_golden_family_of(json_t *entry);

// Values of an entry; `fallback` where there is none.
double sl_golden_number(json_t *entry, const char *key, double fallback); // numbers, numbers in strings, true and false
const char *sl_golden_text(json_t *entry, const char *key, const char *fallback);

// Runs the op of an entry of the families OPS and LOSSES forward and backward and compares all that its file holds.
sl_status sl_golden_op_check(sl_golden_case *golden);
// Whether this is a known name of the index for an op.
bool sl_golden_op_known(const char *name, sl_golden_family *family);
// Opens the file of another entry of the same folder.
sl_status sl_golden_open(const sl_golden_case *golden, const char *file, sl_safetensors **out);

#endif
