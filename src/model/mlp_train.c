/* mlp_train.c: fitting a network. */
#include "model/mlp_train.h"

#include <math.h>
#include <string.h>

#define BETA1 0.9f
#define BETA2 0.999f
#define MEAN_STEPS 200 /* the running mean looks back over about as many */

typedef struct Fit {
	const MlpTask *task;
	MlpNet now, first, second, slope, mean,
	        best;       /* weights; Adam's two moments; gradient; running mean; best mean */
	MlpFlow flow, back; /* back: d loss / d value */
	float *turned;      /* a layer's weights, transposed */
	uint8_t *dropped[MLP_LAYERS];
	uint32_t *order;
	size_t rows, at; /* rows with a weight; where in their order */
	double mean_weight;
	uint64_t step;
	Rng shuffling, dropping;
} Fit;

static void fit_clear(Fit *f)
{
	MlpNet *nets[] = {&f->now, &f->first, &f->second, &f->slope, &f->mean, &f->best};
	for (size_t i = 0; i < G_N_ELEMENTS(nets); i++)
		mlp_net_clear(nets[i]);
	mlp_flow_clear(&f->flow);
	mlp_flow_clear(&f->back);
	for (size_t l = 0; l < MLP_LAYERS; l++)
		g_free(f->dropped[l]);
	g_free(f->turned);
	g_free(f->order);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fit, fit_clear)

static void fit_init(Fit *f, const MlpNet *like)
{
	const TrainSet *set = f->task->set;
	MlpNet *nets[] = {&f->now, &f->first, &f->second, &f->slope, &f->mean, &f->best};
	size_t widths[MLP_LAYERS + 1], largest = 0, batch = f->task->plan->batch;
	widths[0] = like->layer[0].in;
	for (size_t l = 0; l < like->count; l++) {
		widths[l + 1] = like->layer[l].out;
		largest = MAX(largest, like->layer[l].wide_in * like->layer[l].wide);
		f->dropped[l] = g_new0(uint8_t, batch * like->layer[l].wide);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(nets); i++)
		mlp_net_init(nets[i], widths, like->count);
	Rng rng = rng_stream(set->seed, "mlp weights");
	if (f->task->from)
		mlp_net_copy(f->task->from, &f->now);
	else
		mlp_net_draw(&f->now, &rng);
	mlp_net_copy(&f->now, &f->mean);
	mlp_flow_init(&f->flow, like, batch);
	mlp_flow_init(&f->back, like, batch);
	f->turned = g_new0(float, largest);
	f->shuffling = rng_stream(set->seed, "mlp order");
	f->dropping = rng_stream(set->seed, "mlp dropout");
	f->order = g_new(uint32_t, set->x->rows + 1);
	for (size_t i = 0; i < set->x->rows; i++) {
		double w = set->weight ? set->weight[i] : 1;
		f->mean_weight += w;
		if (w > 0)
			f->order[f->rows++] = (uint32_t)i;
	}
	f->mean_weight /= (double)MAX(f->rows, 1);
	f->at = f->rows;
}

/* Softmax of the outputs, in place of them; their slope is p - (1 for the class). */
static double class_loss(float *out, size_t outputs, size_t class_index)
{
	float largest = out[0];
	double sum = 0;
	for (size_t k = 1; k < outputs; k++)
		largest = MAX(largest, out[k]);
	double of_class = (double)(out[class_index] - largest);
	for (size_t k = 0; k < outputs; k++)
		sum += (double)(out[k] = expf(out[k] - largest));
	for (size_t k = 0; k < outputs; k++)
		out[k] = (float)((double)out[k] / sum);
	out[class_index] -= 1;
	return log(sum) - of_class;
}

/* Turns outputs into slopes; returns the loss. */
static double row_loss(const MlpTask *task, float *out, size_t outputs, float y)
{
	if (task->set->classes)
		return class_loss(out, outputs, (size_t)y);
	out[0] -= y;
	return (double)(out[0] * out[0]) / 2;
}

