/* plan_inside.h: the inside of a Plan, for the files of this folder only. */
#pragma once

#include "pipeline/plan.h"

#define NO_NODE SIZE_MAX

typedef struct NodeInput {
	char *name;
	char *from;    /* "step.output", or NULL */
	size_t source; /* after plan_check: the index of that step, else NO_NODE */
	char *output;  /* ... and its output */
	char *file;    /* absolute */
	char *digest;
	PlanChoose *choose;
	void *context;
} NodeInput;

typedef struct Node {
	char *name;
	const StepKind *kind;
	json_t *params;  /* filled */
	json_t *outputs; /* names */
	GArray *inputs;  /* of NodeInput */
	uint64_t seed;
	unsigned time_limit_s, memory_mb;
	bool all_cores;
	/* Of a command only, else NULL. */
	json_t *command;     /* its words */
	json_t *files;       /* {path in the project: absolute path} */
	json_t *environment; /* names of variables */
	/* After plan_check. */
	GArray *needs, *needed_by; /* of size_t: indices of nodes */
	size_t height; /* steps on the longest way from here to the end: the higher, the sooner it should start */
} Node;

struct Plan {
	const StepKind *const *kinds;
	GPtrArray *nodes;  /* of Node */
	GHashTable *index; /* name to index + 1 */
	GArray *order;     /* of size_t; after plan_check: every step after those it needs */
	bool is_checked;
};

static inline Node *plan_node(const Plan *p, size_t i)
{
	return g_ptr_array_index(p->nodes, i);
}

static inline const NodeInput *node_input(const Node *n, size_t i)
{
	return &g_array_index(n->inputs, NodeInput, i);
}

/* The index of a step, or NO_NODE. */
size_t plan_find(const Plan *p, const char *name);

/* Puts a node into the plan; frees it on failure. */
bool plan_insert(Plan *p, Node *node, GError **error);
Node *node_new(const char *name, const StepKind *kind);
void node_free(Node *n);
void node_add_input(Node *n, const PlanInput *input);

/* Names of steps, inputs and outputs become names of files; dots only where `dots`. */
bool plan_name_is_fine(const char *name, bool dots);
