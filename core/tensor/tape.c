#include "core/tensor/tape.h"
#include "core/backend/dispatch.h"
#include "core/base/memory.h"
#include "core/tensor/tape_impl.h"

#include <stdlib.h>

// Where the gradient of an input goes: to an output of an earlier record, or to a leaf; or nowhere.
typedef struct edge {
    sl_node *node;
    int slot;
    sl_tensor *leaf;
} edge;

struct sl_node {
    atomic_int references;
    bool reached; // by the walk in progress
    bool spent;   // its backward has run
    uint64_t sequence;
    sl_op op;
    sl_op_attributes attributes;
    edge edges[SL_OP_MAX_INPUTS];
    sl_shape in_shape[SL_OP_MAX_INPUTS];
    sl_tensor *in[SL_OP_MAX_INPUTS]; // what info->save asks for
    sl_tensor *out[SL_OP_MAX_OUTPUTS];
    sl_tensor *grad_out[SL_OP_MAX_OUTPUTS]; // summed so far
    sl_node *next_freed;
};

static atomic_uint_fast64_t sequence_counter;
static _Thread_local bool grad_off, frozen;

bool sl_grad_set(bool on) {
    bool before = !grad_off;
    grad_off = !on;
    return before;
}

bool sl_grad_get(void) {
    return !grad_off;
}

bool sl_freeze_set(bool on) {
    bool before = frozen;
    frozen = on;
    return before;
}

static void release_contents(sl_node *node) {
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) {
        sl_tensor *in = node->in[i], *leaf = node->edges[i].leaf;
        sl_node *earlier = node->edges[i].node;
        node->in[i] = NULL;
        node->edges[i] = (edge){0};
        sl_tensor_free(in);
        sl_tensor_free(leaf);
        sl_node_free(earlier);
    }
    for (int i = 0; i < SL_OP_MAX_OUTPUTS; i++) {
        sl_tensor_free(node->out[i]);
        sl_tensor_free(node->grad_out[i]);
        node->out[i] = node->grad_out[i] = NULL;
    }
}

// Records form chains as long as a script likes; they are freed by a loop, not by recursion.
void sl_node_free(sl_node *node) {
    static _Thread_local sl_node *pending;
    static _Thread_local bool draining;
    if (!node || atomic_fetch_sub(&node->references, 1) != 1) return;
    node->next_freed = pending;
    pending = node;
    if (draining) return;
    draining = true;
    while (pending) {
        sl_node *freed = pending;
        pending = freed->next_freed;
        release_contents(freed);
        sl_free(freed);
    }
    draining = false;
}

sl_status sl_tensor_set_requires_grad(sl_tensor *tensor, bool on) {
    if (on && tensor->producer)
        return sl_error(SL_ERR_ARGUMENT, "only a leaf can be asked to require a gradient; detach the tensor first");
    if (on && tensor->dtype != SL_F32)
        return sl_error(SL_ERR_ARGUMENT, "only f32 tensors have gradients, not %s", sl_dtype_name(tensor->dtype));
    tensor->requires_grad = on;
    return SL_OK;
}

bool sl_tensor_requires_grad(const sl_tensor *tensor) {
    return tensor->requires_grad || tensor->producer;
}

sl_tensor *sl_tensor_grad(const sl_tensor *tensor) {
    return tensor->grad;
}

void sl_tensor_clear_grad(sl_tensor *tensor) {
    sl_tensor_free(tensor->grad);
    tensor->grad = NULL;
}

static bool wants_gradient(const sl_tensor *tensor) {
    return tensor->producer || (tensor->requires_grad && !frozen);
}

sl_status sl_tape_record(const sl_op_call *call, sl_tensor *const *inputs) {
    const sl_op_info *info = sl_op_info_get(call->op);
    if (grad_off || !info->differentiable) return SL_OK;
    bool wanted = false;
    for (int i = 0; i < info->most_inputs; i++)
        if (inputs[i] && info->differentiable >> i & 1 && inputs[i]->dtype == SL_F32) wanted |= wants_gradient(inputs[i]);
    if (!wanted) return SL_OK;

    sl_node *node = sl_calloc(1, sizeof *node);
    if (!node) return sl_error(SL_ERR_MEMORY, "out of memory for a record of %s", info->name);
    atomic_init(&node->references, 1);
    node->sequence = atomic_fetch_add(&sequence_counter, 1);
    node->op = call->op;
    node->attributes = call->attributes;
    sl_status status = SL_OK;
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) {
        node->in_shape[i] = call->in_shape[i];
        if (i >= info->most_inputs || !inputs[i]) continue;
        // Kept without history: the edges hold the earlier records, and a spent record must not be kept alive by its data.
        if (info->save >> i & 1 && status == SL_OK) status = sl_tensor_detach(inputs[i], &node->in[i]);
        if (!(info->differentiable >> i & 1) || inputs[i]->dtype != SL_F32 || !wants_gradient(inputs[i])) continue;
        if (inputs[i]->producer) {
            node->edges[i] = (edge){.node = inputs[i]->producer, .slot = inputs[i]->slot};
            atomic_fetch_add(&inputs[i]->producer->references, 1);
        } else {
            node->edges[i].leaf = sl_tensor_retain(inputs[i]);
        }
    }
    unsigned save_out = info->save >> 8;
    if (info->save & SL_SAVE_OUT0_IF_RELU && call->attributes.relu) save_out |= 1;
    for (int i = 0; i < info->outputs && status == SL_OK; i++)
        if (save_out >> i & 1) status = sl_tensor_detach(call->out[i], &node->out[i]);
    if (status == SL_OK) {
        for (int i = 0; i < info->outputs; i++) {
            if (call->out[i]->dtype != SL_F32) continue;
            call->out[i]->producer = node;
            call->out[i]->slot = i;
            atomic_fetch_add(&node->references, 1);
        }
    }
    sl_node_free(node);
    return status;
}

