/* task.c: one step's process, from its work folder to its end. */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "pipeline/limit.h"
#include "pipeline/records.h"
#include "pipeline/run_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define GRACE_US (5 * G_USEC_PER_SEC) /* from SIGTERM to SIGKILL */
enum { LINE_MOST = 1 << 16, RESULT_MOST = 1 << 28, FULL_BYTES = 1 << 16 };

static View *view_of(const Engine *e, const Task *t)
{
	return &e->survey->views[t->index];
}

/* The folder gets another name before it is emptied: should a process of a dead run still write there, it writes into what
 * is thrown away. */
static bool throw_away(const Engine *e, const char *folder, GError **error)
{
	g_autofree char *id = meta_new_id();
	g_autofree char *old = g_strdup_printf("%s.%.8s", folder, id);
	if (rename(folder, old) < 0)
		return errno == ENOENT || fail_errno(error, errno, "cannot empty %s", folder);
	return file_remove(old, error);
}

static bool clear_ends(const char *folder, GError **error)
{
	g_autofree char *result = g_build_filename(folder, "result.json", NULL);
	g_autofree char *problem = g_build_filename(folder, "error.json", NULL);
	return file_remove(result, error) && file_remove(problem, error);
}

static bool make_folder(Engine *e, Task *t, GError **error)
{
	t->folder = engine_path(e, "work", view_of(e, t)->key);
	bool keeps = t->node->kind->flags & STEP_RESUMES;
	if (!(keeps ? clear_ends(t->folder, error) : throw_away(e, t->folder, error)))
		return false;
	return mkdir(t->folder, 0755) == 0 || errno == EEXIST ||
	       fail_errno(error, errno, "cannot make the folder %s", t->folder);
}

static json_t *make_spec(const Engine *e, const Task *t)
{
	const Node *n = t->node;
	const View *v = view_of(e, t);
	g_autofree char *log = engine_path(e, t->log, NULL);
	json_t *spec = json_pack("{s:s,s:s,s:O,s:O,s:O,s:I,s:i,s:i,s:s,s:b}", "step", n->name, "kind", n->kind->name,
	        "params", n->params, "inputs", v->inputs, "outputs", n->outputs, "seed", (json_int_t)n->seed, "cores",
	        (int)(n->all_cores ? e->cores : 1), "memory_mb", (int)n->memory_mb, "run", e->run_id, "resumes",
	        n->kind->flags & STEP_RESUMES ? 1 : 0);
	json_object_set_new(spec, "state_folder", json_text(e->state_folder));
	json_object_set_new(spec, "log", json_text(log));
	if (n->command) {
		json_object_set(spec, "command", n->command);
		json_object_set(spec, "files", n->files);
	}
	return spec;
}

static bool write_spec(const Engine *e, const Task *t, GError **error)
{
	g_autofree char *path = g_build_filename(t->folder, "spec.json", NULL);
	json_auto_t *spec = make_spec(e, t);
	g_autofree char *text = json_canonical(spec);
	g_autoptr(GError) problem = NULL;
	return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &problem) ||
	       fail(error, FAIL_UNAVAILABLE, "cannot write %s: %s", path, problem->message);
}

static bool submit(Engine *e, Task *t, int progress_fd, GError **error)
{
	static const char *const OURSELVES[] = {"/proc/self/exe", "step-run", NULL};
	g_autofree char *log = engine_path(e, t->log, NULL);
	JobSpec spec = {
	        .program = e->options->worker ? e->options->worker : OURSELVES,
	        .folder = t->folder,
	        .log = log,
	        .progress_fd = progress_fd,
	        .lock_fd = t->lock_fd,
	        .cores = t->node->all_cores ? e->cores : 1,
	        .memory_mb = t->node->memory_mb,
	        .time_s = t->node->time_limit_s,
	};
	return e->executor->submit(e->x, &spec, &t->job, &t->job_fd, error);
}

static bool submit_with_pipe(Engine *e, Task *t, GError **error)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(error, errno, "cannot make a pipe");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	bool ok = submit(e, t, ends[1], error);
	close(ends[1]);
	if (!ok) {
		close(ends[0]);
		return false;
	}
	t->progress_fd = ends[0];
	t->line = g_string_new(NULL);
	return true;
}

