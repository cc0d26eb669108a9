package env_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

func TestEnvGet(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{
		Environ: guesttest.Environ("DB_PASSWORD=first", "DB_EMPTY=", "AWS_KEY=a=b", "OTHER=hidden", "DB_PASSWORD=last", "=C:=x"),
	}, all.Grants{Env: []string{"DB_*", "AWS_KEY", "ABSENT"}})
	for _, c := range []struct {
		name, want string
		status     abi.Status
	}{
		{"DB_PASSWORD", "last", abi.OK},
		{"DB_EMPTY", "", abi.OK},
		{"AWS_KEY", "a=b", abi.OK},
		{"ABSENT", "", abi.NotFound},
		{"DB_ABSENT", "", abi.NotFound},
		{"AWS_KEY2", "", abi.Capability},
		{"OTHER", "", abi.Capability},
		{"NOT_THERE", "", abi.Capability}, // does not reveal which other variables are set
		{"db_password", "", abi.Capability},
		{"DB_*", "", abi.NotFound},
		{"", "", abi.InvalidKey},
		{"AWS_KEY=a", "", abi.InvalidKey},
		{"DB_\x00", "", abi.InvalidKey},
		{"DB_\xff", "", abi.InvalidKey},
		{"DB_" + strings.Repeat("X", 5000), "", abi.InvalidKey},
	} {
		if got, status := g.Ask("postern_env_v1.get", c.name); got != c.want || status != c.status {
			t.Errorf("get(%.40q) = %q, %v, want %q, %v", c.name, got, status, c.want, c.status)
		}
	}
	guesttest.WantCode(t, "Denied", g.Call.End().Denied, secret.ErrCapability, "no env grant covers the variable")
}

func TestEnvList(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{
		Environ: guesttest.Environ("B=1", "A_2=", "A_1=x", "A_1=y", "HIDDEN=1", "=C:=x", "A_\xff=1"),
	}, all.Grants{Env: []string{"A_*", "B", "UNSET"}})
	for prefix, want := range map[string][]string{
		"":       {"A_1", "A_2", "B"},
		"A":      {"A_1", "A_2"},
		"A_2":    {"A_2"},
		"HIDDEN": nil,
		"a":      nil,
	} {
		list, status := g.Ask("postern_env_v1.list", prefix)
		if got := guesttest.Fields(t, list, abi.TagName); status != abi.OK || !slices.Equal(got, want) {
			t.Errorf("list(%q) = %q, %v, want %q", prefix, got, status, want)
		}
	}
}

func TestEnvIsReadOncePerCall(t *testing.T) {
	t.Parallel()
	value, reads := "old", 0
	g := guesttest.New(t, capability.Options{
		Environ: func() []string { reads++; return []string{"A=" + value} },
	}, all.Grants{Env: []string{"*"}})
	for range 3 {
		if got, _ := g.Ask("postern_env_v1.get", "A"); got != "old" {
			t.Errorf("get = %q within the call, want %q", got, "old")
		}
		value = "new"
	}
	g.Begin(t.Context())
	if got, _ := g.Ask("postern_env_v1.get", "A"); got != "new" || reads != 2 {
		t.Errorf("get = %q in the next call after %d reads, want %q after 2", got, reads, "new")
	}
}

// A call that reads many variables finds what one that reads a few does: of a name that
// occurs several times, the last entry.
func TestManyVariablesAreReadAsFewAre(t *testing.T) {
	t.Parallel()
	environ := []string{"=C:=x", "NO_SIGN", "", "A=first", "EMPTY=", "EQUALS=a=b"}
	for i := range 300 {
		environ = append(environ, fmt.Sprintf("K%d=%d", i%200, i))
	}
	environ = append(environ, "A=last")
	o := capability.Options{Environ: guesttest.Environ(environ...)}
	few, many := guesttest.New(t, o, all.Grants{Env: []string{"*"}}), guesttest.New(t, o, all.Grants{Env: []string{"*"}})
	names := []string{"A", "NO_SIGN", "EMPTY", "EQUALS", "C:", "B", "K", "a"}
	for i := range 210 {
		names = append(names, fmt.Sprint("K", i))
	}
	for range 2 {
		for _, name := range names {
			few.Begin(t.Context())
			want, status := few.Ask("postern_env_v1.get", name)
			if got, s := many.Ask("postern_env_v1.get", name); got != want || s != status {
				t.Errorf("get(%q) = %q, %v among many, %q, %v alone", name, got, s, want, status)
			}
		}
	}
}

func TestEnvFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put("in/plain", "value")
	if err := os.Symlink("plain", filepath.Join(dir, "in", "link")); err != nil {
		t.Skip(err)
	}
	put("in/sub/x", "x")
	put("plain", "hidden")
	if err := os.Symlink("in/sub", filepath.Join(dir, "up")); err != nil {
		t.Fatal(err)
	}
	g := guesttest.New(t, capability.Options{
		Dir: dir, Now: guesttest.Later,
		Environ: guesttest.Environ(
			"PLAIN_FILE="+put("in/plain", "value"), "LINE_FILE="+put("in/line", "value\n"), "LINES_FILE="+put("in/lines", "value\n\n"),
			"CRLF_FILE="+put("in/crlf", "value\r\n"), "CRLFS_FILE="+put("in/crlfs", "value\r\n\r\n"), "CR_FILE="+put("in/cr", "value\r"),
			"BOTH=variable", "BOTH_FILE="+put("in/both", "file"), "BOTH_OUTSIDE=variable", "BOTH_OUTSIDE_FILE="+put("out/both", "file"), "RELATIVE_FILE=in/plain",
			"OUTSIDE_FILE="+put("out/secret", "hidden"), "CLIMBS_FILE=in/../out/secret", "BEHIND_FILE=in/no/../plain", "UP_FILE=up/../plain", "EMPTY_FILE=",
			"MISSING_FILE="+filepath.Join(dir, "in/missing"), "FOLDER_FILE="+filepath.Join(dir, "in"), "LINK_FILE=in/link", "_FILE=x",
		),
	}, all.Grants{
		Env:   []string{"PLAIN", "LINE", "LINES", "CRLF", "CRLFS", "CR", "BOTH", "BOTH_OUTSIDE", "RELATIVE", "OUTSIDE", "CLIMBS", "EMPTY", "MISSING", "FOLDER", "LINK", "BEHIND", "UP"},
		Files: []file.Grant{{Path: "in"}},
	})
	for _, c := range []struct {
		name, want string
		status     abi.Status
	}{
		{"PLAIN", "value", abi.OK},
		{"LINE", "value", abi.OK},
		{"LINES", "value\n", abi.OK},
		{"CRLF", "value", abi.OK}, // as editors on Windows end a line
		{"CRLFS", "value\r\n", abi.OK},
		{"CR", "value\r", abi.OK},
		{"BOTH", "", abi.InvalidValue}, // set twice, and nobody says which one counts
		{"BOTH_OUTSIDE", "variable", abi.OK},
		{"RELATIVE", "value", abi.OK},
		{"UP", "value", abi.OK},       // the file beside the target of the link
		{"OUTSIDE", "", abi.NotFound}, // a variable like any other
		{"CLIMBS", "", abi.NotFound},
		{"BEHIND", "", abi.Unavailable}, // meant to lie in the grant
		{"EMPTY", "", abi.NotFound},
		{"MISSING", "", abi.Unavailable},
		{"FOLDER", "", abi.Unavailable},
		{"LINK", "", abi.Unavailable},
		{"PLAIN_FILE", "", abi.Capability}, // the grant is for PLAIN
	} {
		if got, status := g.Ask("postern_env_v1.get", c.name); got != c.want || status != c.status {
			t.Errorf("get(%q) = %q, %v, want %q, %v", c.name, got, status, c.want, c.status)
		}
	}
	list, _ := g.Ask("postern_env_v1.list", "")
	if got, want := guesttest.Fields(t, list, abi.TagName), []string{"BEHIND", "BOTH", "BOTH_OUTSIDE", "CR", "CRLF", "CRLFS", "FOLDER", "LINE", "LINES", "LINK", "MISSING", "PLAIN", "RELATIVE", "UP"}; !slices.Equal(got, want) {
		t.Errorf("list() = %q, want %q", got, want)
	}
}

// TestEnvFileWithoutGrant: without a files grant a NAME_FILE is a variable like any
// other, and the guest log says so once.
func TestEnvFileWithoutGrant(t *testing.T) {
	t.Parallel()
	sink := &guesttest.Records{}
	g := guesttest.New(t, capability.Options{Log: sink.Logger(), Environ: guesttest.Environ("A_FILE=/elsewhere")}, all.Grants{Env: []string{"*"}})
	for range 2 {
		if _, status := g.Ask("postern_env_v1.get", "A"); status != abi.NotFound {
			t.Errorf("get(A) = %v, want not_found", status)
		}
	}
	if got, status := g.Ask("postern_env_v1.get", "A_FILE"); got != "/elsewhere" {
		t.Errorf("get(A_FILE) = %q, %v", got, status)
	}
	g.Set.EmitLogs(t.Context(), g.Call.End().Logs)
	if hints := sink.Count("A_FILE"); hints != 1 {
		t.Errorf("%d hints, want 1", hints)
	}
}

