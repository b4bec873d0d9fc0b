/* prune.c: details of old windows taken away, each window once. */
#include "monitor/prune.h"

#define OLD "IN (SELECT id FROM monitor_windows WHERE model = $1 AND measured >= $2 AND measured < $3)"

static bool prune(Meta *m, const char *model, int64_t from, int64_t until, GError **error)
{
	static const char *const STATEMENTS[] = {"DELETE FROM monitor_findings WHERE window_id " OLD,
	        "DELETE FROM concept_labels WHERE window_id " OLD, "DELETE FROM concept_events WHERE window_id " OLD,
	        "DELETE FROM alarm_points WHERE window_id " OLD
	        " AND (alarm IS NULL OR alarm IN (SELECT id FROM alarms WHERE state = 'resolved'))"};
	for (size_t i = 0; i < G_N_ELEMENTS(STATEMENTS); i++)
		if (!meta_run(m, STATEMENTS[i], json_pack("[s,I,I]", model, (json_int_t)from, (json_int_t)until), NULL,
		            error))
			return false;
	return meta_run(m, "UPDATE monitor_scopes SET pruned = $2 WHERE model = $1",
	        json_pack("[s,I]", model, (json_int_t)until), NULL, error);
}

bool monitor_prune(Meta *m, const char *model, int64_t now, int64_t keep, GError **error)
{
	json_auto_t *old = NULL;
	int64_t until = now - keep;
	if (!meta_row(m,
	            "SELECT s.pruned FROM monitor_scopes s WHERE s.model = $1 AND EXISTS (SELECT 1 FROM "
	            "monitor_windows w WHERE "
	            "w.model = s.model AND w.measured >= s.pruned AND w.measured < $2)",
	            json_pack("[s,I]", model, (json_int_t)until), &old, error))
		return false;
	if (!old)
		return true;
	int64_t from = json_integer_value(json_object_get(old, "pruned"));
	return meta_begin(m, error) && meta_end(m, prune(m, model, from, until, error), error);
}
