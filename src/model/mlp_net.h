/* mlp_net.h: a fully connected network: sums, rectified, layer after layer; the last layer is not rectified.
 *
 * Widths are kept rounded up to MATMUL_WIDTH, the rest of each row of weights being 0 and staying so. */
#pragma once

#include <stdbool.h>

#include "base/rng.h"
#include "model/matmul.h"

enum { MLP_LAYERS = 5, MLP_WIDTH = 1024 };

typedef struct MlpLayer {
	size_t in, out;       /* as counted */
	size_t wide_in, wide; /* rounded up */
	float *weight;        /* wide_in x wide, then `wide` intercepts */
	size_t cells;         /* of both */
} MlpLayer;

typedef struct MlpNet {
	size_t count;
	MlpLayer layer[MLP_LAYERS];
} MlpNet;

size_t mlp_wide(size_t count);
void mlp_net_init(MlpNet *net, const size_t *widths, size_t layers); /* widths: layers + 1; weights 0 */
void mlp_net_draw(MlpNet *net, Rng *rng);                            /* He's normal weights */
void mlp_net_copy(const MlpNet *from, MlpNet *into);                 /* of the same shape */
bool mlp_net_is_finite(const MlpNet *net);
void mlp_net_clear(MlpNet *net);

/* What a layer computed for each row of a batch; of layer 0: the inputs. */
typedef struct MlpFlow {
	size_t room;
	float *value[MLP_LAYERS + 1];
} MlpFlow;

void mlp_flow_init(MlpFlow *f, const MlpNet *net, size_t room);
void mlp_flow_clear(MlpFlow *f);

/* From value[0] to value[count]. */
void mlp_forward(const MlpNet *net, MlpFlow *f, size_t rows);
