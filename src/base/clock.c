/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system's clocks, and the one word that tells this boot from another. */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sallyport/clock.h>
#include <sallyport/str.h>

static int64_t
system_boot_ms(const struct clock *clock)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 +
	       clock->offset_ms;
}

static int64_t
system_wall_s(const struct clock *clock)
{
	struct timespec ts;

	(void)clock;
	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

const struct clock clock_system = {
	.boot_ms = system_boot_ms,
	.wall_s = system_wall_s,
};

const char *
clock_boot_id(void)
{
	static char id[37];
	int fd;

	if (id[0])
		return id;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return "";
	if (read(fd, id, 36) != 36)
		id[0] = '\0';
	close(fd);
	return id;
}

void
clock_format(struct str *out, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;
	char text[32];

	if (localtime_r(&t, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		str_add(out, text);
}
