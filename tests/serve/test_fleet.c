/* test_fleet.c: which versions are loaded and which one a call gets, as models are loaded and taken out of service by name, and what
 * becomes of a candidate that cannot be loaded. */
#include "serve/fleet.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "registry/registry.h"
#include "serve/deployment.h"
#include "served_kit.h"
#include "store/blobs.h"

typedef struct Place {
	char *folder, *state;
	Meta *meta;
	unsigned told; /* sentences with `listens_for` in them */
} Place;

static Place *listening;
static const char *listens_for;

static void tell(const char *sentence)
{
	if (listening && listens_for && strstr(sentence, listens_for))
		g_atomic_int_inc(&listening->told);
}

static char *blob_path(const Place *p, const char *digest)
{
	g_autoptr(Blobs) blobs = NULL;
	char *path = NULL;
	g_assert_true(blobs_open(p->state, &blobs, NULL) && blobs_path(blobs, digest, &path, NULL));
	return path;
}

/* Each project is another bundle, and so another version. */
static char *add_version(const Place *p, const char *project)
{
	g_autofree char *path = g_build_filename(p->folder, "bundle", NULL);
	g_autoptr(GBytes) model = kit_model();
	g_autoptr(Blobs) blobs = NULL;
	g_autoptr(GError) error = NULL;
	char *digest = NULL;
	int version;
	bool is_new;
	json_auto_t *about = json_pack("{s:{s:b}}", "gate", "pass", true);
	json_auto_t *header =
	        json_pack("{s:s,s:{s:s,s:s,s:[s,s]},s:s,s:s,s:{},s:{s:[{s:s,s:s},{s:s,s:s}],s:[],s:[s,s]}}", "project",
	                project, "roles", "task", "classification", "target", "t", "classes", "no", "yes", "positive",
	                "yes", "family", "linear", "params", "recipe", "inputs", "name", "x", "type", "real", "name",
	                "n", "type", "real", "transforms", "features", "x", "n");
	g_assert_nonnull(header);
	bundle_write(path, header, model, &error);
	g_assert_no_error(error);
	g_assert_true(blobs_open(p->state, &blobs, NULL) && blobs_put_file(blobs, path, true, &digest, NULL, NULL));
	registry_add(p->meta, "half", digest, about, &version, &is_new, &error);
	g_assert_no_error(error);
	return digest;
}

/* Versions 1, 2 (champion) and 3. */
static void setup(Place *p, gconstpointer unused)
{
	p->folder = g_dir_make_tmp("gyre-fleet-XXXXXX", NULL);
	p->state = g_build_filename(p->folder, "state", NULL);
	g_assert_true(meta_open(p->state, &p->meta, NULL));
	for (int i = 0; i < 3; i++) {
		const char project[] = {(char)('a' + i), '\0'};
		g_free(add_version(p, project));
	}
	g_assert_true(registry_move(p->meta, "half", ALIAS_CHAMPION, 2, "gate", WHO_GATE, NULL, NULL));
	listening = p;
}

static void teardown(Place *p, gconstpointer unused)
{
	listening = NULL;
	listens_for = NULL;
	meta_close(p->meta);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
	g_free(p->state);
}

/* It looks at the registry when it is told to only. */
static Fleet *open_fleet(const Place *p, const char *const *models, bool conducts)
{
	Fleet *f = NULL;
	g_autoptr(GError) error = NULL;
	FleetOptions options = {
	        .state_folder = p->state, .models = models, .poll_ms = 3600000, .tell = tell, .conducts = conducts};
	fleet_open(&options, &f, &error);
	g_assert_no_error(error);
	return f;
}

/* "2: 3 2" is 2 for calls without a version, and 3 and 2 are loaded; "" where the model is not there. */
static void expect(Fleet *f, const char *what)
{
	const ModelEntry *e = route_model(fleet_pin(f), "half");
	g_autoptr(GString) found = g_string_new(NULL);
	if (e)
		g_string_append_printf(found, "%d:", e->stable ? e->stable->version : 0);
	for (guint i = 0; e && i < e->versions->len; i++)
		g_string_append_printf(found, " %d", ((const Served *)e->versions->pdata[i])->version);
	fleet_unpin(f);
	g_assert_cmpstr(found->str, ==, what);
}

static void load(Fleet *f, const char *reference, const char *what)
{
	g_autoptr(GError) error = NULL;
	fleet_load(f, reference, &error);
	g_assert_no_error(error);
	expect(f, what);
}

