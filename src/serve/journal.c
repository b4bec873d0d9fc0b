/* journal.c: rings, and the writer that empties them into the file. */
#include "serve/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/meta.h"

enum { SYNC_US = 1000000, AGE_US = 3600 * 1000000LL };
#define RING_BYTES (UINT64_C(4) << 20)
#define FILE_BYTES (UINT64_C(64) << 20)

/* One thread adds, the writer takes: head and tail only grow, their difference is what waits. */
typedef struct Ring {
	char *bytes;
	_Atomic uint64_t head, tail;
} Ring;

struct Journal {
	uint64_t id;
	char *folder;
	unsigned flush_ms;
	void (*left)(void *context);
	void (*tell)(const char *sentence);
	void *context;
	GMutex lock; /* rings, asked, done, hurry, stop */
	GPtrArray *rings;
	GCond wanted, written;
	uint64_t asked, done; /* with flush_ms 0: tickets of those who wait */
	bool hurry;           /* a ring fills: not to be waited for the next flush */
	bool stop;
	GThread *writer;
	_Atomic uint64_t lost;

	/* The writer's. */
	int file;
	char *path;
	uint64_t size;
	int64_t opened, synced;
	bool is_dirty, is_torn, is_failing;
};

static _Thread_local struct {
	uint64_t journal;
	Ring *ring;
} mine;

static void ring_free(void *ring)
{
	g_free(((Ring *)ring)->bytes);
	g_free(ring);
}

static Ring *my_ring(Journal *j)
{
	if (mine.journal == j->id)
		return mine.ring;
	Ring *r = g_new0(Ring, 1);
	r->bytes = g_malloc(RING_BYTES);
	g_mutex_lock(&j->lock);
	g_ptr_array_add(j->rings, r);
	g_mutex_unlock(&j->lock);
	mine.journal = j->id;
	mine.ring = r;
	return r;
}

static void wait_until_written(Journal *j)
{
	g_mutex_lock(&j->lock);
	uint64_t ticket = ++j->asked;
	g_cond_signal(&j->wanted);
	while (j->done < ticket)
		g_cond_wait(&j->written, &j->lock);
	g_mutex_unlock(&j->lock);
}

static void hurry(Journal *j)
{
	g_mutex_lock(&j->lock);
	j->hurry = true;
	g_cond_signal(&j->wanted);
	g_mutex_unlock(&j->lock);
}

bool journal_add(Journal *j, const char *lines, size_t size)
{
	Ring *r = my_ring(j);
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint64_t waiting = head - atomic_load_explicit(&r->tail, memory_order_acquire);
	if (size > RING_BYTES - waiting)
		return false;
	size_t at = head % RING_BYTES, first = MIN(size, RING_BYTES - at);
	memcpy(r->bytes + at, lines, first);
	memcpy(r->bytes, lines + first, size - first);
	atomic_store_explicit(&r->head, head + size, memory_order_release);
	if (j->flush_ms == 0)
		wait_until_written(j);
	else if (waiting + size > RING_BYTES / 4)
		hurry(j);
	return true;
}

uint64_t journal_lost(const Journal *j)
{
	return atomic_load(&((Journal *)j)->lost);
}

enum { NAMES_TRIED = 20 };

/* Between making a file and locking it a sealer may take it for one whose writer is gone, and remove it. */
static bool is_held(int file, const char *path)
{
	struct stat about;
	if (flock(file, LOCK_EX | LOCK_NB) == 0)
		return fstat(file, &about) == 0 && about.st_nlink > 0;
	if (errno != EWOULDBLOCK) /* else the sealer removes it */
		unlink(path);
	return false;
}

/* A name that sorts by time and is nobody else's. */
static bool open_new(const Journal *j, int *ret_file, char **ret_path, GError **error)
{
	g_autofree char *id = meta_new_id();
	*ret_path = g_strdup_printf("%s/%" G_GINT64_FORMAT "-%.8s.jsonl", j->folder, meta_now(), id);
	*ret_file = open(*ret_path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
	if (*ret_file >= 0)
		return true;
	fail_errno(error, errno, "cannot write the prediction log %s", *ret_path);
	g_clear_pointer(ret_path, g_free);
	return false;
}

static bool open_file(Journal *j, GError **error)
{
	int file;
	char *path;
	for (int tried = 0;; tried++) {
		if (!open_new(j, &file, &path, error))
			return false;
		if (is_held(file, path))
			break;
		close(file);
		g_free(path);
		if (tried == NAMES_TRIED)
			return fail(error, FAIL_UNAVAILABLE, "no file in %s can be locked for the prediction log",
			        j->folder);
	}
	if (!file_sync(j->folder, error)) { /* without its name, what is synced to the file is lost */
		unlink(path);
		close(file);
		g_free(path);
		return false;
	}
	j->file = file;
	j->path = path;
	j->size = 0;
	j->opened = g_get_monotonic_time();
	j->is_torn = false;
	return true;
}

/* What waits in a ring: up to its end, and on from its beginning. */
enum { PARTS = 2 };

static size_t bytes_of(const struct iovec *parts)
{
	return parts[0].iov_len + parts[1].iov_len;
}

static void pass_over(struct iovec *parts, size_t size)
{
	for (int i = 0; i < PARTS; i++) {
		size_t here = MIN(size, parts[i].iov_len);
		parts[i].iov_base = (char *)parts[i].iov_base + here;
		parts[i].iov_len -= here;
		size -= here;
	}
}

static void count_lost(Journal *j, const struct iovec *parts)
{
	uint64_t lines = 0;
	for (int i = 0; i < PARTS; i++)
		for (size_t k = 0; k < parts[i].iov_len; k++)
			lines += ((const char *)parts[i].iov_base)[k] == '\n';
	atomic_fetch_add(&j->lost, lines);
	if (!j->is_failing && j->tell)
		j->tell("the prediction log cannot be written (is the disk full?); predictions are answered but not "
		        "kept");
	j->is_failing = true;
}

/* Both parts by one call: a line may lie across them, and half of it is of no use.  What is half written is ended by a line of its own
 * when the disk takes bytes again; readers pass over it. */
static void write_parts(Journal *j, struct iovec *parts)
{
	if (j->is_torn && bytes_of(parts) && write(j->file, "\n", 1) == 1)
		j->is_torn = false;
	while (bytes_of(parts)) {
		ssize_t n = j->is_torn ? -1 : writev(j->file, parts, PARTS);
		if (n < 0 && errno == EINTR && !j->is_torn)
			continue;
		if (n <= 0) {
			j->is_torn = true;
			count_lost(j, parts);
			return;
		}
		pass_over(parts, (size_t)n);
		j->size += (uint64_t)n;
		j->is_dirty = true;
		j->is_failing = false;
	}
}

static void drain(Journal *j, Ring *r)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t at = tail % RING_BYTES, size = (size_t)(head - tail), first = MIN(size, RING_BYTES - at);
	struct iovec parts[PARTS] = {
	        {.iov_base = r->bytes + at, .iov_len = first}, {.iov_base = r->bytes, .iov_len = size - first}};
	write_parts(j, parts);
	atomic_store_explicit(&r->tail, head, memory_order_release);
}