/* Inverted dropout behind layer l: what stays is enlarged, so predicting needs no correction.  Eight draws from one. */
static void drop(Fit *f, size_t l, size_t rows)
{
	const MlpLayer *y = &f->now.layer[l];
	unsigned below = (unsigned)(f->task->plan->dropout * 256);
	float *value = f->flow.value[l + 1], enlarge = 256.0f / (float)(256 - below);
	for (size_t c = 0; below && c < rows * y->wide; c += 8) {
		uint64_t bits = rng_bits(&f->dropping);
		for (size_t i = c; i < c + 8; i++, bits >>= 8) {
			f->dropped[l][i] = (bits & 255) < below;
			value[i] = f->dropped[l][i] ? 0 : value[i] * enlarge;
		}
	}
}

static void forward_dropping(Fit *f, size_t rows)
{
	for (size_t l = 0; l < f->now.count; l++) {
		MlpNet one = {.count = 1, .layer = {f->now.layer[l]}};
		MlpFlow part = {.room = f->flow.room, .value = {f->flow.value[l], f->flow.value[l + 1]}};
		mlp_forward(&one, &part, rows);
		bool is_last = l + 1 == f->now.count;
		float *value = f->flow.value[l + 1];
		for (size_t c = 0; !is_last && c < rows * f->now.layer[l].wide; c++)
			value[c] = value[c] > 0 ? value[c] : 0;
		if (!is_last)
			drop(f, l, rows);
	}
}

/* d loss / d value[l] from that of value[l + 1]: through the weights, then through the rectifier and dropout of layer l - 1,
 * which let pass where something came out. */
static void pass_back(Fit *f, size_t l, size_t rows)
{
	const MlpLayer *y = &f->now.layer[l];
	unsigned below = (unsigned)(f->task->plan->dropout * 256);
	float enlarge = 256.0f / (float)(256 - below), *back = f->back.value[l];
	for (size_t i = 0; i < y->wide_in; i++)
		for (size_t o = 0; o < y->out; o++)
			f->turned[o * y->wide_in + i] = y->weight[i * y->wide + o];
	memset(back, 0, rows * y->wide_in * sizeof *back);
	matmul_add((MatmulLeft){f->back.value[l + 1], y->wide, 1}, f->turned, back,
	        (MatmulShape){rows, y->out, y->wide_in});
	for (size_t c = 0; c < rows * y->wide_in; c++)
		back[c] = f->flow.value[l][c] > 0 ? back[c] * enlarge : 0;
}

static void find_slopes(Fit *f, size_t rows)
{
	for (size_t l = f->now.count; l-- > 0;) {
		MlpLayer *slope = &f->slope.layer[l];
		const float *back = f->back.value[l + 1];
		float *intercept = slope->weight + slope->wide_in * slope->wide;
		memset(slope->weight, 0, slope->cells * sizeof(float));
		matmul_add((MatmulLeft){f->flow.value[l], 1, slope->wide_in}, back, slope->weight,
		        (MatmulShape){slope->in, rows, slope->wide});
		for (size_t r = 0; r < rows; r++)
			for (size_t o = 0; o < slope->wide; o++)
				intercept[o] += back[r * slope->wide + o];
		if (l > 0)
			pass_back(f, l, rows);
	}
}

static void step_layer(Fit *f, size_t l)
{
	const MlpPlan *plan = f->task->plan;
	const MlpLayer *slope = &f->slope.layer[l];
	float *weight = f->now.layer[l].weight, *first = f->first.layer[l].weight, *second = f->second.layer[l].weight;
	float *mean = f->mean.layer[l].weight, blend = 1 / (float)MIN(f->step, MEAN_STEPS);
	float rate = (float)(plan->learning_rate / (1 - pow((double)BETA1, (double)f->step)));
	float enlarge = (float)(1 / (1 - pow((double)BETA2, (double)f->step)));
	float keep = (float)(1 - plan->learning_rate * plan->weight_decay);
	for (size_t c = 0; c < slope->cells; c++) {
		float g = slope->weight[c];
		first[c] += (1 - BETA1) * (g - first[c]);
		second[c] += (1 - BETA2) * (g * g - second[c]);
		weight[c] = weight[c] * (c < slope->wide_in * slope->wide ? keep : 1) -
		            rate * first[c] / (sqrtf(second[c] * enlarge) + 1e-8f);
		mean[c] += blend * (weight[c] - mean[c]);
	}
}

