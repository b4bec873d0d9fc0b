/* mlp.c: a small neural network.  It standardises inside (scaled_inputs.h), so the same features serve it and the trees.
 *
 * Of all families its mistakes are least like those of trees: it is there for ensembles, and for smooth targets. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/labels.h"
#include "model/mlp_train.h"
#include "model/shapley.h"
#include "stats/softmax.h"

#define MAGIC "GYMLP01\n"
#define BATCH 256 /* rows predicted together */

typedef struct Mlp {
	uint32_t classes; /* 0: a number */
	double shift, scale, least, most;
	ScaledInputs inputs;
	MlpNet net;
} Mlp;

static const Param PARAMS[] = {
        {.name = "layers",
                .type = PARAM_INT,
                .preset = "2",
                .min = 1,
                .max = MLP_LAYERS - 1,
                .flags = PARAM_TUNABLE,
                .tune_min = 1,
                .tune_max = 3,
                .help = "hidden layers"},
        {.name = "width",
                .type = PARAM_INT,
                .preset = "96",
                .min = 1,
                .max = MLP_WIDTH,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 32,
                .tune_max = 256,
                .help = "units of each hidden layer"},
        {.name = "dropout",
                .type = PARAM_REAL,
                .preset = "0.1",
                .min = 0,
                .max = 0.9,
                .flags = PARAM_TUNABLE,
                .tune_min = 0,
                .tune_max = 0.4,
                .help = "share of the units that each step leaves out"},
        {.name = "learning_rate",
                .type = PARAM_REAL,
                .preset = "0.003",
                .min = 1e-6,
                .max = 1,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 5e-4,
                .tune_max = 0.02,
                .help = "size of a step"},
        {.name = "weight_decay",
                .type = PARAM_REAL,
                .preset = "0.01",
                .min = 0,
                .max = 100,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 1e-4,
                .tune_max = 1,
                .help = "how strongly weights are drawn to 0"},
        {.name = "batch", .type = PARAM_INT, .preset = "256", .min = 1, .max = 65536, .help = "rows of a step"},
        {.name = "rounds",
                .type = PARAM_INT,
                .preset = "40",
                .min = 1,
                .max = 100000,
                .help = "passes over the rows (262,144 of them, where there are more), at most; early stopping finds "
                        "how many"},
        {.name = "patience",
                .type = PARAM_INT,
                .preset = "6",
                .min = 0,
                .max = 100000,
                .help = "stop when so many rounds in a row have not lowered the loss on the validation rows; 0: never"},
        {NULL},
};

static void mlp_free(void *model)
{
	Mlp *m = model;
	if (!m)
		return;
	scaled_inputs_clear(&m->inputs);
	mlp_net_clear(&m->net);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mlp, mlp_free)

static uint32_t outputs_of(const Mlp *m)
{
	return MAX(m->classes, 1u);
}

static void find_bounds(const TrainSet *set, Mlp *m)
{
	m->least = INFINITY;
	m->most = -INFINITY;
	for (size_t i = 0; i < set->x->rows; i++) {
		if (set->weight && !(set->weight[i] > 0))
			continue;
		m->least = MIN(m->least, set->y[i]);
		m->most = MAX(m->most, set->y[i]);
	}
}

static Mlp *prepare(const TrainSet *set, const json_t *params)
{
	Mlp *m = g_new0(Mlp, 1);
	size_t layers = (size_t)json_get_int(params, "layers", 2), widths[MLP_LAYERS + 1];
	LabelScale scale = label_scale(set);
	m->classes = (uint32_t)set->classes;
	m->shift = scale.shift;
	m->scale = scale.scale;
	find_bounds(set, m);
	scaled_inputs_measure(set, &m->inputs);
	widths[0] = m->inputs.count;
	for (size_t l = 1; l <= layers; l++)
		widths[l] = (size_t)json_get_int(params, "width", 96);
	widths[layers + 1] = outputs_of(m);
	mlp_net_init(&m->net, widths, layers + 1);
	return m;
}

static MlpPlan plan_of(const json_t *params)
{
	return (MlpPlan){.learning_rate = json_get_number(params, "learning_rate", 0.003),
	        .weight_decay = json_get_number(params, "weight_decay", 0.01),
	        .dropout = json_get_number(params, "dropout", 0.1),
	        .batch = (size_t)json_get_int(params, "batch", 256),
	        .rounds = (unsigned)json_get_int(params, "rounds", 40),
	        .patience = (unsigned)json_get_int(params, "patience", 6)};
}

static bool check_net(const Mlp *m, GError **error)
{
	return mlp_net_is_finite(&m->net) ||
	       fail(error, FAIL_INVALID, "the network's weights grew beyond all bounds: lower its learning_rate");
}

