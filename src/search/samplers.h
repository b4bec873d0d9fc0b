/* samplers.h: the samplers there are, one file each; sampler.c lists them. */
#pragma once

#include "search/sampler.h"

extern const SamplerKind SAMPLER_RANDOM; /* every point as likely as any other */
extern const SamplerKind SAMPLER_GRID;   /* all combinations of a few values, shuffled */
extern const SamplerKind SAMPLER_HALTON; /* points that fill the space evenly */
extern const SamplerKind SAMPLER_TPE;    /* tree-structured Parzen estimator */
extern const SamplerKind SAMPLER_GP;     /* Gaussian process with expected improvement */
extern const SamplerKind SAMPLER_CMAES;  /* covariance matrix adaptation */
