/* journal.h: lines from many threads into one append-only file, without a lock or a system call on their way.
 *
 * Each thread has a ring of its own; one writer empties them all every `flush_ms`, and as soon as one is a quarter full, and syncs the file once a second.  A full
 * ring drops the line and counts it: serving never waits for a disk.  So kill -9 loses at most the last flush_ms, a power cut
 * the last second and the flush.  With flush_ms 0 a line is on the disk before journal_add returns; threads that wait
 * at the same time share one sync.
 *
 * A file is held by flock while it is written: whoever can lock it knows that its writer is gone.  It is left for a new one after
 * 64 MiB or an hour. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Journal Journal;

typedef struct JournalOptions {
	const char *folder; /* made if absent; files are NAME.jsonl */
	unsigned flush_ms;
	void (*left)(void *context); /* in the writer's thread: a file is complete and unlocked; may be NULL */
	void (*tell)(const char *sentence);
	void *context;
} JournalOptions;

bool journal_open(const JournalOptions *options, Journal **ret, GError **error);
/* Writes all that was added; the threads that add must have stopped. */
void journal_close(Journal *j);

/* One or more whole lines, each with its \n.  false: dropped. */
bool journal_add(Journal *j, const char *lines, size_t size);

/* Lines that could not be written to the disk (full, gone). */
uint64_t journal_lost(const Journal *j);
