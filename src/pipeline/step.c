/* step.c: what a step may ask and tell, on top of its spec. */
#include "pipeline/step.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "pipeline/work.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct StepRun {
	const StepKind *kind;
	json_t *spec;
	char *folder, *scratch, *memory; /* memory: NULL until it is asked for */
	GHashTable *outputs;             /* name to path; not changed after work_new, so any thread may look */
	GMutex lock;                     /* guards the rest: trials in threads tell things too */
	json_t *metrics, *notes, *runs;
};

StepRun *work_new(const StepKind *kind, json_t *spec, const char *folder, const char *outputs_folder)
{
	StepRun *s = g_new0(StepRun, 1);
	s->kind = kind;
	s->spec = json_incref(spec);
	s->folder = g_strdup(folder);
	s->scratch = g_build_filename(folder, "scratch", NULL);
	s->outputs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	g_mutex_init(&s->lock);
	s->metrics = json_object();
	s->notes = json_object();
	s->runs = json_array();
	size_t i;
	json_t *name;
	json_array_foreach (json_object_get(spec, "outputs"), i, name)
		g_hash_table_insert(s->outputs, (void *)json_string_value(name),
		        g_build_filename(outputs_folder, json_string_value(name), NULL));
	return s;
}

void work_free(StepRun *s)
{
	g_hash_table_destroy(s->outputs);
	json_decref(s->spec);
	json_decref(s->metrics);
	json_decref(s->notes);
	json_decref(s->runs);
	g_mutex_clear(&s->lock);
	g_free(s->folder);
	g_free(s->scratch);
	g_free(s->memory);
	g_free(s);
}

const json_t *work_spec(const StepRun *s)
{
	return s->spec;
}

const char *work_folder(const StepRun *s)
{
	return s->folder;
}

json_t *work_told(const StepRun *s)
{
	return json_pack("{s:O,s:O,s:O}", "metrics", s->metrics, "notes", s->notes, "runs", s->runs);
}

static bool check_outputs(const StepRun *s, GError **error)
{
	GHashTableIter all;
	void *name, *path;
	g_hash_table_iter_init(&all, s->outputs);
	while (g_hash_table_iter_next(&all, &name, &path)) {
		struct stat about;
		if (stat(path, &about) < 0 && errno == ENOENT)
			return fail(error, FAIL_BROKEN, "the output \"%s\" was not written", (char *)name);
		if (lstat(path, &about) < 0)
			return fail_errno(error, errno, "cannot read the output \"%s\"", (char *)name);
		if (!S_ISREG(about.st_mode))
			return fail(error, FAIL_INVALID, "the output \"%s\" is not a regular file", (char *)name);
	}
	return true;
}

bool work_run(StepRun *s, GError **error)
{
	return s->kind->run(s, json_object_get(s->spec, "params"), error) && check_outputs(s, error);
}

/* "champion?" may be absent, "source*" stands for source.0, source.1, ...; the plain name without its mark is `length`. */
static bool declares(const char *declared, const char *name)
{
	size_t length = strcspn(declared, "?*");
	if (strncmp(declared, name, length) != 0)
		return false;
	if (declared[length] != '*')
		return name[length] == '\0';
	const char *number = name + length;
	return number[0] == '.' && number[1] && strspn(number + 1, "0123456789") == strlen(number + 1);
}

static bool is_declared(const StepKind *kind, const char *name)
{
	for (const char *const *d = kind->inputs; d && *d; d++)
		if (declares(*d, name))
			return true;
	return false;
}

static bool unknown_input(const StepKind *kind, const char *who, const char *name, GError **error)
{
	g_autofree char *known = g_strjoinv(", ", (char **)kind->inputs);
	return fail(error, FAIL_INVALID, "%s: %s has no input \"%s\"; its inputs are: %s", who, kind->name, name,
	        *known ? known : "none");
}

