#include "core/backend/cpu/primitive.h"
#include "core/base/memory.h"
#include "core/base/thread.h"

#include <omp.h>
#include <pthread.h>
#include <string.h>

// Enough for the layers of a large network at two sizes; evaluation on images of many sizes replaces the least recently used.
enum { BUCKETS = 256, MOST = 384 };

typedef struct entry {
    struct entry *next; // in its bucket
    sl_primitive_key key;
    uint64_t used;
    bool unsupported;
    sl_primitive primitive;
} entry;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static entry *buckets[BUCKETS];
static int entries;
static uint64_t clock_now;
static dnnl_primitive_attr_t attributes;

static unsigned bucket_of(const sl_primitive_key *key) {
    uint64_t hash = 1469598103934665603u; // FNV-1a over the numbers
    for (size_t i = 0; i < sizeof key->number / sizeof *key->number; i++) {
        hash ^= (uint64_t)key->number[i];
        hash *= 1099511628211u;
    }
    return (unsigned)(hash >> 32) % BUCKETS;
}

static void destroy(sl_primitive *p) {
    for (int i = 0; i < p->count; i++) {
        dnnl_memory_destroy(p->arguments[i].memory);
        dnnl_memory_destroy(p->arguments[i].plain);
        if (p->arguments[i].reorder) dnnl_primitive_destroy(p->arguments[i].reorder);
    }
    dnnl_memory_destroy(p->scratchpad);
    if (p->primitive) dnnl_primitive_destroy(p->primitive);
}

static void drop_oldest(void) {
    entry **oldest = NULL;
    for (int b = 0; b < BUCKETS; b++)
        for (entry **at = &buckets[b]; *at; at = &(*at)->next)
            if (!oldest || (*at)->used < (*oldest)->used) oldest = at;
    if (!oldest) return;
    entry *dropped = *oldest;
    *oldest = dropped->next;
    destroy(&dropped->primitive);
    sl_free(dropped);
    entries--;
}

static sl_status find_or_make(sl_primitive_key key, sl_primitive_maker make, const void *context, sl_primitive **out) {
    key.number[13] = sl_threads_get();
    unsigned bucket = bucket_of(&key);
    entry *found = buckets[bucket];
    while (found && memcmp(&found->key, &key, sizeof key) != 0) found = found->next;
    if (!found) {
        if (!sl_onednn_stream()) return sl_error(SL_ERR_LIBRARY, "oneDNN has no CPU engine on this machine");
        found = sl_calloc(1, sizeof *found);
        if (!found) return sl_error(SL_ERR_MEMORY, "out of memory for a oneDNN primitive");
        found->key = key;
        sl_status status = make(context, &found->primitive);
        if (status != SL_OK) {
            destroy(&found->primitive);
            found->primitive = (sl_primitive){.count = 0};
        }
        if (status != SL_OK && status != SL_ERR_UNSUPPORTED) {
            sl_free(found);
            return status;
        }
        found->unsupported = status == SL_ERR_UNSUPPORTED;
        if (entries == MOST) drop_oldest();
        found->next = buckets[bucket];
        buckets[bucket] = found;
        entries++;
    }
    found->used = ++clock_now;
    *out = &found->primitive;
    return found->unsupported ? SL_ERR_UNSUPPORTED : SL_OK;
}

sl_status sl_primitive_begin(const sl_primitive_key *key, sl_primitive_maker make, const void *context, sl_primitive **out) {
    // oneDNN takes the calling thread's OpenMP setting, when it makes a primitive and when it runs it.
    if (omp_get_max_threads() != sl_threads_get()) omp_set_num_threads(sl_threads_get());
    pthread_mutex_lock(&lock);
    sl_status status = find_or_make(*key, make, context, out);
    if (status != SL_OK) pthread_mutex_unlock(&lock);
    return status;
}

void sl_primitive_end(void) {
    pthread_mutex_unlock(&lock);
}

static sl_status scratch_new(size_t bytes, sl_tensor **out) {
    return bytes ? sl_tensor_new(SL_U8, sl_shape_vector((int64_t)bytes), out) : SL_OK;
}

static sl_status copy(const sl_primitive_argument *a, dnnl_memory_t from, dnnl_memory_t to) {
    dnnl_exec_arg_t arguments[2] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    SL_DNNL(dnnl_primitive_execute(a->reorder, sl_onednn_stream(), 2, arguments));
    return SL_OK;
}

