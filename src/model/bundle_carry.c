/* bundle_carry.c: the old header with what changed. */
#include "model/bundle_carry.h"

#include "base/json.h"

json_t *bundle_provenance(const BundleCarry *c)
{
	json_t *provenance = json_copy(json_object_get(bundle_header(c->old), "provenance"));
	if (!provenance)
		provenance = json_object();
	json_object_set_new(provenance, "parent", json_text(c->digest));
	json_object_set_new(provenance, "update_digest", json_text(c->rows_digest));
	json_object_set(provenance, "update", (json_t *)c->how);
	json_object_set_new(provenance, "seed", json_integer((json_int_t)c->seed));
	json_object_set_new(provenance, "gyre", json_string(GYRE_VERSION));
	return provenance;
}

bool bundle_carry(const BundleCarry *c, const char *path, GError **error)
{
	const ModelFamily *family;
	g_autoptr(GBytes) bytes = NULL;
	bundle_model(c->old, &family);
	if (!family->save(c->model, &bytes, error))
		return false;
	json_auto_t *header = json_copy((json_t *)bundle_header(c->old));
	json_object_del(header, "format");
	json_object_del(header, "parts");
	json_object_set_new(header, "rows", json_integer(json_get_int(header, "rows", 0) + (json_int_t)c->rows));
	json_object_set_new(header, "provenance", bundle_provenance(c));
	if (c->threshold)
		json_object_set(header, "threshold", (json_t *)c->threshold);
	return bundle_write_with(path, header, bytes, bundle_sample(c->old), error);
}
