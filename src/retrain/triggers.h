/* triggers.h: the kinds of triggers, for the table in trigger.c and their tests. */
#pragma once

#include "retrain/trigger.h"

extern const TriggerKind TRIGGER_SCHEDULE, TRIGGER_NEW_DATA, TRIGGER_DRIFT, TRIGGER_DECAY, TRIGGER_KPI, TRIGGER_MANUAL;
