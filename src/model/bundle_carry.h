/* bundle_carry.h: a bundle packed again around a model that learnt on: recipe, calibration, profile and sample stay; rows and
 * provenance say what became of it. */
#pragma once

#include "model/bundle.h"

typedef struct BundleCarry {
	const Bundle *old;
	const char *digest;      /* of the old one's bytes */
	const char *rows_digest; /* of what it learnt from; NULL: unknown */
	const json_t *how;       /* as it was done; kept */
	const void *model;       /* of the old one's family */
	size_t rows;             /* learnt from more */
	const json_t *threshold; /* NULL: stays */
	uint64_t seed;
} BundleCarry;

bool bundle_carry(const BundleCarry *c, const char *path, GError **error);

/* {"parent", "update_digest", "update", "seed", "gyre"} beside what the old one's provenance says.  New reference. */
json_t *bundle_provenance(const BundleCarry *c);
