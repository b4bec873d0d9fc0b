/* export_bundle.c: the bundle as it is, for libgyre and for other projects. */
#include "export/export.h"

static bool write_bundle(const ExportJob *job, GByteArray *to, GError **error)
{
	g_autoptr(GBytes) whole = NULL;
	if (!bundle_to_bytes(job->bundle, &whole, error))
		return false;
	g_byte_array_append(to, g_bytes_get_data(whole, NULL), (guint)g_bytes_get_size(whole));
	return true;
}

const ExportKind EXPORT_BUNDLE = {
        .name = "bundle",
        .help = "the bundle as it is, which `gyre predict`, libgyre and other projects take",
        .suffix = ".bundle",
        .as_it_is = true,
        .write = write_bundle,
};