/* One batch; the slopes are of the mean loss, each row by its weight. */
static void learn(Fit *f, const uint32_t *row, size_t rows)
{
	const MlpTask *task = f->task;
	const Matrix *x = task->set->x;
	const MlpLayer *last = &f->now.layer[f->now.count - 1];
	for (size_t r = 0; r < rows; r++)
		scaled_inputs_row(task->inputs, x->values + (size_t)row[r] * x->columns,
		        f->flow.value[0] + r * f->now.layer[0].wide_in, f->now.layer[0].wide_in);
	forward_dropping(f, rows);
	float *back = f->back.value[f->now.count];
	memcpy(back, f->flow.value[f->now.count], rows * last->wide * sizeof *back);
	for (size_t r = 0; r < rows; r++) {
		double weight = task->set->weight ? task->set->weight[row[r]] : 1;
		float share = (float)(weight / f->mean_weight / (double)rows);
		row_loss(task, back + r * last->wide, last->out, task->y[row[r]]);
		for (size_t k = 0; k < last->wide; k++)
			back[r * last->wide + k] = k < last->out ? back[r * last->wide + k] * share : 0;
	}
	find_slopes(f, rows);
	f->step++;
	for (size_t l = 0; l < f->now.count; l++)
		step_layer(f, l);
}

static void round_of_steps(Fit *f)
{
	size_t batch = f->task->plan->batch, left = MIN(f->rows, (size_t)MLP_ROUND_ROWS);
	while (left) {
		if (f->at == f->rows) {
			rng_shuffle(&f->shuffling, f->order, f->rows);
			f->at = 0;
		}
		size_t rows = MIN(MIN(batch, left), f->rows - f->at);
		learn(f, f->order + f->at, rows);
		f->at += rows;
		left -= rows;
	}
}

static double valid_loss(Fit *f)
{
	const MlpTask *task = f->task;
	const Matrix *x = task->set->valid;
	const MlpLayer *last = &f->mean.layer[f->mean.count - 1];
	size_t wide_in = f->mean.layer[0].wide_in;
	const double *weight = task->set->valid_weight;
	double loss = 0, count = 0;
	for (size_t from = 0; from < x->rows; from += f->flow.room) {
		size_t rows = MIN(x->rows - from, f->flow.room);
		for (size_t r = 0; r < rows; r++)
			scaled_inputs_row(task->inputs, x->values + (from + r) * x->columns,
			        f->flow.value[0] + r * wide_in, wide_in);
		mlp_forward(&f->mean, &f->flow, rows);
		for (size_t r = 0; r < rows; r++) {
			double counts = weight ? weight[from + r] : 1;
			loss += counts * row_loss(task, f->flow.value[f->mean.count] + r * last->wide, last->out,
			                         task->valid_y[from + r]);
			count += counts;
		}
	}
	loss /= count;
	return isnan(loss) ? INFINITY : loss; /* it has run away: a round like any other, but no better */
}

unsigned mlp_fit(const MlpTask *task, MlpNet *net)
{
	const MlpPlan *plan = task->plan;
	TrainRounds rounds = {.set = task->set, .patience = plan->patience, .pace = 1};
	bool watches = task->set->valid && task->set->valid->rows && plan->patience;
	g_auto(Fit) f = {.task = task};
	fit_init(&f, net);
	for (bool goes_on = f.rows > 0; goes_on && rounds.done < plan->rounds;) {
		round_of_steps(&f);
		goes_on = train_round(&rounds, watches ? valid_loss(&f) : NAN);
		if (!watches || rounds.best == rounds.done)
			mlp_net_copy(&f.mean, &f.best);
	}
	mlp_net_copy(&f.best, net);
	return watches ? rounds.best : rounds.done;
}
