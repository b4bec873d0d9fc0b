/* knn_search.c: the nearest points, by brute force. */
#include "model/knn_search.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/matmul.h"

#define MORE 8 /* points beyond the k nearest that are measured too: rounding may have put them behind */

void knn_points_init(KnnPoints *p, const float *value, size_t count, size_t width)
{
	*p = (KnnPoints){.count = count, .width = width, .value = value};
	p->blocks = (count + KNN_BLOCK - 1) / KNN_BLOCK;
	p->block = g_new0(float, p->blocks *width *KNN_BLOCK + 1);
	p->half = g_new(float, p->blocks *KNN_BLOCK + 1);
	for (size_t i = 0; i < p->blocks * KNN_BLOCK; i++) {
		float *column = p->block + i / KNN_BLOCK * width * KNN_BLOCK + i % KNN_BLOCK;
		double squares = 0;
		for (size_t j = 0; j < width && i < count; j++) {
			float v = value[i * width + j];
			column[j * KNN_BLOCK] = v;
			squares += (double)v * (double)v;
		}
		p->half[i] = i < count ? (float)(-squares / 2) : -INFINITY;
	}
}

void knn_points_clear(KnnPoints *p)
{
	g_free(p->block);
	g_free(p->half);
}

/* The best seen so far as a heap with the worst on top; larger is nearer, and of equals the first. */
typedef struct Seen {
	float value;
	uint32_t point;
} Seen;

static void sink(Seen *heap, size_t count, size_t at)
{
	for (size_t below; (below = 2 * at + 1) < count; at = below) {
		if (below + 1 < count && heap[below + 1].value < heap[below].value)
			below++;
		if (heap[at].value <= heap[below].value)
			return;
		Seen kept = heap[at];
		heap[at] = heap[below];
		heap[below] = kept;
	}
}

static void see(Seen *heap, size_t room, const float *value, size_t first)
{
	for (uint32_t i = 0; i < KNN_BLOCK; i++)
		if (value[i] > heap[0].value) {
			heap[0] = (Seen){value[i], (uint32_t)first + i};
			sink(heap, room, 0);
		}
}

static int by_distance(const void *a, const void *b)
{
	const KnnNear *x = a, *y = b;
	if (x->squared != y->squared)
		return x->squared < y->squared ? -1 : 1;
	return (x->point > y->point) - (x->point < y->point);
}

static void measure(const KnnPoints *p, const float *x, const Seen *heap, size_t room, KnnNear *ret)
{
	for (size_t i = 0; i < room; i++) {
		const float *t = p->value + (size_t)heap[i].point * p->width;
		ret[i] = (KnnNear){.point = heap[i].point};
		for (size_t j = 0; j < p->width; j++)
			ret[i].squared += ((double)x[j] - (double)t[j]) * ((double)x[j] - (double)t[j]);
	}
	qsort(ret, room, sizeof *ret, by_distance);
}

void knn_nearest(const KnnPoints *p, const float *x, size_t rows, size_t k, KnnNear *ret)
{
	size_t room = MIN(k + MORE, p->count);
	g_autofree Seen *heaps = g_new(Seen, rows * room);
	g_autofree KnnNear *near = g_new(KnnNear, room);
	g_autofree float *value = g_new(float, rows *KNN_BLOCK);
	for (size_t i = 0; i < rows * room; i++)
		heaps[i] = (Seen){-INFINITY, 0};
	for (size_t b = 0; b < p->blocks; b++) {
		for (size_t r = 0; r < rows; r++)
			memcpy(value + r * KNN_BLOCK, p->half + b * KNN_BLOCK, KNN_BLOCK * sizeof *value);
		matmul_add((MatmulLeft){x, p->width, 1}, p->block + b * p->width * KNN_BLOCK, value,
		        (MatmulShape){rows, p->width, KNN_BLOCK});
		for (size_t r = 0; r < rows; r++)
			see(heaps + r * room, room, value + r * KNN_BLOCK, b * KNN_BLOCK);
	}
	for (size_t r = 0; r < rows; r++) {
		measure(p, x + r * p->width, heaps + r * room, room, near);
		memcpy(ret + r * k, near, k * sizeof *ret);
	}
}