bool work_check_inputs(const StepKind *kind, const char *who, const json_t *inputs, GError **error)
{
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *)inputs, name, value)
		if (!is_declared(kind, name))
			return unknown_input(kind, who, name, error);
	for (const char *const *d = kind->inputs; *d; d++)
		if (!strpbrk(*d, "?*") && !json_object_get(inputs, *d))
			return fail(error, FAIL_INVALID, "%s: the input \"%s\" is missing", who, *d);
	return true;
}

static const json_t *input(const StepRun *s, const char *name)
{
	return json_object_get(json_object_get(s->spec, "inputs"), name);
}

const char *step_input(const StepRun *s, const char *name)
{
	return json_get_text(input(s, name), "path", NULL);
}

const char *step_input_digest(const StepRun *s, const char *name)
{
	return json_get_text(input(s, name), "digest", NULL);
}

bool step_input_json(const StepRun *s, const char *name, json_t **ret, GError **error)
{
	const char *path = step_input(s, name);
	if (!path)
		return fail(error, FAIL_NOT_FOUND, "there is no input \"%s\"", name);
	return json_read_file(path, ret, error);
}

const char *step_output(StepRun *s, const char *name)
{
	const char *path = g_hash_table_lookup(s->outputs, name);
	if (!path)
		g_error("the step kind \"%s\" writes \"%s\", which is not among its outputs", s->kind->name, name);
	return path;
}

/* Not synced here: it is when it becomes a blob, and until then a power cut costs no more than running the step again. */
bool step_output_json(StepRun *s, const char *name, const json_t *value, GError **error)
{
	g_autofree char *text = json_canonical(value);
	g_autoptr(GError) problem = NULL;
	if (g_file_set_contents_full(step_output(s, name), text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &problem))
		return true;
	return fail(error, FAIL_UNAVAILABLE, "cannot write the output \"%s\": %s", name, problem->message);
}

/* Of what is kept under an identity: kind, version, inputs and seed with it. */
static char *memory_name(const StepRun *s, const json_t *identity)
{
	json_auto_t *digests = json_object();
	const char *name;
	json_t *in;
	json_object_foreach (json_object_get(s->spec, "inputs"), name, in)
		json_object_set(digests, name, json_object_get(in, "digest"));
	json_auto_t *all = json_pack("{s:s,s:i,s:O,s:O?,s:O}", "kind", s->kind->name, "version", (int)s->kind->version,
	        "inputs", digests, "seed", json_object_get(s->spec, "seed"), "identity", identity);
	g_autofree char *text = json_canonical(all);
	char *digest = digest_of_bytes(text, strlen(text));
	digest[32] = '\0';
	return digest;
}

/* Is the folder ours for as long as this process lives? */
static bool memory_hold(const char *path)
{
	g_autofree char *lock = g_build_filename(path, ".lock", NULL);
	int file = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (file < 0)
		return false;
	if (flock(file, LOCK_EX | LOCK_NB) == 0)
		return true; /* the file stays open, and with it the lock */
	close(file);
	return false;
}

/* Removes what is kept of other identities, unless another process has it. */
static void memory_forget(const char *above, const char *kept)
{
	g_autoptr(GDir) dir = g_dir_open(above, 0, NULL);
	const char *name;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(above, name, NULL);
		if (strcmp(name, kept) != 0 && memory_hold(path))
			file_remove(path, NULL);
	}
}

const char *step_memory(StepRun *s, const json_t *identity)
{
	const char *state = json_get_text(s->spec, "state_folder", NULL),
	           *step = json_get_text(s->spec, "step", s->kind->name);
	if (s->memory || !state)
		return s->memory ? s->memory : s->scratch;
	g_autofree char *name = memory_name(s, identity), *above = g_build_filename(state, "memory", step, NULL);
	g_autofree char *path = g_build_filename(above, name, NULL);
	if (!file_make_folder(path, NULL) || !memory_hold(path))
		return s->scratch;
	memory_forget(above, name);
	s->memory = g_steal_pointer(&path);
	return s->memory;
}

