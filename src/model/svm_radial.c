/* svm_radial.c: support vector machines of radial basis functions by libsvm. */
#include "model/svm_fit.h"

#include <libsvm/svm.h>
#include <string.h>

#include "base/library.h"

#define LIBRARY "libsvm.so.3"
#define CACHE_MB 100

typedef struct Calls {
	struct svm_model *(*train)(const struct svm_problem *, const struct svm_parameter *);
	void (*free)(struct svm_model **);
	void (*print)(void (*)(const char *));
} Calls;

static void silent(const char *text)
{
}

static bool open_calls(Calls *ret, GError **error)
{
	static const LibraryCall CALLS[] = {{"svm_train", offsetof(Calls, train)},
	        {"svm_free_and_destroy_model", offsetof(Calls, free)},
	        {"svm_set_print_string_function", offsetof(Calls, print)}, {0}};
	if (!library_open(LIBRARY, CALLS,
	            "training an svm of radial basis functions needs " LIBRARY
	            "; install it with: apt-get install libsvm3",
	            ret, error))
		return false;
	ret->print(silent);
	return true;
}

bool svm_radial_ready(GError **error)
{
	Calls calls;
	return open_calls(&calls, error);
}

/* The rows as libsvm takes them.  One block of nodes for all. */
static struct svm_node *sparse(const SvmRows *rows, struct svm_node **at)
{
	struct svm_node *nodes = g_new(struct svm_node, rows->rows * (rows->columns + 1)), *node = nodes;
	for (size_t i = 0; i < rows->rows; i++) {
		at[i] = node;
		for (size_t j = 0; j < rows->columns; j++)
			if (rows->x[i * rows->columns + j] != 0)
				*node++ = (struct svm_node){(int)j + 1, (double)rows->x[i * rows->columns + j]};
		*node++ = (struct svm_node){-1, 0};
	}
	return nodes;
}

bool svm_fit_radial(const SvmRows *rows, const SvmHow *how, double *ret, double *ret_rho, GError **error)
{
	Calls calls = {0};
	if (!open_calls(&calls, error))
		return false;
	g_autofree struct svm_node **at = g_new(struct svm_node *, rows->rows);
	g_autofree struct svm_node *nodes = sparse(rows, at);
	struct svm_problem problem = {.l = (int)rows->rows, .y = (double *)rows->y, .x = at};
	struct svm_parameter settings = {.svm_type = rows->regression ? EPSILON_SVR : C_SVC,
	        .kernel_type = RBF,
	        .gamma = how->gamma,
	        .cache_size = CACHE_MB,
	        .eps = 1e-3,
	        .C = how->cost,
	        .p = how->tube,
	        .shrinking = 1};
	struct svm_model *model = calls.train(&problem, &settings);
	/* It decides for its first class. */
	double sign = rows->regression || model->label[0] == 1 ? 1 : -1;
	memset(ret, 0, rows->rows * sizeof *ret);
	for (int k = 0; k < model->l; k++)
		ret[model->sv_indices[k] - 1] = sign * model->sv_coef[0][k];
	*ret_rho = sign * model->rho[0];
	calls.free(&model);
	return true;
}