// Gives the argument its data: the caller's, or the scratch memory that the caller's is copied to (an output: from, later).
static sl_status prepare(const sl_primitive_argument *a, void *data, sl_tensor **scratch) {
    void *own = data;
    if (a->reorder) {
        SL_TRY(scratch_new(a->bytes, scratch));
        own = sl_tensor_data(*scratch);
        SL_DNNL(dnnl_memory_set_data_handle(a->plain, data));
    }
    SL_DNNL(dnnl_memory_set_data_handle(a->memory, own));
    return a->reorder && !a->output ? copy(a, a->plain, a->memory) : SL_OK;
}

static sl_status run(sl_primitive *p, void *const data[SL_PRIMITIVE_ARGUMENTS], sl_tensor *scratch[SL_PRIMITIVE_ARGUMENTS + 1]) {
    dnnl_exec_arg_t arguments[SL_PRIMITIVE_ARGUMENTS + 1];
    int count = p->count;
    for (int i = 0; i < p->count; i++) {
        SL_TRY(prepare(&p->arguments[i], data[i], &scratch[i]));
        arguments[i] = (dnnl_exec_arg_t){p->arguments[i].name, p->arguments[i].memory};
    }
    if (p->scratchpad) {
        SL_TRY(scratch_new(p->scratchpad_bytes, &scratch[SL_PRIMITIVE_ARGUMENTS]));
        SL_DNNL(dnnl_memory_set_data_handle(p->scratchpad, sl_tensor_data(scratch[SL_PRIMITIVE_ARGUMENTS])));
        arguments[count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, p->scratchpad};
    }
    SL_DNNL(dnnl_primitive_execute(p->primitive, sl_onednn_stream(), count, arguments));
    for (int i = 0; i < p->count; i++)
        if (p->arguments[i].reorder && p->arguments[i].output)
            SL_TRY(copy(&p->arguments[i], p->arguments[i].memory, p->arguments[i].plain));
    SL_DNNL(dnnl_stream_wait(sl_onednn_stream()));
    return SL_OK;
}

sl_status sl_primitive_run(sl_primitive *p, void *const data[SL_PRIMITIVE_ARGUMENTS]) {
    sl_tensor *scratch[SL_PRIMITIVE_ARGUMENTS + 1] = {NULL};
    sl_status status = run(p, data, scratch);
    for (int i = 0; i <= SL_PRIMITIVE_ARGUMENTS; i++) sl_tensor_free(scratch[i]);
    return status;
}

static sl_status add_reorder(sl_primitive_argument *a, const_dnnl_memory_desc_t wanted, const_dnnl_memory_desc_t plain) {
    dnnl_engine_t engine = sl_onednn_engine();
    dnnl_primitive_desc_t desc;
    SL_DNNL(
        dnnl_reorder_primitive_desc_create(&desc, a->output ? wanted : plain, engine, a->output ? plain : wanted, engine, NULL));
    dnnl_status_t status = dnnl_primitive_create(&a->reorder, desc);
    dnnl_primitive_desc_destroy(desc);
    SL_DNNL(status);
    SL_DNNL(dnnl_memory_create(&a->plain, plain, engine, DNNL_MEMORY_NONE));
    a->bytes = dnnl_memory_desc_get_size(wanted);
    return SL_OK;
}

sl_status sl_primitive_add(sl_primitive *p, const_dnnl_primitive_desc_t desc, int name, bool output,
                           const_dnnl_memory_desc_t plain) {
    const_dnnl_memory_desc_t wanted = dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, name);
    if (!wanted) return sl_error(SL_ERR_LIBRARY, "oneDNN: no memory descriptor for argument %d", name);
    sl_primitive_argument *a = &p->arguments[p->count++];
    *a = (sl_primitive_argument){.name = name, .output = output};
    SL_DNNL(dnnl_memory_create(&a->memory, wanted, sl_onednn_engine(), DNNL_MEMORY_NONE));
    return dnnl_memory_desc_equal(wanted, plain) ? SL_OK : add_reorder(a, wanted, plain);
}

sl_status sl_primitive_add_scratchpad(sl_primitive *p, const_dnnl_primitive_desc_t desc) {
    const_dnnl_memory_desc_t md = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
    p->scratchpad_bytes = md ? dnnl_memory_desc_get_size(md) : 0;
    if (p->scratchpad_bytes) SL_DNNL(dnnl_memory_create(&p->scratchpad, md, sl_onednn_engine(), DNNL_MEMORY_NONE));
    return SL_OK;
}

sl_status sl_primitive_attributes(const_dnnl_primitive_attr_t *out) { // called with the lock held
    if (!attributes) {
        SL_DNNL(dnnl_primitive_attr_create(&attributes));
        SL_DNNL(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user));
    }
    *out = attributes;
    return SL_OK;
}
