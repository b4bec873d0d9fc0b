/* desk.c: the project at hand, its store and its blobs. */
#include "op/desk.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/frame.h"

void desk_clear(Desk *d)
{
	g_clear_pointer(&d->meta, meta_close);
	g_clear_pointer(&d->blobs, blobs_close);
	g_clear_pointer(&d->project, project_free);
}

static bool open_store(Desk *d, GError **error)
{
	return meta_open(d->project->state_folder, &d->meta, error) &&
	       blobs_open(d->project->state_folder, &d->blobs, error);
}

/* *d has the project already, where that was read: `ok`. */
static bool open_made(bool ok, Desk *d, Desk *ret, GError **error)
{
	if (ok && !g_file_test(d->project->state_folder, G_FILE_TEST_IS_DIR))
		ok = fail(error, FAIL_NOT_FOUND, "nothing has run in %s yet; try: gyre run", d->project->folder);
	if (ok && open_store(d, error)) {
		*ret = *d;
		return true;
	}
	desk_clear(d);
	return false;
}

/* Looking back must work while gyre.yaml has errors: only its name is needed, and that only if it is there. */
bool desk_open(const App *app, Desk *ret, GError **error)
{
	Desk d = {0};
	return open_made(project_read(app->folder, &d.project, error), &d, ret, error);
}

bool desk_open_sound(const App *app, Desk *ret, GError **error)
{
	Desk d = {0};
	return open_made(project_open(app->folder, &d.project, error), &d, ret, error);
}

/* The state is not for version control: it says so itself. */
static bool make_state(const Project *p, GError **error)
{
	g_autofree char *ignore = g_build_filename(p->state_folder, ".gitignore", NULL);
	return file_make_folder(p->state_folder, error) &&
	       (g_file_test(ignore, G_FILE_TEST_EXISTS) || file_write(ignore, "*\n", 2, error));
}

bool desk_make(const App *app, Desk *ret, GError **error)
{
	Desk d = {0};
	if (project_open(app->folder, &d.project, error) && make_state(d.project, error) && open_store(&d, error)) {
		*ret = d;
		return true;
	}
	desk_clear(&d);
	return false;
}

bool desk_json(const Desk *d, const char *digest, json_t **ret, GError **error)
{
	g_autofree char *path = NULL;
	return blobs_path(d->blobs, digest, &path, error) && json_read_file(path, ret, error);
}

json_t *time_json(int64_t us)
{
	if (!us)
		return json_null();
	g_autofree char *text = time_text(us / 1000000 * 1000000);
	return json_text(text);
}