/* A version that is loaded by name stands beside a model that is served whole: what calls without a version get stays. */
static void test_load(Place *p, gconstpointer unused)
{
	static const char *const WHOLE[] = {"half", NULL};
	for (int named = 0; named < 2; named++) {
		g_autoptr(Fleet) f = open_fleet(p, named ? WHOLE : NULL, false);
		expect(f, "2: 2");
		load(f, "half@1", "2: 2 1");
		load(f, "half", "2: 2 1");
		g_assert_true(fleet_unload(f, "half", NULL));
		expect(f, "");
		load(f, "half@3", "3: 3");
		load(f, "half@1", "3: 3 1");
		load(f, "half", "2: 3 2 1");
		g_assert_false(fleet_load(f, "half@7", NULL));
		expect(f, "2: 3 2 1");
	}
}

/* A store that is away while a model is to go: the caller is told, and the model is served when the store is back. */
static void test_unload_fails(Place *p, gconstpointer unused)
{
	g_autofree char *away = g_strconcat(p->state, ".away", NULL);
	g_autoptr(Fleet) f = open_fleet(p, NULL, false);
	g_autoptr(GError) error = NULL;
	load(f, "half@1", "2: 2 1");
	g_assert_cmpint(g_rename(p->state, away), ==, 0);
	g_assert_true(g_file_set_contents(p->state, "in the way", -1, NULL));
	g_assert_false(fleet_unload(f, "half", &error));
	g_assert_nonnull(error);
	expect(f, "2: 2 1");
	g_assert_true(g_unlink(p->state) == 0 && g_rename(away, p->state) == 0);
	g_assert_true(fleet_refresh(f, NULL));
	expect(f, "2: 2 1");
}

static char *deploy(const Place *p, int version)
{
	json_auto_t *d = NULL, *running = NULL, *check = json_pack("{s:[]}", "rows");
	g_autoptr(GError) error = NULL;
	deployment_begin(p->meta, "half", version, "canary", NULL, "Ada", NULL, &d, &error);
	g_assert_no_error(error);
	char *id = g_strdup(json_get_text(d, "id", ""));
	g_assert_true(deployment_checked(p->meta, id, check, NULL, &running, NULL));
	return id;
}

/* A candidate that cannot be loaded is rolled back; also one that an alias points at, whose loading has failed a moment before. */
static void test_broken_candidate(Place *p, gconstpointer unused)
{
	json_auto_t *about = NULL, *now = NULL;
	g_autofree char *id = deploy(p, 3), *path = NULL;
	g_assert_true(registry_move(p->meta, "half", "next", 3, "gate", WHO_GATE, NULL, NULL));
	g_assert_true(registry_get(p->meta, "half@3", &about, NULL));
	path = blob_path(p, json_get_text(about, "digest", ""));
	g_assert_true(g_chmod(path, 0644) == 0 && truncate(path, 100) == 0);
	g_autoptr(Fleet) f = open_fleet(p, NULL, true);
	expect(f, "2: 2");
	g_assert_true(deployment_get(p->meta, id, &now, NULL));
	g_assert_cmpstr(json_get_text(now, "state", ""), ==, "rolled_back");
}

/* What cannot be done about deployments is told when it begins, not at each of two looks a second. */
static void test_told_once(Place *p, gconstpointer unused)
{
	g_autofree char *id = deploy(p, 3);
	g_autoptr(Fleet) f = open_fleet(p, NULL, true);
	expect(f, "2: 3 2");
	listens_for = "could not be watched over";
	g_assert_true(meta_run(p->meta, "ALTER TABLE deployment_counts RENAME TO elsewhere", NULL, NULL, NULL));
	for (int i = 0; i < 3; i++)
		g_assert_true(fleet_refresh(f, NULL));
	g_assert_cmpuint(p->told, ==, 1);
	g_assert_true(meta_run(p->meta, "ALTER TABLE elsewhere RENAME TO deployment_counts", NULL, NULL, NULL));
	g_assert_true(fleet_refresh(f, NULL));
	g_assert_true(meta_run(p->meta, "ALTER TABLE deployment_counts RENAME TO elsewhere", NULL, NULL, NULL));
	g_assert_true(fleet_refresh(f, NULL));
	g_assert_cmpuint(p->told, ==, 2);
	g_assert_true(meta_run(p->meta, "ALTER TABLE elsewhere RENAME TO deployment_counts", NULL, NULL, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/fleet/load", Place, NULL, setup, test_load, teardown);
	g_test_add("/fleet/unload_fails", Place, NULL, setup, test_unload_fails, teardown);
	g_test_add("/fleet/broken_candidate", Place, NULL, setup, test_broken_candidate, teardown);
	g_test_add("/fleet/told_once", Place, NULL, setup, test_told_once, teardown);
	return g_test_run();
}
