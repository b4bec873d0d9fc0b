/* svm_linear.c: linear support vector machines by liblinear. */
#include "model/svm_fit.h"

#include <linear.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"

#define LIBRARY "liblinear.so.4"

typedef struct Calls {
	struct model *(*train)(const struct problem *, const struct parameter *);
	void (*free)(struct model **);
	void (*print)(void (*)(const char *));
} Calls;

static void silent(const char *text)
{
}

static bool open_calls(Calls *ret, GError **error)
{
	static const LibraryCall CALLS[] = {{"train", offsetof(Calls, train)},
	        {"free_and_destroy_model", offsetof(Calls, free)},
	        {"set_print_string_function", offsetof(Calls, print)}, {0}};
	if (!library_open(LIBRARY, CALLS,
	            "training a linear svm needs " LIBRARY "; install it with: apt-get install liblinear4", ret, error))
		return false;
	ret->print(silent);
	return true;
}

bool svm_linear_ready(GError **error)
{
	Calls calls;
	return open_calls(&calls, error);
}

/* The rows as liblinear takes them: cells that are not 0, a constant, and an end.  One block of nodes for all. */
static struct feature_node *sparse(const SvmRows *rows, struct feature_node **at)
{
	struct feature_node *nodes = g_new(struct feature_node, rows->rows * (rows->columns + 2)), *node = nodes;
	for (size_t i = 0; i < rows->rows; i++) {
		at[i] = node;
		for (size_t j = 0; j < rows->columns; j++)
			if (rows->x[i * rows->columns + j] != 0)
				*node++ = (struct feature_node){(int)j + 1, (double)rows->x[i * rows->columns + j]};
		*node++ = (struct feature_node){(int)rows->columns + 1, 1};
		*node++ = (struct feature_node){-1, 0};
	}
	return nodes;
}

bool svm_fit_linear(const SvmRows *rows, const SvmHow *how, double *ret, GError **error)
{
	Calls calls = {0};
	if (!open_calls(&calls, error))
		return false;
	g_autofree struct feature_node **at = g_new(struct feature_node *, rows->rows);
	g_autofree struct feature_node *nodes = sparse(rows, at);
	struct problem problem = {
	        .l = (int)rows->rows, .n = (int)rows->columns + 1, .y = (double *)rows->y, .x = at, .bias = 1};
	struct parameter settings = {.solver_type = rows->regression ? L2R_L2LOSS_SVR_DUAL : L2R_L2LOSS_SVC_DUAL,
	        .eps = 0.1,
	        .C = how->cost,
	        .p = how->tube};
	srand(how->seed);
	struct model *model = calls.train(&problem, &settings);
	/* It decides for its first class. */
	double sign = rows->regression || model->label[0] == 1 ? 1 : -1;
	for (size_t j = 0; j <= rows->columns; j++)
		ret[j] = sign * model->w[j];
	calls.free(&model);
	return true;
}