// Adds `gradient` (consumed) to `*sum`.
static sl_status add_gradient(sl_tensor **sum, sl_tensor *gradient) {
    if (!*sum) {
        *sum = gradient;
        return SL_OK;
    }
    sl_backend_get()->accumulate(sl_tensor_f32(*sum), sl_tensor_f32(gradient), sl_tensor_count(gradient));
    sl_tensor_free(gradient);
    return SL_OK;
}

static sl_status run_node(sl_node *node) {
    const sl_op_info *info = sl_op_info_get(node->op);
    sl_op_call call = {.op = node->op, .attributes = node->attributes};
    bool any = false;
    for (int i = 0; i < SL_OP_MAX_OUTPUTS; i++) {
        call.out[i] = node->out[i];
        call.grad_out[i] = node->grad_out[i];
        any |= node->grad_out[i] != NULL;
    }
    sl_status status = SL_OK;
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) {
        call.in[i] = node->in[i];
        call.in_shape[i] = node->in_shape[i];
        if (any && status == SL_OK && (node->edges[i].node || node->edges[i].leaf))
            status = sl_tensor_new(SL_F32, node->in_shape[i], &call.grad_in[i]);
    }
    if (any && status == SL_OK) {
        if (node->spent)
            status = sl_error(SL_ERR_ARGUMENT, "%s: its record was used by an earlier backward; run the forward pass again",
                              info->name);
        else
            status = sl_dispatch_backward(&call);
    }
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) {
        if (!call.grad_in[i]) continue;
        edge *to = &node->edges[i];
        if (status == SL_OK)
            status = add_gradient(to->leaf ? &to->leaf->grad : &to->node->grad_out[to->slot], call.grad_in[i]);
        else
            sl_tensor_free(call.grad_in[i]);
    }
    return status;
}

static int newest_first(const void *a, const void *b) {
    uint64_t x = (*(sl_node *const *)a)->sequence, y = (*(sl_node *const *)b)->sequence;
    return x < y ? 1 : x > y ? -1 : 0;
}

// All records that `root` depends on, newest first. The list holds a reference to each.
static sl_status collect(sl_node *root, sl_node ***list_out, size_t *count_out) {
    size_t count = 0, capacity = 64;
    sl_node **list = sl_malloc(capacity * sizeof *list);
    if (!list) return sl_error(SL_ERR_MEMORY, "out of memory for the walk back");
    list[count++] = root;
    root->reached = true;
    sl_status status = SL_OK;
    for (size_t i = 0; i < count && status == SL_OK; i++)
        for (int e = 0; e < SL_OP_MAX_INPUTS; e++) {
            sl_node *earlier = list[i]->edges[e].node;
            if (!earlier || earlier->reached) continue;
            if (count == capacity) {
                sl_node **larger = sl_realloc(list, 2 * capacity * sizeof *list);
                if (!larger) {
                    status = sl_error(SL_ERR_MEMORY, "out of memory for the walk back");
                    break;
                }
                list = larger;
                capacity *= 2;
            }
            earlier->reached = true;
            list[count++] = earlier;
        }
    for (size_t i = 0; i < count; i++) {
        list[i]->reached = false;
        atomic_fetch_add(&list[i]->references, 1);
    }
    qsort(list, count, sizeof *list, newest_first);
    *list_out = list;
    *count_out = count;
    return status;
}

static sl_status backward(sl_tensor *output, sl_tensor *gradient) { // consumes gradient
    sl_node *root = output->producer;
    if (!root) { // a leaf, or nothing was recorded
        if (output->requires_grad) return add_gradient(&output->grad, gradient);
        sl_tensor_free(gradient);
        return sl_error(SL_ERR_ARGUMENT, "backward from a tensor that depends on nothing that requires a gradient");
    }
    sl_node **list = NULL;
    size_t count = 0;
    sl_status status = collect(root, &list, &count);
    if (status == SL_OK)
        status = add_gradient(&root->grad_out[output->slot], gradient);
    else
        sl_tensor_free(gradient);
    for (size_t i = 0; i < count; i++) {
        if (status == SL_OK) status = run_node(list[i]);
        list[i]->spent = true;
        release_contents(list[i]); // frees the activations it kept
        sl_node_free(list[i]);
    }
    sl_free(list);
    return status;
}

sl_status sl_backward(sl_tensor *loss, double scale) {
    char text[96];
    if (sl_tensor_count(loss) != 1 || loss->dtype != SL_F32)
        return sl_error(SL_ERR_ARGUMENT, "backward starts from one number, not from %s", sl_shape_text(loss->shape, text));
    sl_tensor *gradient;
    SL_TRY(sl_tensor_new_full(SL_F32, loss->shape, scale, &gradient));
    return backward(loss, gradient);
}

sl_status sl_backward_from(sl_tensor *output, const sl_tensor *gradient) {
    char have[96], want[96];
    if (!sl_shape_equal(output->shape, gradient->shape) || gradient->dtype != SL_F32)
        return sl_error(SL_ERR_ARGUMENT, "a gradient of %s for a tensor of %s", sl_shape_text(gradient->shape, have),
                        sl_shape_text(output->shape, want));
    sl_tensor *copy;
    SL_TRY(sl_tensor_new_copy(gradient, &copy));
    return backward(output, copy);
}
