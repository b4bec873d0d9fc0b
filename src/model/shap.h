/* shap.h: TreeSHAP: exact Shapley values of features in ensembles of trees.
 *
 * The game is that of Lundberg et al. (doi:10.1038/s42256-019-0138-9, "path dependent"): a row walks a tree by the features
 * it knows; at a split on one it does not know it goes both ways, by the shares of the training rows (Trees.cover) that went there.
 * It is XGBoost's pred_contribs, computed another way.
 *
 * Along the path to a leaf of value v, feature i has o_i (1: the row goes this way at all its splits, else 0) and z_i (the
 * product of their shares), and the game's value is v * prod(o or z).  With every feature known with probability t, its
 * mean is the polynomial v * prod(t o_i + (1 - t) z_i), and a Shapley value is the integral over t of its slope in one feature
 * (Owen 1972, doi:10.1287/mnsc.18.5.64):
 *
 *       phi_i = integral 0..1 of  v (o_i - z_i) prod over j != i of (t o_j + (1 - t) z_j)  dt
 *
 * The degree is below the number of features on the path, so half as many points of Gauss's rule give it exactly.  The
 * products go down the tree and their sums over leaves come back up, each node visited once: time is nodes x points, where the
 * usual algorithm needs leaves x depth^2, and every factor lies between 0 and 1, so nothing blows up in deep trees.  What
 * a split multiplies by depends only on whether the row still follows, so it is computed once a tree and serves all rows. */
#pragma once

#include "model/contributions.h"
#include "model/trees.h"

/* Rows x groups margins.  FAIL_NOT_FOUND: trees without covers, from a bundle made before they were kept.  FAIL_LIMIT: a tree of
 * more than 512 levels.  Any number of threads; memory is that of one tree. */
bool trees_contribute(const Trees *t, const float *x, size_t rows, Contributions **ret, GError **error);
