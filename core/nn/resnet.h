// The bottleneck ResNet trunk of output stride 8 (He et al., CVPR 2016; dilated as in Chen et al., TPAMI 2018).
#ifndef SL_NN_RESNET_H
#define SL_NN_RESNET_H

#include "core/nn/model_impl.h"

typedef struct sl_bottleneck {
    sl_conv conv1, conv2, conv3, project;
    sl_norm norm1, norm2, norm3, project_norm;
    bool projects; // the shortcut is a 1x1 convolution ("downsample")
} sl_bottleneck;

typedef struct sl_resnet {
    sl_conv stem;
    sl_norm stem_norm;
    sl_bottleneck *blocks;
    int block_count;
} sl_resnet;

enum { SL_RESNET_EXPANSION = 4 };

// Registers the trunk's parameters ("conv1", "bn1", "layer1" to "layer4") and fills *out. The result has 32 x base_width
// channels. sl_resnet_clear also after a failure.
sl_status sl_resnet_register(sl_model *model, const sl_deeplab_v2_options *options, sl_resnet *out);
void sl_resnet_clear(sl_resnet *resnet);

// x (N,3,H,W) -> features (N,32 base_width,h,w). `x` is not consumed.
sl_status sl_resnet_forward(const sl_resnet *resnet, sl_tensor *x, bool training, sl_tensor **out);

#endif
