/* knn_search.h: the nearest of some thousand points, by brute force.
 *
 * |x - t|^2 = |x|^2 - 2 (x t - |t|^2 / 2): so matmul finds the order, in blocks that stay in the core's caches; the few nearest
 * are then measured exactly, as the difference of large sums says little about small distances. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct KnnPoints {
	size_t count, width;
	const float *value; /* count x width, borrowed */
	size_t blocks;
	float *block; /* blocks x width x KNN_BLOCK: the points as columns */
	float *half;  /* blocks x KNN_BLOCK: -|t|^2 / 2, of places without a point -infinity */
} KnnPoints;

enum { KNN_BLOCK = 512, KNN_TOGETHER = 32 };

typedef struct KnnNear {
	double squared; /* distance */
	uint32_t point;
} KnnNear;

void knn_points_init(KnnPoints *p, const float *value, size_t count, size_t width);
void knn_points_clear(KnnPoints *p);

/* For each of up to KNN_TOGETHER rows the k nearest, nearest first and of equals the first: rows x k. k <= count. */
void knn_nearest(const KnnPoints *p, const float *x, size_t rows, size_t k, KnnNear *ret);
