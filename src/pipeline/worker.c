/* worker.c: one step in a process of its own. */
#include "pipeline/worker.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "pipeline/command.h"
#include "pipeline/limit.h"
#include "pipeline/nursery.h"
#include "pipeline/work.h"
#include "store/blobs.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The engine is gone: nobody will take the result, and the next run needs the work folder.  The step's own children are in
 * this process group and go too. */
static void on_orphaned(int number)
{
	kill(getpgrp() == getpid() ? 0 : getpid(), SIGKILL);
}

void worker_die_with(int parent)
{
	struct sigaction action = {.sa_handler = on_orphaned};
	sigaction(SIGHUP, &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGHUP);
	if (parent && getppid() != parent)
		raise(SIGHUP);
}

static const StepKind *find_kind(const StepKind *const *kinds, const char *name)
{
	if (strcmp(name, COMMAND_KIND.name) == 0)
		return &COMMAND_KIND;
	for (const StepKind *const *k = kinds; *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

static bool put_outputs(const json_t *spec, const char *outputs_folder, json_t **ret, GError **error)
{
	g_autoptr(Blobs) blobs = NULL;
	if (!blobs_open(json_get_text(spec, "state_folder", "."), &blobs, error))
		return false;
	const json_t *names = json_object_get(spec, "outputs");
	size_t count = json_array_size(names);
	g_autofree BlobFile *files = g_new0(BlobFile, count);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < count; i++) {
		files[i].path = g_build_filename(outputs_folder, json_string_value(json_array_get(names, i)), NULL);
		g_ptr_array_add(paths, (void *)files[i].path);
	}
	if (!blobs_put_files(blobs, files, count, true, error))
		return false;
	*ret = json_object();
	for (size_t i = 0; i < count; i++) {
		json_object_set_new(*ret, json_string_value(json_array_get(names, i)),
		        json_pack("{s:s,s:I}", "digest", files[i].digest, "size", (json_int_t)files[i].size));
		g_free(files[i].digest);
	}
	return true;
}

/* The result counts only when this process ends with status 0, so it needs neither a rename nor a sync. */
static bool leave(const char *folder, const char *name, const json_t *value, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *text = json_canonical(value);
	g_autoptr(GError) problem = NULL;
	if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &problem))
		return true;
	return fail(error, FAIL_UNAVAILABLE, "cannot write %s: %s", path, problem->message);
}

/* As one more event to whoever listens, if it is short: that costs no file, and works on a full disk too. */
static bool tell(const json_t *spec, const json_t *end)
{
	json_auto_t *event = json_pack("{s:O,s:s}", "end", end, "run", json_get_text(spec, "run", ""));
	g_autofree char *text = json_canonical(event);
	/* A program of the user's may have left half a line. */
	g_autofree char *line = g_strconcat("\n", text, "\n", NULL);
	size_t size = strlen(line);
	return size <= PIPE_BUF && g_getenv("GYRE_PROGRESS_FD") &&
	       write(WORKER_PROGRESS_FD, line, size) == (ssize_t)size;
}

static bool run(const StepKind *kind, json_t *spec, const char *folder, GError **error)
{
	g_autofree char *outputs_folder = g_build_filename(folder, "outputs", NULL);
	json_auto_t *outputs = NULL;
	g_autoptr(StepRun) s = work_new(kind, spec, folder, outputs_folder);
	if (!file_make_folder(outputs_folder, error) || !work_run(s, error) ||
	        !put_outputs(spec, outputs_folder, &outputs, error))
		return false;
	json_auto_t *result = work_told(s);
	json_object_set(result, "outputs", outputs);
	return tell(spec, result) || leave(folder, "result.json", result, error);
}

/* AddressSanitizer's shadow counts as data, and is larger than any limit. */
#ifdef __SANITIZE_ADDRESS__
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

static bool start(const StepKind *const *kinds, const char *folder, json_t *spec, GError **error)
{
	const char *name = json_get_text(spec, "kind", "");
	const StepKind *kind = find_kind(kinds, name);
	if (!kind)
		return fail(error, FAIL_BROKEN, "this program has no kind of step \"%s\"", name);
	/* A command sets its limit for the user's program alone. */
	size_t limit = kind == &COMMAND_KIND || IS_SANITIZED ? 0 : (size_t)json_get_int(spec, "memory_mb", 0);
	int number = limit_memory(limit, LIMIT_SLACK_KIND_MB((size_t)json_get_int(spec, "cores", 1)));
	if (number)
		return fail_errno(error, number, "cannot limit the memory to %zu MiB", limit);
	return run(kind, spec, folder, error);
}

static void tell_error(const char *folder, const json_t *spec, const GError *error)
{
	json_auto_t *told = json_pack("{s:s,s:o}", "code", fail_name(error), "message", json_text(error->message));
	if (!tell(spec, told) && !leave(folder, "error.json", told, NULL))
		g_printerr("%s\n", error->message);
}

int worker_run(const StepKind *const *kinds, const char *work_folder)
{
	g_autofree char *folder = g_canonicalize_filename(work_folder, NULL);
	g_autofree char *path = g_build_filename(folder, "spec.json", NULL);
	g_autoptr(GError) error = NULL;
	json_auto_t *spec = NULL;
	if (!json_read_file(path, &spec, &error)) {
		g_printerr("%s\n", error->message);
		return fail_exit_status(error);
	}
	bool ok = chdir(folder) == 0 || fail_errno(&error, errno, "cannot enter %s", folder);
	if (ok && start(kinds, folder, spec, &error))
		return STATUS_DONE;
	tell_error(folder, spec, error);
	return fail_exit_status(error);
}

int worker_main(const StepKind *const *kinds, const char *work_folder)
{
	if (strcmp(work_folder, "-") == 0)
		return nursery_serve(kinds);
	worker_die_with(0);
	return worker_run(kinds, work_folder);
}
