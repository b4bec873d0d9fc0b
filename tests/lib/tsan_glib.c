/* tsan_glib.c: tells ThreadSanitizer what GLib does.
 *
 * GLib's mutexes and conditions are futexes of its own, which the sanitizer does not see: without this all that they guard looks
 * like a race.  Part of the program in builds with b_sanitize=thread only; its functions stand before the library's. */
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);
	if (!found)
		__builtin_trap();
	return found;
}

void g_mutex_lock(GMutex *mutex)
{
	static void (*lock)(GMutex *);
	if (!__atomic_load_n(&lock, __ATOMIC_RELAXED))
		__atomic_store_n(&lock, REAL(g_mutex_lock), __ATOMIC_RELAXED);
	__atomic_load_n(&lock, __ATOMIC_RELAXED)(mutex);
	__tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex *mutex)
{
	gboolean taken = REAL(g_mutex_trylock)(mutex);
	if (taken)
		__tsan_acquire(mutex);
	return taken;
}

void g_mutex_unlock(GMutex *mutex)
{
	static void (*unlock)(GMutex *);
	if (!__atomic_load_n(&unlock, __ATOMIC_RELAXED))
		__atomic_store_n(&unlock, REAL(g_mutex_unlock), __ATOMIC_RELAXED);
	__tsan_release(mutex);
	__atomic_load_n(&unlock, __ATOMIC_RELAXED)(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
	__tsan_release(mutex);
	REAL(g_cond_wait)(cond, mutex);
	__tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end)
{
	__tsan_release(mutex);
	gboolean in_time = REAL(g_cond_wait_until)(cond, mutex, end);
	__tsan_acquire(mutex);
	return in_time;
}

/* A pool's queue hands an item from the thread that pushes to the one that works. */
typedef struct Pool {
	GFunc work;
	gpointer data;
} Pool;

static void work(gpointer item, gpointer pool)
{
	const Pool *p = pool;
	__tsan_acquire(item);
	p->work(item, p->data);
}

GThreadPool *g_thread_pool_new(GFunc func, gpointer data, gint most, gboolean exclusive, GError **error)
{
	Pool *p = g_new(Pool, 1); /* as long as the program: there are few */
	*p = (Pool){.work = func, .data = data};
	return REAL(g_thread_pool_new)(work, p, most, exclusive, error);
}

gboolean g_thread_pool_push(GThreadPool *pool, gpointer item, GError **error)
{
	__tsan_release(item);
	return REAL(g_thread_pool_push)(pool, item, error);
}