static bool mlp_train(const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	MlpPlan plan = plan_of(params);
	g_autoptr(Mlp) m = prepare(set, params);
	LabelScale scale = {m->shift, m->scale};
	g_autofree float *y = labels_scaled(set->y, set->x->rows, scale);
	g_autofree float *valid_y = set->valid ? labels_scaled(set->valid_y, set->valid->rows, scale) : NULL;
	MlpTask task = {.set = set, .inputs = &m->inputs, .plan = &plan, .y = y, .valid_y = valid_y};
	unsigned rounds = mlp_fit(&task, &m->net);
	if (rounds == 0)
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	if (!check_net(m, error))
		return false;
	if (ret_params) {
		*ret_params = json_deep_copy(params);
		json_object_set_new(*ret_params, "rounds", json_integer(rounds));
	}
	*ret_model = g_steal_pointer(&m);
	return true;
}

/* A copy with room for the results of a training: weights 0. */
static Mlp *mlp_like(const Mlp *old)
{
	Mlp *m = g_new0(Mlp, 1);
	size_t widths[MLP_LAYERS + 1] = {old->net.layer[0].in};
	for (size_t l = 0; l < old->net.count; l++)
		widths[l + 1] = old->net.layer[l].out;
	m->classes = old->classes;
	m->shift = old->shift;
	m->scale = old->scale;
	scaled_inputs_copy(&old->inputs, &m->inputs);
	mlp_net_init(&m->net, widths, old->net.count);
	return m;
}

/* More steps from where it stands, over the fresh rows: `share` of its rounds.  keep 0: all rounds, from weights drawn anew. */
static bool mlp_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	const Mlp *old = model;
	const TrainSet *fresh = set->fresh;
	bool keeps = json_get_number(set->how, "keep", 1) > 0;
	MlpPlan plan = plan_of(set->params);
	g_autoptr(Mlp) m = mlp_like(old);
	g_autofree float *y = labels_scaled(fresh->y, fresh->x->rows, (LabelScale){old->shift, old->scale});
	MlpTask task = {.set = fresh, .inputs = &m->inputs, .plan = &plan, .y = y, .from = keeps ? &old->net : NULL};
	if (keeps)
		plan.rounds = MAX((unsigned)(json_get_number(set->how, "share", 0.2) * plan.rounds + 0.5), 1u);
	find_bounds(fresh, m);
	if (keeps) {
		m->least = MIN(m->least, old->least);
		m->most = MAX(m->most, old->most);
	}
	if (mlp_fit(&task, &m->net) == 0)
		return fail(error, FAIL_INVALID, "there are no rows to learn on from");
	if (!check_net(m, error))
		return false;
	*ret_model = g_steal_pointer(&m);
	return true;
}

static void answer(const Mlp *m, const float *out, double *ret)
{
	if (!m->classes) {
		ret[0] = CLAMP(m->shift + m->scale * (double)out[0], m->least, m->most);
		return;
	}
	for (uint32_t k = 0; k < m->classes; k++)
		ret[k] = (double)out[k];
	softmax(ret, m->classes);
}

static bool mlp_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const Mlp *m = model;
	const MlpLayer *first = &m->net.layer[0], *last = &m->net.layer[m->net.count - 1];
	if (!matrix_check_columns(x, m->inputs.columns, error))
		return false;
	MlpFlow f;
	mlp_flow_init(&f, &m->net, MIN(x->rows, BATCH) + 1);
	for (size_t from = 0; from < x->rows; from += BATCH) {
		size_t rows = MIN(x->rows - from, BATCH);
		for (size_t r = 0; r < rows; r++)
			scaled_inputs_row(&m->inputs, x->values + (from + r) * x->columns,
			        f.value[0] + r * first->wide_in, first->wide_in);
		mlp_forward(&m->net, &f, rows);
		for (size_t r = 0; r < rows; r++)
			answer(m, f.value[m->net.count] + r * last->wide, ret + (from + r) * outputs_of(m));
	}
	mlp_flow_clear(&f);
	return true;
}

/* magic, classes, shift, scale, least, most, inputs, layers, width of each; of each layer its rows of weights, intercepts. */
static bool mlp_save(const void *model, GBytes **ret, GError **error)
{
	const Mlp *m = model;
	GByteArray *to = g_byte_array_new();
	write_magic(to, MAGIC);
	write_u32(to, m->classes);
	write_f64(to, m->shift);
	write_f64(to, m->scale);
	write_f64(to, m->least);
	write_f64(to, m->most);
	scaled_inputs_write(&m->inputs, to);
	write_u32(to, (uint32_t)m->net.count);
	for (size_t l = 0; l < m->net.count; l++)
		write_u32(to, (uint32_t)m->net.layer[l].out);
	for (size_t l = 0; l < m->net.count; l++) {
		const MlpLayer *y = &m->net.layer[l];
		for (size_t i = 0; i < y->in; i++)
			write_items(to, y->weight + i * y->wide, y->out, sizeof(float));
		write_items(to, y->weight + y->wide_in * y->wide, y->out, sizeof(float));
	}
	*ret = g_byte_array_free_to_bytes(to);
	return true;
}

