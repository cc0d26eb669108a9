package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// standardVariable makes this test binary write what the system says about its
// standard output to the file that it names.
const standardVariable = "POSTERN_TEST_STANDARD"

// Linux shows the same of standard output that was closed and of a null device that the
// parent opened for reading and writing. If that changes, run can refuse the former.
func TestClosedOutputLooksLikeANullDevice(t *testing.T) {
	if file := os.Getenv(standardVariable); file != "" {
		info, err := os.ReadFile("/proc/self/fdinfo/1")
		if err != nil {
			t.Fatal(err)
		}
		target, err := os.Readlink("/proc/self/fd/1")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(info, target...), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, redirection := range []string{">&-", "1<>/dev/null", ">/dev/null"} {
		file := filepath.Join(t.TempDir(), "info")
		cmd := exec.CommandContext(t.Context(), "sh", "-c", `exec "$0" -test.run='^TestClosedOutputLooksLikeANullDevice$' `+redirection, exe)
		cmd.Env = append(os.Environ(), standardVariable+"="+file)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v", redirection, err)
		}
		info, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		seen[redirection] = string(info)
	}
	if seen[">&-"] != seen["1<>/dev/null"] {
		t.Errorf("closed:\n%s\nthe null device:\n%s", seen[">&-"], seen["1<>/dev/null"])
	}
	if seen[">&-"] == seen[">/dev/null"] {
		t.Errorf("the null device for writing only looks the same:\n%s", seen[">&-"])
	}
}
