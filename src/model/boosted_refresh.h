/* boosted_refresh.h: the leaves of boosted trees measured anew on fresh rows; the splits stay.
 *
 * As XGBoost's process_type "update" with its updater "refresh" does it: tree after tree, from the first, each leaf becomes
 * what boosting would have put there,
 *
 *   leaf = -eta G / (H + lambda)        G, H: sums of the loss's first and second derivatives over the leaf's rows
 *
 * but what the leaf knew before counts too, by `keep`: its G is had back from its value and its H is the node's cover.  So with
 * keep 0 and the rows it was grown on nothing changes, and a leaf that no fresh row reaches keeps its value. */
#pragma once

#include "model/family.h"
#include "model/trees.h"

/* FAIL_INVALID for losses other than the likelihood of classes and the squared error, and for DART. */
bool boosted_refresh(const Trees *old, const UpdateSet *set, Trees **ret, GError **error);
