# tap.sh: what a shell test needs.  Source it:  . "$GYRE_SOURCE/tests/lib/tap.sh"  ...  and end with tap_done.
#
#   ok 'what' COMMAND...         the command succeeds
#   no 'what' COMMAND...         the command fails
#   status N 'what' COMMAND...   the command ends with status N; its output is in $OUT afterwards, its errors in $ERR
#   is 'what' GOT EXPECTED       two texts are equal
#   like 'what' TEXT PATTERN     an extended regular expression is found in a text
#   skip 'what' WHY              a point that cannot be tested here
#   skip_all WHY                 nothing can be tested here: ends the test
#   tap_done                     the plan, and the exit status

tap_points=0
tap_failures=0

tap_point() {
	tap_points=$((tap_points + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_points $2"
	else
		tap_failures=$((tap_failures + 1))
		echo "not ok $tap_points $2"
	fi
}

tap_comment() {
	printf '%s\n' "$1" | head -n 40 | sed 's/^/# /'
}

status() {
	tap_expected=$1 tap_what=$2
	shift 2
	"$@" >"$TEST_TMP/.out" 2>"$TEST_TMP/.err" && tap_status=0 || tap_status=$?
	OUT=$(cat "$TEST_TMP/.out") ERR=$(cat "$TEST_TMP/.err")
	if [ "$tap_status" = "$tap_expected" ]; then
		tap_point 0 "$tap_what"
	else
		tap_point 1 "$tap_what"
		tap_comment "status $tap_status, not $tap_expected, of: $*"
		tap_comment "$OUT"
		tap_comment "$ERR"
	fi
}

ok() {
	tap_what=$1
	shift
	status 0 "$tap_what" "$@"
}

no() {
	tap_what=$1
	shift
	if "$@" >"$TEST_TMP/.out" 2>"$TEST_TMP/.err"; then tap_point 1 "$tap_what"; else tap_point 0 "$tap_what"; fi
	OUT=$(cat "$TEST_TMP/.out") ERR=$(cat "$TEST_TMP/.err")
}

is() {
	if [ "$2" = "$3" ]; then
		tap_point 0 "$1"
	else
		tap_point 1 "$1"
		tap_comment "got:      $2"
		tap_comment "expected: $3"
	fi
}

like() {
	if printf '%s\n' "$2" | grep -qE -- "$3"; then
		tap_point 0 "$1"
	else
		tap_point 1 "$1"
		tap_comment "no /$3/ in: $2"
	fi
}

skip() {
	tap_points=$((tap_points + 1))
	echo "ok $tap_points $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

tap_done() {
	echo "1..$tap_points"
	[ "$tap_failures" = 0 ]
	exit
}
