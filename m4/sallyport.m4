dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl Flags that this program asks for; each is used only where the compiler and
dnl the linker take it. They land in SP_CPPFLAGS, SP_CFLAGS and SP_LDFLAGS, so
dnl that CFLAGS and LDFLAGS stay the user's own.

dnl SP_TRY_FLAG(KIND, FLAG): KIND is CPPFLAGS, CFLAGS or LDFLAGS. The whole
dnl program is linked with the flag, and any warning about it is a refusal.
AC_DEFUN([SP_TRY_FLAG], [
	AC_REQUIRE([AC_PROG_CC])
	AS_VAR_PUSHDEF([cache], [sp_cv_flag_$2])
	AC_CACHE_CHECK([whether $CC takes $2], [cache], [
		sp_saved_CFLAGS=$CFLAGS
		sp_saved_LDFLAGS=$LDFLAGS
		CFLAGS="$CFLAGS $SP_CFLAGS -Werror $2"
		LDFLAGS="$LDFLAGS $SP_LDFLAGS"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]],
				[[char s[8]; strcpy(s, "x"); return s[0] != 'x';]])],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$sp_saved_CFLAGS
		LDFLAGS=$sp_saved_LDFLAGS])
	AS_VAR_IF([cache], [yes], [SP_$1="$SP_$1 $2"])
	AS_VAR_POPDEF([cache])
	AC_SUBST([SP_$1])
])

AC_DEFUN([SP_TRY_FLAGS],
	[m4_foreach_w([flag], [$2], [SP_TRY_FLAG([$1], m4_defn([flag]))])])

AC_DEFUN([SP_WARNINGS], [
	SP_CFLAGS="-std=gnu11"
	SP_TRY_FLAGS([CFLAGS], [
		-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
		-Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla
		-Wno-unused-parameter])
])

AC_DEFUN([SP_ENABLE_WERROR], [
	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror], [make every warning an error])])
	AS_IF([test "x$enable_werror" = xyes], [SP_CFLAGS="$SP_CFLAGS -Werror"])
])

AC_DEFUN([SP_ENABLE_SANITIZERS], [
	AC_ARG_ENABLE([sanitizers],
		[AS_HELP_STRING([--enable-sanitizers],
			[build with AddressSanitizer and UndefinedBehaviorSanitizer])])
	AS_IF([test "x$enable_sanitizers" = xyes], [
		SP_TRY_FLAGS([CFLAGS], [
			-fsanitize=address,undefined -fno-sanitize-recover=all
			-fno-omit-frame-pointer])
		SP_LDFLAGS="$SP_LDFLAGS -fsanitize=address,undefined"])
])

dnl _FORTIFY_SOURCE needs optimisation, and hides from the sanitizers what they
dnl look for.
AC_DEFUN([SP_ENABLE_HARDENING], [
	AC_ARG_ENABLE([hardening],
		[AS_HELP_STRING([--disable-hardening],
			[leave out PIE, RELRO, stack protector and _FORTIFY_SOURCE])])
	AS_IF([test "x$enable_hardening" != xno], [
		SP_TRY_FLAGS([CFLAGS], [-fPIE -fstack-protector-strong])
		SP_TRY_FLAGS([LDFLAGS], [-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack])
		AS_IF([test "x$enable_sanitizers" != xyes], [SP_FORTIFY])])
])

AC_DEFUN([SP_FORTIFY], [
	AC_CACHE_CHECK([whether $CC optimises], [sp_cv_optimises], [
		AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#ifndef __OPTIMIZE__
#error no optimisation
#endif
int x;]])], [sp_cv_optimises=yes], [sp_cv_optimises=no])])
	AS_IF([test $sp_cv_optimises = yes],
		[SP_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
	AC_SUBST([SP_CPPFLAGS])
])
