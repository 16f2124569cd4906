// The Lua host from C: arguments, exit statuses, and every allocation failing once under the bindings.
#include "core/base/memory.h"
#include "core/tensor/allocator.h"
#include "core/tensor/tape.h"
#include "lua/host.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *folder;

static const char *write_file(const char *name, const char *text) {
    const char *path = sl_test_path(folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
    return path;
}

// Sends one of the standard streams into a file for a while.
typedef struct redirection {
    FILE *stream;
    int saved;
} redirection;

static redirection redirect(FILE *stream, const char *path) {
    fflush(stream);
    redirection back = {stream, dup(fileno(stream))};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(back.saved >= 0 && dup2(fileno(file), fileno(stream)) >= 0);
    fclose(file);
    return back;
}

static void restore(redirection back) {
    fflush(back.stream);
    assert_true(dup2(back.saved, fileno(back.stream)) >= 0);
    close(back.saved);
}

static void read_file(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

// ---- calling
// --------------------------------------------------------------------------------------------------------------------

static const char module_text[] = "local m = {}\n"
                                  "function m.check(a)\n"
                                  "  assert(a.one == '1' and a.absent == nil)\n"
                                  "  assert(type(a.set) == 'table' and #a.set == 3 and a.set[1] == 'a=1' and a.set[3] == 'c=3')\n"
                                  "  return 7\n"
                                  "end\n"
                                  "function m.nothing() end\n"
                                  "function m.refuse() return false end\n"
                                  "function m.text() return 'x' end\n"
                                  "function m.fail() error 'plain' end\n"
                                  "function m.usage() error { usage = true, message = 'wrong use' } end\n"
                                  "function m.odd() error() end\n"
                                  "return m\n";

static int call_reported(lua_State *L, const char *function, char *message, size_t size) {
    const char *path = sl_test_path(folder, "stderr");
    redirection back = redirect(stderr, path);
    int status = sl_host_call(L, "module", function, NULL, 0);
    restore(back);
    read_file(path, message, size);
    return status;
}

static void test_call(void **state) {
    write_file("module.lua", module_text);
    char path[4096], message[1024];
    snprintf(path, sizeof path, "%s/?.lua", folder);
    setenv("LUA_PATH", path, 1);
    lua_State *L = NULL;
    assert_ok(sl_host_new(&L));
    const sl_host_argument arguments[] = {{"set", "a=1"}, {"one", "1"}, {"set", "b=2"}, {"set", "c=3"}};
    assert_int_equal(sl_host_call(L, "module", "check", arguments, 4), 7);
    assert_int_equal(sl_host_call(L, "module", "nothing", NULL, 0), 0);
    assert_int_equal(sl_host_call(L, "module", "refuse", NULL, 0), 1);
    assert_int_equal(call_reported(L, "fail", message, sizeof message), 1);
    assert_non_null(strstr(message, "module.lua:10: plain\n"));
    assert_int_equal(call_reported(L, "usage", message, sizeof message), 2);
    assert_string_equal(message, "wrong use\n");
    assert_int_equal(call_reported(L, "odd", message, sizeof message), 1);
    assert_string_equal(message, "nil\n");
    assert_int_equal(call_reported(L, "text", message, sizeof message), 1);
    assert_non_null(strstr(message, "no exit status"));
    assert_int_equal(call_reported(L, "absent", message, sizeof message), 1);
    assert_int_equal(sl_host_call(L, "module", "check", arguments, 4), 7); // still well after errors
    sl_host_free(L);
    unsetenv("LUA_PATH");
    sl_host_free(NULL);
}

// Two states, one after the other and at once, share no pressure hook.
static void test_two_states(void **state) {
    const char *path = write_file("two.lua", "local core = require 'semiluna.core'\n"
                                             "for i = 1, 60 do local t = core.tensor { shape = { 1 << 20 } } end\n"
                                             "assert(core.memory().now < 150 << 20)\n");
    lua_State *first = NULL, *second = NULL;
    assert_ok(sl_host_new(&first));
    assert_ok(sl_host_new(&second));
    assert_int_equal(sl_host_file(second, path, 0, NULL), 0);
    sl_host_free(first);
    assert_int_equal(sl_host_file(second, path, 0, NULL), 0);
    sl_host_free(second);
    assert_int_equal(sl_memory_stats_get().now, 0);
}

// ---- every allocation fails once
// ------------------------------------------------------------------------------------------------

// A little of everything. The argument is a folder to write to. What fails is an error of the script; a finalizer or a second use
// must find things in order.
static const char script_text[] =
    "local core = require 'semiluna.core'\n"
    "local ops, folder = core.ops, ...\n"
    "local function work()\n"
    "  local model = core.deeplab_v2 { classes = 2, blocks = { 1, 1, 1, 1 }, base_width = 2, rates = 1, branches = 1 }\n"
    "  local judge = core.discriminator { classes = 2, base_width = 1 }\n"
    "  local optimizer = core.optimizer(model, { kind = 'sgd', momentum = 0.9 })\n"
    "  local own = core.optimizer({ core.scalar(1):requires_grad(true) }, { kind = 'adam' })\n"
    "  local data = core.synthetic { width = 12, height = 12, classes = 2, count = 4 }\n"
    "  local loader = core.loader(data:subset { 2, 3 }, { crop = 9, threads = 0 })\n"
    "  core.scope(function()\n"
    "    local images, labels = loader:next()\n"
    "    local logits = model(images, true)\n"
    "    local s = logits:shape()\n"
    "    local big = ops.bilinear(logits, { height = 9, width = 9 })\n"
    "    local loss = ops.cross_entropy(big, labels)\n"
    "    local faked = core.frozen(judge, ops.bilinear(ops.softmax(big), { height = 32, width = 32 }))\n"
    "    loss:backward()\n"
    "    optimizer:step(0.1)\n"
    "    own:step(0.1)\n"
    "    local confusion = core.confusion(2)\n"
    "    core.no_grad(function() confusion:add(labels, ops.argmax(big)) end)\n"
    "    confusion:table()\n"
    "    return loss:item()\n"
    "  end)\n"
    "  local writer = core.checkpoint_writer()\n"
    "  writer:model('m.', model)\n"
    "  writer:optimizer('o.', optimizer)\n"
    "  writer:meta('k', core.system.json_encode { a = { 1, 2 }, b = 'c' })\n"
    "  writer:save(folder .. '/c.safetensors')\n"
    "  local file <close> = core.checkpoint_open(folder .. '/c.safetensors')\n"
    "  file:model('m.', model)\n"
    "  file:optimizer('o.', optimizer)\n"
    "  core.system.json_decode(file:meta 'k')\n"
    "  local t = core.tensor { shape = { 1, 1, 2, 2 }, data = { 1, 2, 3, 4 } }\n"
    "  core.write_png(folder .. '/t.png', t)\n"
    "  pcall(ops.conv2d, t, t, { strid = 1 })\n"
    "  pcall(core.tensor, { shpe = 1 })\n"
    "  local split = { core.split_fraction(4, 0.5, 1) }\n"
    "  return t:slice(1):reshape { 1, 4 }:to('bf16'):table(), tostring(t), t:clone(), t + t * 2 - 1\n"
    "end\n"
    "work()\n";

static atomic_long countdown; // allocations until the failures
static atomic_bool once;      // one failure, or all from there on

static bool fail_when_due(void *user, size_t size) {
    long left = atomic_fetch_sub(&countdown, 1);
    return left > 0 || (atomic_load(&once) && left < 0);
}

static int run_script(const char *path) {
    lua_State *L = NULL;
    if (sl_host_new(&L) != SL_OK) return 1;
    char *arguments[] = {(char *)folder};
    int status = sl_host_file(L, path, 1, arguments);
    atomic_store(&countdown, 1L << 40); // closing frees; the finalizers may allocate
    sl_host_free(L);
    return status;
}

static void fail_each(const char *path, bool only_once) {
    long total = 0, failed = 0, runs = 0;
    atomic_store(&once, only_once);
    atomic_store(&countdown, 1L << 40);
    sl_memory_hook_set(fail_when_due, NULL);
    assert_int_equal(run_script(path), 0);
    lua_State *L = NULL;
    assert_ok(sl_host_new(&L));
    char *arguments[] = {(char *)folder};
    atomic_store(&countdown, 1L << 40);
    assert_int_equal(sl_host_file(L, path, 1, arguments), 0);
    total = (1L << 40) - atomic_load(&countdown);
    sl_host_free(L);
    // All of them where that is quick, else a prime stride through them, starting elsewhere for each kind of failure.
    long most = getenv("SEMILUNA_SANITIZED") ? 250 : 600, stride = total / most + 1;
    if (stride > 1 && stride % 2 == 0) stride++;
    redirection back = redirect(stderr, "/dev/null");
    for (long i = only_once ? 1 : 1 + stride / 2; i < total + 50; i += stride, runs++) {
        sl_memory_trim(); // so that tensors ask the system again
        atomic_store(&countdown, i);
        failed += run_script(path) != 0;
        if (sl_memory_stats_get().now != 0) fail_msg("%zu bytes of tensors left after failure %ld", sl_memory_stats_get().now, i);
        if (!sl_grad_get()) fail_msg("gradients are off after failure %ld", i);
    }
    sl_memory_hook_set(NULL, NULL);
    restore(back);
    printf("%s: %ld allocations, %ld places tried, %ld ended with an error\n", only_once ? "one failure" : "all from one on",
           total, runs, failed);
    assert_true(runs > 100 && failed > runs / 20);
    assert_int_equal(run_script(path), 0); // nothing is broken for those who come after
}

static void test_one_failure(void **state) {
    fail_each(write_file("work.lua", script_text), true);
}
static void test_no_more_memory(void **state) {
    fail_each(write_file("work.lua", script_text), false);
}

static int make_folder(void **state) {
    // Checkpoints are synced to the disk, thousands of times here: in memory where there is such a folder.
    if (!getenv("TMPDIR") && access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 1);
    folder = sl_test_folder();
    return 0;
}

static int remove_folder(void **state) {
    sl_test_folder_remove(folder);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call),
        cmocka_unit_test(test_two_states),
        cmocka_unit_test(test_one_failure),
        cmocka_unit_test(test_no_more_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