static void drain_all(Journal *j)
{
	g_mutex_lock(&j->lock);
	guint count = j->rings->len;
	g_mutex_unlock(&j->lock);
	for (guint i = 0; i < count; i++) {
		g_mutex_lock(&j->lock);
		Ring *r = j->rings->pdata[i];
		g_mutex_unlock(&j->lock);
		drain(j, r);
	}
	int64_t now = g_get_monotonic_time();
	if (j->is_dirty && (j->flush_ms == 0 || now - j->synced >= SYNC_US)) {
		fdatasync(j->file);
		j->synced = now;
		j->is_dirty = false;
	}
}

static void leave_file(Journal *j, int file, char *path, uint64_t size)
{
	if (size)
		fdatasync(file);
	else
		unlink(path);
	close(file);
	g_free(path);
	if (size && j->left)
		j->left(j->context);
}

static void change_file(Journal *j)
{
	bool is_old = g_get_monotonic_time() - j->opened > AGE_US;
	int file = j->file;
	char *path = j->path;
	uint64_t size = j->size;
	if (size == 0 || (size < FILE_BYTES && !is_old) || !open_file(j, NULL))
		return; /* where no new one can be opened, the old one is gone on with */
	leave_file(j, file, path, size);
}

/* The next flush is due, somebody waits for one, or a ring fills. */
static void wait_for_work(Journal *j)
{
	int64_t until = g_get_monotonic_time() + (int64_t)j->flush_ms * 1000;
	bool due = false;
	while (!j->stop && !j->hurry && !due) {
		if (j->flush_ms)
			due = !g_cond_wait_until(&j->wanted, &j->lock, until);
		else if (j->asked == j->done)
			g_cond_wait(&j->wanted, &j->lock);
		else
			due = true;
	}
	j->hurry = false;
}

static gpointer write_on(gpointer journal)
{
	Journal *j = journal;
	bool stop = false;
	while (!stop) {
		g_mutex_lock(&j->lock);
		wait_for_work(j);
		uint64_t ticket = j->asked;
		stop = j->stop;
		g_mutex_unlock(&j->lock);
		drain_all(j);
		g_mutex_lock(&j->lock);
		j->done = ticket;
		g_cond_broadcast(&j->written);
		g_mutex_unlock(&j->lock);
		change_file(j);
	}
	leave_file(j, j->file, j->path, j->size);
	return NULL;
}

/* Journals lie two folders below the state folder; both may be new. */
static bool make_folder(const char *folder, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(folder), *above = g_path_get_dirname(parent);
	if (g_file_test(folder, G_FILE_TEST_IS_DIR))
		return true;
	return file_make_folder(folder, error) && file_sync(parent, error) && file_sync(above, error);
}

bool journal_open(const JournalOptions *options, Journal **ret, GError **error)
{
	static uint64_t count;
	if (!make_folder(options->folder, error))
		return false;
	Journal *j = g_new0(Journal, 1);
	j->id = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
	j->folder = g_strdup(options->folder);
	j->flush_ms = options->flush_ms;
	j->left = options->left;
	j->tell = options->tell;
	j->context = options->context;
	j->rings = g_ptr_array_new_with_free_func(ring_free);
	if (!open_file(j, error)) {
		g_ptr_array_unref(j->rings);
		g_free(j->folder);
		g_free(j);
		return false;
	}
	j->writer = g_thread_new("journal", write_on, j);
	*ret = j;
	return true;
}

void journal_close(Journal *j)
{
	if (!j)
		return;
	g_mutex_lock(&j->lock);
	j->stop = true;
	g_cond_signal(&j->wanted);
	g_mutex_unlock(&j->lock);
	g_thread_join(j->writer);
	g_ptr_array_unref(j->rings);
	g_free(j->folder);
	g_free(j);
}