// TestEnvFileThatNoGrantCoversIsAVariable: beside a files grant, too, and each call
// that looks for the base has a warning that names it.
func TestEnvFileThatNoGrantCoversIsAVariable(t *testing.T) {
	t.Parallel()
	sink := &guesttest.Records{}
	g := guesttest.New(t, capability.Options{
		Dir: t.TempDir(), Log: sink.Logger(), Environ: guesttest.Environ("LOG_FILE=/var/log/app.log", "SET=x", "SET_FILE=/elsewhere", "ALIAS=x"),
	}, all.Grants{Env: []string{"*"}, Files: []file.Grant{{Path: "in"}}})
	warnings := func() (n int) {
		g.Set.EmitLogs(t.Context(), g.Call.End().Logs)
		g.Begin(t.Context())
		return sink.Count("LOG_FILE")
	}
	for n := range 2 {
		for range 2 {
			if _, status := g.Ask("postern_env_v1.get", "LOG"); status != abi.NotFound {
				t.Errorf("get(LOG) = %v, want not_found", status)
			}
		}
		if got := warnings(); got != n+1 {
			t.Errorf("%d warnings after %d calls", got, n+1)
		}
	}
	if got, status := g.Ask("postern_env_v1.get", "LOG_FILE"); got != "/var/log/app.log" || status != abi.OK {
		t.Errorf("get(LOG_FILE) = %q, %v", got, status)
	}
	if got := warnings(); got != 2 {
		t.Errorf("%d warnings after a call for the variable itself", got)
	}
	list, _ := g.Ask("postern_env_v1.list", "")
	if got, want := guesttest.Fields(t, list, abi.TagName), []string{"ALIAS", "LOG_FILE", "SET", "SET_FILE"}; !slices.Equal(got, want) {
		t.Errorf("list() = %q, want %q", got, want)
	}
	if got := warnings(); got != 3 || sink.Count("SET_FILE") != 0 {
		t.Errorf("%d warnings after a listing, which is without LOG, and %d of SET_FILE", got, sink.Count("SET_FILE"))
	}
}

// TestEnvFileIsOneKey: of a variable with the path of a granted file only the base
// is a key, whatever the grant covers.
func TestEnvFileIsOneKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "value")
	if err := os.WriteFile(path, []byte("value"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := guesttest.New(t, capability.Options{
		Dir: dir, Now: guesttest.Later,
		Environ: guesttest.Environ("A_FILE="+path, "B_FILE=/elsewhere", "C_FILE_FILE="+path, "D=d", "D_FILE="+path, "_FILE="+path),
	}, all.Grants{Env: []string{"*"}, Files: []file.Grant{{Path: path}}})
	list, _ := g.Ask("postern_env_v1.list", "")
	names := guesttest.Fields(t, list, abi.TagName)
	if want := []string{"A", "B_FILE", "C_FILE", "D", "_FILE"}; !slices.Equal(names, want) {
		t.Errorf("list() = %q, want %q", names, want)
	}
	for _, name := range []string{"A", "A_FILE", "A_FILE_FILE", "B", "B_FILE", "C", "C_FILE", "C_FILE_FILE", "D", "D_FILE", "_FILE", "a", "a_file"} {
		_, status := g.Ask("postern_env_v1.get", name)
		if answers := status == abi.OK || status == abi.InvalidValue; answers != slices.Contains(names, name) {
			t.Errorf("get(%q): %v, but listed is %q", name, status, names)
		}
	}
	if got := g.Call.Reason(abi.InvalidValue); got != "both variables are set, want one of them: D, D_FILE" {
		t.Errorf("Reason = %q", got)
	}
}

func TestEnvLimits(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{
		Environ:  guesttest.Environ("A="+strings.Repeat("x", 10), "B="+strings.Repeat("x", 11), "C=1"),
		MaxValue: 10, MaxKeys: 2,
	}, all.Grants{Env: []string{"*"}})
	if got, status := g.Ask("postern_env_v1.get", "A"); len(got) != 10 || status != abi.OK {
		t.Errorf("a value at the limit: %d bytes, %v", len(got), status)
	}
	if _, status := g.Ask("postern_env_v1.get", "B"); status != abi.TooLarge {
		t.Errorf("a value above the limit: %v, want %v", status, abi.TooLarge)
	}
	if _, status := g.Ask("postern_env_v1.list", ""); status != abi.TooLarge {
		t.Errorf("three names, above the limit of two: %v, want %v", status, abi.TooLarge)
	}
}

// A variable that does not fit into the buffer is not given, and not noted.
func TestTM009OnlyVariablesThatAreGivenAreNoted(t *testing.T) {
	t.Parallel()
	value := strings.Repeat("x", 1000)
	g := guesttest.New(t, capability.Options{Environ: guesttest.Environ("A="+value, "B="+value)}, all.Grants{Env: []string{"*"}})
	get := func(capacity uint64) {
		for _, name := range []string{"A", "B"} {
			ptr, n := g.Put(guesttest.TextAt, name)
			if got := g.Do("postern_env_v1.get", ptr, n, guesttest.BufAt, capacity); got != 1000 {
				t.Fatalf("get() = %d, want the length", got)
			}
		}
	}
	for range 3 {
		get(999) // reads the environment, and indexes it
	}
	held := g.Call.Held()
	for range 100 {
		get(0)
		get(999)
	}
	if got := g.Call.Held(); got != held {
		t.Errorf("%d bytes are held for values that were not given", got-held)
	}
	get(1000)
	given := g.Call.Held() - held
	if given < 2000 || given > 2200 {
		t.Errorf("%d bytes are held for two values of 1,000 bytes", given)
	}
	for range 100 {
		get(1000)
	}
	if got := g.Call.Held() - held; got != given {
		t.Errorf("%d bytes are held after the same values, want %d", got, given)
	}
}
