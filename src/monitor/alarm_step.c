/* alarm_step.c: the automaton of an alarm. */
#include "monitor/alarm_step.h"

#include <math.h>

const char *alarm_phase_name(AlarmPhase phase)
{
	static const char *const NAMES[ALARM_PHASES] = {"none", "pending", "firing"};
	return NAMES[phase];
}

/* Limits are crossed upwards (a distance) or downwards (a score): what raised the alarm tells, by the sign of `worst`.  Of what may
 * leave its limit on either side the finding shows the one that is nearer, or its size alone: neither says how far it is back.  Nor is
 * there a side where the worst value was the limit itself. */
static bool is_calm(const AlarmRule *rule, const AlarmPoint *p, const AlarmMemory *m)
{
	if (p->state != FINDING_OK)
		return false;
	if (isnan(p->value) || isnan(p->limit) || p->either_way || m->worst == 0)
		return true;
	double back = rule->margin * fmin(fabs(m->worst), fabs(p->limit));
	return m->worst < 0 ? p->value >= p->limit + back : p->value <= p->limit - back;
}

static void note_worst(const AlarmPoint *p, AlarmMemory *m)
{
	double beyond = p->value - p->limit;
	if (isfinite(beyond) && fabs(beyond) > fabs(m->worst))
		m->worst = beyond;
}

static AlarmChange begin(const AlarmPoint *p, AlarmMemory *m)
{
	*m = (AlarmMemory){.phase = ALARM_PENDING, .recent = m->recent, .since = p->end};
	note_worst(p, m);
	return ALARM_BEGAN;
}

static AlarmChange end(AlarmMemory *m, AlarmChange change)
{
	*m = (AlarmMemory){0};
	return change;
}

AlarmChange alarm_step(const AlarmRule *rule, const AlarmPoint *p, AlarmMemory *m)
{
	bool over = p->state == FINDING_ALARM && !rule->off;
	uint32_t kept = rule->of >= ALARM_OF_MOST ? UINT32_MAX : (UINT32_C(1) << rule->of) - 1;
	AlarmChange change = ALARM_SAME;
	m->recent = (m->recent << 1 | over) & kept;
	if (over && m->phase == ALARM_NONE)
		change = begin(p, m);
	else if (over)
		note_worst(p, m);
	if (m->phase == ALARM_PENDING && __builtin_popcount(m->recent) >= rule->windows) {
		m->phase = ALARM_FIRING;
		m->fired = p->end;
		m->calm = 0;
		return ALARM_FIRED;
	}
	if (m->phase == ALARM_PENDING && m->recent == 0)
		return end(m, ALARM_DROPPED);
	if (m->phase == ALARM_FIRING) {
		m->calm = rule->off || is_calm(rule, p, m) ? m->calm + 1 : 0;
		if (m->calm >= rule->clear)
			return end(m, ALARM_RESOLVED);
	}
	return change;
}