static void tell_started(Engine *e, const Task *t)
{
	double seconds = NAN;
	if (e->options->observe)
		records_last_seconds(e->meta, t->node->name, &seconds, NULL);
	engine_tell(e, &(RunEvent){.kind = EVENT_STEP_STARTED,
	                       .step = t->node->name,
	                       .text = view_of(e, t)->why,
	                       .seconds = seconds});
}

bool task_start(Engine *e, Task *t, GError **error)
{
	t->started = meta_now();
	t->started_us = engine_clock();
	t->log = g_strdup_printf("logs/%s/%s.log", e->run_id, t->node->name);
	if (!make_folder(e, t, error) || !write_spec(e, t, error) || !submit_with_pipe(e, t, error))
		return false;
	t->phase = TASK_RUNNING;
	t->kill_at = t->node->time_limit_s ? t->started_us + (int64_t)t->node->time_limit_s * G_USEC_PER_SEC : 0;
	e->cores_free -= t->node->all_cores ? e->cores : 1;
	g_ptr_array_add(e->running, t);
	tell_started(e, t);
	return true;
}

void task_stop(Engine *e, Task *t)
{
	e->executor->signal(e->x, t->job, t->kills++ == 0 ? SIGTERM : SIGKILL);
	t->kill_at = t->kills == 1 ? engine_clock() + GRACE_US : 0;
}

static void take_end(Task *t, json_t *end)
{
	json_decref(t->told_end);
	t->told_end = json_incref(end);
}

/* Lines come from programs of the user's too: what is not understood is passed over, and an end has to name the run, which
 * they do not know. */
static void take_line(Engine *e, Task *t, const char *line, size_t size)
{
	json_auto_t *event = NULL;
	if (!json_parse("progress", line, size, &event, NULL) || !json_is_object(event))
		return;
	const char *note = json_get_text(event, "note", NULL), *what = json_get_text(event, "what", NULL);
	if (note)
		engine_tell(e, &(RunEvent){.kind = EVENT_STEP_NOTE, .step = t->node->name, .text = note});
	else if (what)
		engine_tell(e, &(RunEvent){.kind = EVENT_STEP_PROGRESS,
		                       .step = t->node->name,
		                       .text = what,
		                       .done = (uint64_t)MAX(0, json_get_int(event, "done", 0)),
		                       .total = (uint64_t)MAX(0, json_get_int(event, "total", 0))});
	else if (strcmp(json_get_text(event, "run", ""), e->run_id) == 0)
		take_end(t, json_object_get(event, "end"));
}

static void take_lines(Engine *e, Task *t)
{
	char *end;
	while ((end = memchr(t->line->str, '\n', t->line->len))) {
		size_t size = (size_t)(end - t->line->str);
		take_line(e, t, t->line->str, size);
		g_string_erase(t->line, 0, (gssize)size + 1);
	}
	if (t->line->len > LINE_MOST)
		g_string_truncate(t->line, 0);
}

void task_read_progress(Engine *e, Task *t)
{
	char bytes[4096];
	ssize_t got;
	while (t->progress_fd >= 0 && (got = read(t->progress_fd, bytes, sizeof bytes)) != 0) {
		if (got < 0)
			return;
		g_string_append_len(t->line, bytes, got);
		take_lines(e, t);
	}
	if (t->progress_fd >= 0)
		close(t->progress_fd);
	t->progress_fd = -1;
}

/* ---- the end ---- */

/* The result has outputs, the error a message. */
static bool read_end(const Task *t, const char *name, const char *member, json_t **ret)
{
	if (json_object_get(t->told_end, member)) {
		*ret = json_incref(t->told_end);
		return true;
	}
	g_autofree char *path = g_build_filename(t->folder, name, NULL);
	g_autofree char *text = NULL;
	size_t size;
	return file_read(path, RESULT_MOST, &text, &size, NULL) && json_parse(name, text, size, ret, NULL);
}