static void read_row(ByteReader *r, float *into, size_t count)
{
	g_autofree float *items = read_items(r, count, sizeof *items);
	for (size_t i = 0; items && i < count; i++)
		r->ok = r->ok && isfinite(items[i]);
	if (items)
		memcpy(into, items, count * sizeof *items);
}

/* The bytes that must follow are counted before memory is asked for. */
static bool widths_fit(const ByteReader *r, const size_t *widths, size_t layers)
{
	size_t cells = 0;
	for (size_t l = 0; l < layers; l++) {
		if (widths[l + 1] < 1 || widths[l + 1] > MLP_WIDTH)
			return false;
		cells += (widths[l] + 1) * widths[l + 1];
	}
	return r->left / sizeof(float) == cells;
}

static void read_net(ByteReader *r, const Mlp *m, MlpNet *ret)
{
	size_t layers = read_u32(r), widths[MLP_LAYERS + 1] = {m->inputs.count};
	if (!r->ok || layers < 1 || layers > MLP_LAYERS) {
		r->ok = false;
		return;
	}
	for (size_t l = 0; l < layers; l++)
		widths[l + 1] = read_u32(r);
	r->ok = r->ok && widths[layers] == outputs_of(m) && widths_fit(r, widths, layers);
	if (!r->ok)
		return;
	mlp_net_init(ret, widths, layers);
	for (size_t l = 0; l < layers; l++) {
		MlpLayer *y = &ret->layer[l];
		for (size_t i = 0; i < y->in; i++)
			read_row(r, y->weight + i * y->wide, y->out);
		read_row(r, y->weight + y->wide_in * y->wide, y->out);
	}
}

static bool mlp_load(GBytes *bytes, void **ret, GError **error)
{
	g_autoptr(Mlp) m = g_new0(Mlp, 1);
	ByteReader r = byte_reader(bytes);
	read_magic(&r, MAGIC);
	m->classes = read_u32(&r);
	m->shift = read_f64(&r);
	m->scale = read_f64(&r);
	m->least = read_f64(&r);
	m->most = read_f64(&r);
	r.ok = r.ok && m->classes <= LIMIT_CLASSES && m->classes != 1;
	scaled_inputs_read(&r, &m->inputs);
	read_net(&r, m, &m->net);
	if (!read_ended(&r) || !isfinite(m->shift) || !isfinite(m->scale))
		return fail(error, FAIL_BROKEN, "the stored neural network is damaged");
	*ret = g_steal_pointer(&m);
	return true;
}

/* By asking: features work together. */
static bool mlp_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error)
{
	const Mlp *m = model;
	g_autofree float *base = scaled_inputs_base(&m->inputs);
	ShapleyModel asked = {model, mlp_predict, outputs_of(m), m->classes > 0, base};
	return shapley_contribute(&asked, x, ret, error);
}

static bool always_asks(const void *model)
{
	return true;
}

static void mlp_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = ((const Mlp *)model)->inputs.columns;
	*ret_outputs = outputs_of(model);
}

G_STATIC_ASSERT(MLP_LAYERS <= FORM_LAYERS);

static bool mlp_form(const void *model, ModelForm *ret, GError **error)
{
	const Mlp *m = model;
	size_t cells = 0;
	for (size_t l = 0; l < m->net.count; l++)
		cells += (m->net.layer[l].in + 1) * m->net.layer[l].out;
	double *to = g_new(double, cells);
	*ret = (ModelForm){.kind = FORM_NETWORK,
	        .columns = m->inputs.columns,
	        .outputs = outputs_of(m),
	        .margins = outputs_of(m),
	        .link = m->classes ? FORM_SOFTMAX : FORM_SCALED,
	        .shift = m->shift,
	        .scale = m->scale,
	        .is_held = true,
	        .low = m->least,
	        .high = m->most,
	        .inputs = &m->inputs,
	        .layers = m->net.count,
	        .single = true,
	        .kept = to};
	for (size_t l = 0; l < m->net.count; l++) {
		const MlpLayer *y = &m->net.layer[l];
		ret->layer[l] = (FormLayer){y->in, y->out, to, to + y->in * y->out};
		for (size_t i = 0; i <= y->in; i++) /* the last row: intercepts */
			for (size_t o = 0; o < y->out; o++)
				*to++ = (double)y->weight[(i < y->in ? i : y->wide_in) * y->wide + o];
	}
	return true;
}

const ModelFamily FAMILY_MLP = {
        .name = "mlp",
        .help = "a small neural network: fully connected layers, AdamW, stopped early by the validation rows",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .search_share = 1,
        .train = mlp_train,
        .update = mlp_update,
        .predict = mlp_predict,
        .save = mlp_save,
        .load = mlp_load,
        .contribute = mlp_contribute,
        .contribute_asks = always_asks,
        .shape = mlp_shape,
        .form = mlp_form,
        .free = mlp_free,
};
