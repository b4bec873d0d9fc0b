/* sharing.c: trials of boosted trees on the same rows, each in a forked child, two at a time: what they cost when each sorts the rows into
 * bins for itself, and when the process that forks them does it once.  Prints {"private": {"cpu", "pss_mb"}, "shared": {...}}:
 * processor time of all of it, and the most memory that process and children had together, each page counted once.
 * ROWS COLUMNS TRIALS ROUNDS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/rng.h"
#include "model/footprint.h"
#include "model/forks.h"
#include "model/trials_share.h"

#define WATCHED 25000

typedef struct Bench {
	Fold fold;
	TrainData data;
	TrialSetup setup;
	TrialsShare *share;
	Trial trial; /* all are of its kind */
	Trials trials;
	double most_kb;
	unsigned failed;
} Bench;

static Part part_new(size_t rows, size_t columns, const char *stream)
{
	Part p = {.x = {.rows = rows, .columns = columns, .values = g_new(float, rows *columns)},
	        .y = g_new(double, rows)};
	Rng rng = rng_stream(1, stream);
	for (size_t i = 0; i < rows; i++) {
		float *row = p.x.values + i * columns;
		for (size_t j = 0; j < columns; j++)
			row[j] = (float)rng_normal(&rng);
		p.y[i] = (double)(row[0] + row[1] * row[2]) + rng_normal(&rng) > 0;
	}
	return p;
}

static double pss_kb(pid_t pid)
{
	char path[64], line[256];
	double kb = 0;
	g_snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Pss: %lf", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

/* Asked for the time that is left, it looks at the memory instead. */
static double look(void *context)
{
	Bench *b = context;
	g_autoptr(GArray) pids = footprint_tree(getpid());
	double sum = 0;
	for (guint i = 0; i < pids->len; i++)
		sum += pss_kb(g_array_index(pids, pid_t, i));
	b->most_kb = MAX(b->most_kb, sum);
	return 1e6;
}

static bool make(void *context, size_t number)
{
	Bench *b = context;
	return trials_share_make(b->share, b->trials.list->pdata[number]);
}

static bool work(void *context, size_t number, GError **error)
{
	const Bench *b = context;
	TrialSetup setup = b->setup;
	json_auto_t *params = json_deep_copy(b->trial.params);
	void *model;
	json_object_set_new(params, "eta", json_real(0.1 / (double)(1 + number)));
	setup.prepared = trials_share_of(b->share, &b->trial);
	TrainSet set = trial_train_set(&setup, &b->fold);
	return family_train(b->trial.family, &set, params, &model, NULL, error);
}

static void ended(void *context, const ForkEnd *end)
{
	Bench *b = context;
	b->failed += !end->ok;
	if (!end->ok)
		fprintf(stderr, "trial %zu: %s\n", end->number, end->reason);
}

static double cpu_of(int who)
{
	struct rusage u;
	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static json_t *measure(Bench *b, size_t trials, double bytes)
{
	GError *error = NULL;
	TrialsShareLimits limits = {.bytes = bytes, .most_bytes = 1e12};
	ForkPlan plan = {.count = trials,
	        .at_once = 2,
	        .left = look,
	        .memory_mb = 100000, /* so that it looks often */
	        .prepare = make,
	        .work = work,
	        .ended = ended,
	        .context = b};
	b->most_kb = 0;
	b->share = trials_share_new(&b->setup, &b->trials, &limits);
	double before = cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN);
	if (!forks_run(&plan, &error) || b->failed)
		g_error("%s", error ? error->message : "a trial failed");
	double cpu = cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN) - before;
	trials_share_free(b->share);
	return json_pack("{s:f,s:f}", "cpu", cpu, "pss_mb", b->most_kb / 1024);
}

/* In a child: what the one leaves in memory does not count for the other. */
static void run(Bench *b, const char *name, size_t trials, double bytes)
{
	fflush(stdout);
	if (fork() == 0) {
		json_auto_t *found = measure(b, trials, bytes);
		g_autofree char *text = json_dumps(found, 0);
		printf("\"%s\": %s", name, text);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	size_t rows = (size_t)atol(argv[1]), columns = (size_t)atol(argv[2]), trials = (size_t)atol(argv[3]);
	json_auto_t *given = json_pack("{s:i}", "rounds", atoi(argv[4]));
	Bench b = {.trial = {.family = family_find("boosted")}};
	param_fill(b.trial.family->params, NULL, given, &b.trial.params, NULL);
	b.fold.train = part_new(rows, columns, "train");
	b.fold.watch = b.fold.valid = part_new(MIN(WATCHED, rows), columns, "valid");
	b.data = (TrainData){.task = TASK_BINARY, .classes = 2, .outputs = 2, .folds = &b.fold, .fold_count = 1};
	b.setup = (TrialSetup){.data = &b.data, .metric = metric_find("roc_auc"), .seed = 1};
	b.trials.list = g_ptr_array_new();
	for (size_t i = 0; i < trials; i++)
		g_ptr_array_add(b.trials.list, g_memdup2(&b.trial, sizeof b.trial));
	printf("{");
	run(&b, "private", trials, 0);
	printf(", ");
	run(&b, "shared", trials, 1e12);
	puts("}");
	return 0;
}