static GError *told_problem(const json_t *told)
{
	return g_error_new_literal(FAIL, (int)fail_code_named(json_get_text(told, "code", "")),
	        json_get_text(told, "message", "no reason given"));
}

static GError *crash(const JobEnd *end, const char *tail)
{
	const char *before = *tail ? "; its last lines:\n" : "";
	if (end->signal)
		return g_error_new(FAIL, FAIL_BROKEN, "ended by signal %d (%s)%s%s%s", end->signal,
		        g_strsignal(end->signal),
		        end->signal == SIGKILL ? "; perhaps the machine ran out of memory" : "", before, tail);
	if (end->status == 0)
		return g_error_new(FAIL, FAIL_BROKEN, "ended without leaving a result%s%s", before, tail);
	return g_error_new(FAIL, FAIL_BROKEN, "ended with status %d without saying why%s%s", end->status, before, tail);
}

/* On a full disk a program's last words are lost too, so somebody has to look. */
static bool is_disk_full(const Engine *e)
{
	struct statvfs about;
	return statvfs(e->state_folder, &about) == 0 && about.f_blocks > 0 &&
	       about.f_bavail * about.f_frsize < FULL_BYTES;
}

static GError *worse(GError *problem, FailCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The same problem under another code, with words before it. */
static GError *worse(GError *problem, FailCode code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *words = g_strdup_vprintf(format, args);
	va_end(args);
	GError *ret = g_error_new(FAIL, (int)code, "%s: %s", words, problem->message);
	g_error_free(problem);
	return ret;
}

/* What a step died of: what we did to it comes first, then what it said itself, then what can be seen. */
static GError *problem_of(const Engine *e, const Task *t, const JobEnd *end)
{
	json_auto_t *told = NULL;
	g_autofree char *log = engine_path(e, t->log, NULL);
	if (t->is_late)
		return g_error_new(FAIL, FAIL_LIMIT, "stopped, because it ran longer than its time limit of %u s",
		        t->node->time_limit_s);
	if (e->stopped_by && t->kills)
		return g_error_new(
		        FAIL, FAIL_UNAVAILABLE, "stopped with the run by SIG%s", sigabbrev_np(e->stopped_by));
	read_end(t, "error.json", "message", &told);
	g_autofree char *tail = limit_log_tail(log);
	GError *problem = told ? told_problem(told) : crash(end, tail);
	/* Only what the step said counts: our own guess at why it was killed speaks of memory too. */
	if (t->node->memory_mb && ((told && limit_is_told(problem->message)) || limit_is_told(tail)))
		return worse(problem, FAIL_LIMIT, "it wanted more memory than its limit of %u MiB", t->node->memory_mb);
	if (is_disk_full(e))
		return worse(problem, FAIL_UNAVAILABLE, "the disk of %s is full", e->options->state_folder);
	return problem;
}

static bool publish(Engine *e, Task *t, const JobEnd *end, GError **error)
{
	json_auto_t *result = NULL;
	if (end->status == 0 && read_end(t, "result.json", "outputs", &result))
		return publish_result(e, t, result, end, error);
	g_autoptr(GError) problem = problem_of(e, t, end);
	return publish_failure(e, t, problem, end, error);
}

bool task_collect(Engine *e, Task *t, GError **error)
{
	bool ended;
	JobEnd end;
	if (!e->executor->collect(e->x, t->job, &ended, &end, error))
		return false;
	if (!ended)
		return true;
	t->job = NULL;
	t->job_fd = -1;
	g_ptr_array_remove(e->running, t);
	e->cores_free += t->node->all_cores ? e->cores : 1;
	task_read_progress(e, t);
	bool ok = publish(e, t, &end, error);
	task_clear(t);
	return ok;
}

void task_clear(Task *t)
{
	engine_unlock(t);
	if (t->progress_fd >= 0)
		close(t->progress_fd);
	t->progress_fd = -1;
	if (t->line)
		g_string_free(t->line, TRUE);
	t->line = NULL;
	g_clear_pointer(&t->told_end, json_decref);
	g_clear_pointer(&t->folder, g_free);
	g_clear_pointer(&t->log, g_free);
}
