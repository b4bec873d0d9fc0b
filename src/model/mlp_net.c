/* mlp_net.c: a fully connected network. */
#include "model/mlp_net.h"

#include <glib.h>
#include <math.h>
#include <string.h>

size_t mlp_wide(size_t count)
{
	return (count + MATMUL_WIDTH - 1) / MATMUL_WIDTH * MATMUL_WIDTH;
}

void mlp_net_init(MlpNet *net, const size_t *widths, size_t layers)
{
	net->count = layers;
	for (size_t l = 0; l < layers; l++) {
		MlpLayer *y = &net->layer[l];
		*y = (MlpLayer){.in = widths[l], .out = widths[l + 1]};
		y->wide_in = mlp_wide(y->in);
		y->wide = mlp_wide(y->out);
		y->cells = (y->wide_in + 1) * y->wide;
		y->weight = g_new0(float, y->cells);
	}
}

void mlp_net_draw(MlpNet *net, Rng *rng)
{
	for (size_t l = 0; l < net->count; l++) {
		MlpLayer *y = &net->layer[l];
		double spread = sqrt((l + 1 < net->count ? 2.0 : 0.1) / (double)MAX(y->in, 1));
		for (size_t i = 0; i < y->in; i++)
			for (size_t o = 0; o < y->out; o++)
				y->weight[i * y->wide + o] = (float)(spread * rng_normal(rng));
	}
}

void mlp_net_copy(const MlpNet *from, MlpNet *into)
{
	for (size_t l = 0; l < from->count; l++)
		memcpy(into->layer[l].weight, from->layer[l].weight, from->layer[l].cells * sizeof(float));
}

bool mlp_net_is_finite(const MlpNet *net)
{
	for (size_t l = 0; l < net->count; l++)
		for (size_t c = 0; c < net->layer[l].cells; c++)
			if (!isfinite(net->layer[l].weight[c]))
				return false;
	return true;
}

void mlp_net_clear(MlpNet *net)
{
	for (size_t l = 0; l < net->count; l++)
		g_free(net->layer[l].weight);
}

void mlp_flow_init(MlpFlow *f, const MlpNet *net, size_t room)
{
	*f = (MlpFlow){.room = room};
	for (size_t l = 0; l < net->count; l++)
		f->value[l] = g_new0(float, room * net->layer[l].wide_in);
	f->value[net->count] = g_new0(float, room * net->layer[net->count - 1].wide);
}

void mlp_flow_clear(MlpFlow *f)
{
	for (size_t l = 0; l < G_N_ELEMENTS(f->value); l++)
		g_free(f->value[l]);
}

static void forward_layer(const MlpLayer *y, const float *in, float *out, size_t rows)
{
	const float *intercept = y->weight + y->wide_in * y->wide;
	for (size_t r = 0; r < rows; r++)
		memcpy(out + r * y->wide, intercept, y->wide * sizeof *out);
	matmul_add((MatmulLeft){in, y->wide_in, 1}, y->weight, out, (MatmulShape){rows, y->in, y->wide});
}

void mlp_forward(const MlpNet *net, MlpFlow *f, size_t rows)
{
	for (size_t l = 0; l < net->count; l++) {
		float *out = f->value[l + 1];
		forward_layer(&net->layer[l], f->value[l], out, rows);
		for (size_t c = 0; l + 1 < net->count && c < rows * net->layer[l].wide; c++)
			out[c] = out[c] > 0 ? out[c] : 0;
	}
}
