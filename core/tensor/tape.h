// Gradients.
//
// sl_op_run records what it did with the outputs it returns; sl_backward walks the records from a loss back to the leaves, newest
// first, frees each record (and the activations it kept) as soon as it has been used, and adds to the gradients of the leaves.
#ifndef SL_TENSOR_TAPE_H
#define SL_TENSOR_TAPE_H

#include "core/tensor/tensor.h"

// Marks a leaf (a parameter, or an input whose gradient is wanted). Off by default. Fails on a tensor made by a recorded op.
sl_status sl_tensor_set_requires_grad(sl_tensor *tensor, bool on);
bool sl_tensor_requires_grad(const sl_tensor *tensor); // a leaf that wants one, or made by a recorded op

// The gradient that backward has summed into this leaf, borrowed; NULL when there is none yet.
sl_tensor *sl_tensor_grad(const sl_tensor *tensor);
void sl_tensor_clear_grad(sl_tensor *tensor); // the gradient is gone, as if never computed

// Computes the gradients of `loss` (one element, f32) times `scale` for all leaves it depends on, and frees its records.
sl_status sl_backward(sl_tensor *loss, double scale);
// The same from any tensor and the gradient of it that is given.
sl_status sl_backward_from(sl_tensor *output, const sl_tensor *gradient);

// While off (nested, per thread), nothing is recorded. `sl_grad_set(false)` returns the previous setting.
bool sl_grad_set(bool on);
bool sl_grad_get(void);

// While frozen (per thread), leaves in use are taken as constants: ops on other tensors are recorded, the leaves get no gradient.
// For the discriminator while the segmentation network is trained against it. Returns the previous setting.
bool sl_freeze_set(bool on);

#endif
