/* behaviour_size.c: a model fits where it is going. */
#include <sys/stat.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/behaviours.h"

#include <errno.h>

static const Param PARAMS[] = {
        {"at_most_mb", PARAM_REAL, "size of the bundle", .min = 0, .max = 1e9, .unit = "MiB", .flags = PARAM_REQUIRED},
        {NULL},
};

static bool run(const BehaviourInput *in, const json_t *params, BehaviourFound *ret, GError **error)
{
	struct stat about;
	if (stat(in->bundle_path, &about) != 0)
		return fail_errno(error, errno, "cannot look at %s", in->bundle_path);
	double most = json_get_number(params, "at_most_mb", 0);
	ret->found = (double)about.st_size / (1 << 20);
	ret->pass = ret->found <= most;
	ret->wanted = g_strdup_printf("at most %.3g MiB", most);
	ret->sentence = g_strdup_printf("the bundle has %.3g MiB", ret->found);
	return true;
}

const BehaviourKind BEHAVIOUR_SIZE = {
        .name = "size",
        .help = "the bundle is no larger than this",
        .params = PARAMS,
        .run = run,
};