/* Made when it is first asked for: many steps never do.  Should that fail, so does whatever the step does with it. */
const char *step_scratch(const StepRun *s)
{
	g_mkdir_with_parents(s->scratch, 0755);
	return s->scratch;
}

const char *step_state_folder(const StepRun *s)
{
	return s->kind->flags & STEP_EFFECT ? json_get_text(s->spec, "state_folder", NULL) : NULL;
}

const char *step_run_id(const StepRun *s)
{
	return json_get_text(s->spec, "run", "");
}

uint64_t step_seed(const StepRun *s)
{
	return (uint64_t)json_get_int(s->spec, "seed", 0);
}

unsigned step_cores(const StepRun *s)
{
	return (unsigned)json_get_int(s->spec, "cores", 1);
}

size_t step_memory_mb(const StepRun *s)
{
	int64_t given = json_get_int(s->spec, "memory_mb", 0);
	if (given > 0)
		return (size_t)given;
	return (size_t)sysconf(_SC_PHYS_PAGES) / 1024 * (size_t)sysconf(_SC_PAGESIZE) / 1024 / 2;
}

void step_metric(StepRun *s, const char *key, double value)
{
	g_mutex_lock(&s->lock);
	json_object_set_new(s->metrics, key, json_number(value));
	g_mutex_unlock(&s->lock);
}

void step_note(StepRun *s, const char *key, json_t *value)
{
	g_mutex_lock(&s->lock);
	json_object_set_new(s->notes, key, value);
	g_mutex_unlock(&s->lock);
}

void step_child_run(StepRun *s, json_t *run)
{
	g_mutex_lock(&s->lock);
	json_array_append_new(s->runs, run);
	g_mutex_unlock(&s->lock);
}

static bool test_inputs(const char *const *inputs, json_t **ret, GError **error)
{
	json_auto_t *all = json_object();
	for (const char *const *in = inputs; in && in[0]; in += 2) {
		g_autofree char *digest = NULL;
		if (!digest_of_file(in[1], &digest, error))
			return false;
		json_object_set_new(all, in[0], json_pack("{s:s,s:s}", "path", in[1], "digest", digest));
	}
	*ret = g_steal_pointer(&all);
	return true;
}

static json_t *test_spec(const StepKind *kind, json_t *params, json_t *inputs, const char *folder, uint64_t seed)
{
	g_autofree char *state = g_build_filename(folder, "state", NULL);
	json_t *outputs = json_array();
	for (const char *const *name = kind->outputs; *name; name++)
		json_array_append_new(outputs, json_string(*name));
	return json_pack("{s:s,s:s,s:O,s:O,s:o,s:I,s:i,s:s,s:s}", "step", kind->name, "kind", kind->name, "params",
	        params, "inputs", inputs, "outputs", outputs, "seed", (json_int_t)seed, "cores", 2, "run", "test-run",
	        "state_folder", state);
}

bool step_test_run(const StepKind *kind, const json_t *params, const char *const *inputs, const char *folder,
        uint64_t seed, GError **error)
{
	json_auto_t *filled = NULL;
	json_auto_t *given = NULL;
	static const Param NONE[] = {{NULL}};
	if (!param_fill(kind->params ? kind->params : NONE, kind->name, params, &filled, error) ||
	        !test_inputs(inputs, &given, error) || !work_check_inputs(kind, kind->name, given, error) ||
	        !file_make_folder(folder, error))
		return false;
	json_auto_t *spec = test_spec(kind, filled, given, folder, seed);
	g_autoptr(StepRun) s = work_new(kind, spec, folder, folder);
	if (!work_run(s, error))
		return false;
	json_auto_t *told = work_told(s);
	g_autofree char *path = g_build_filename(folder, "result.json", NULL);
	return json_write_file(path, told, error);
}
