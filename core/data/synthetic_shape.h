// The shapes of the synthetic scenes: outline and texture. Integer arithmetic alone, so that a scene is the same bytes
// everywhere.
#ifndef SL_DATA_SYNTHETIC_SHAPE_H
#define SL_DATA_SYNTHETIC_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

enum { SL_SHAPE_CLASSES = 16, SL_SHAPE_UNIT = 1024 };

// "background", "circle", ...
extern const char *const sl_shape_names[SL_SHAPE_CLASSES];

// Whether the point lies in the shape of class 1 to 15; u and v are in the shape's own axes, SL_SHAPE_UNIT to its radius.
bool sl_shape_covers(int class_index, int u, int v);

// Weight 0 to 256 of the shape's second colour. u and v as above, in pixels x 16.
int sl_shape_texture(int class_index, int u, int v, int period);

#endif
