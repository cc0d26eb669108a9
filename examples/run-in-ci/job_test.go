//go:build unix

package runinci

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	key  = "k3y~of~the~deployment"
	cert = "-----BEGIN X-----\nfirst-line-of-it\nsecond-line-of-it\n-----END X-----\n"
)

// job is a folder with a copy of the example, and an environment whose PATH has what the
// image and the workflow put there.
type job struct {
	dir     string
	environ []string
}

func newJob(t *testing.T) *job {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash here")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postern.yaml", "deploy.sh"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	secrets := `{"deploy": {"key": "` + key + `", "cert": "` + strings.ReplaceAll(cert, "\n", `\n`) + `"}, "other": "not for this job"}`
	if err := os.WriteFile(filepath.Join(dir, "secrets.json"), []byte(secrets), 0o600); err != nil {
		t.Fatal(err)
	}
	path := install(t) + "/usr/bin:/bin"
	return &job{dir, append(os.Environ(), "PATH="+path, "HOME="+dir, "GITHUB_ENV="+filepath.Join(dir, "github.env"))}
}

// install runs the step that installs postern, in the folder that the workflow has as
// .postern, and returns what the step puts in front of PATH. PATH itself has the Go that the
// workflow sets up, and no postern.
func install(t *testing.T) (path string) {
	t.Helper()
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	tools, added := t.TempDir(), filepath.Join(t.TempDir(), "path")
	if err := os.Symlink(goCommand, filepath.Join(tools, "go")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-c", line(t, "go install"))
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "PATH="+tools+":/usr/bin:/bin", "RUNNER_TEMP="+t.TempDir(), "GITHUB_PATH="+added)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the step that installs: %v: %s", err, out)
	}
	b, err := os.ReadFile(added)
	if err != nil {
		t.Fatalf("the step that installs put nothing into PATH: %v", err)
	}
	for dir := range strings.Lines(string(b)) {
		path += strings.TrimSuffix(dir, "\n") + ":"
	}
	return path
}

// step runs one line of the workflow and returns its log.
func (j *job) step(t *testing.T, line string, more ...string) (log string, exit int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-c", line)
	cmd.Dir, cmd.Env = j.dir, append(j.environ, more...)
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return string(out), failed.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// line returns the line of the workflow that contains what, so that the file and
// this test cannot differ.
func line(t *testing.T, what string) string {
	t.Helper()
	b, err := os.ReadFile("workflow.yml")
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(b)) {
		if _, command, ok := strings.Cut(text, "run: "); ok && strings.Contains(command, what) {
			return strings.TrimSpace(command)
		}
	}
	t.Fatalf("the workflow has no step with %q", what)
	return ""
}

// runner does what the CI runner does: it reads the masks from the log and the
// variables from the file.
func (j *job) runner(t *testing.T, log string) (masks, environ []string) {
	t.Helper()
	for text := range strings.Lines(log) {
		data, ok := strings.CutPrefix(strings.TrimSuffix(text, "\n"), "::add-mask::")
		if !ok {
			t.Errorf("the step printed %q", text)
		}
		masks = append(masks, strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(data))
	}
	b, err := os.ReadFile(filepath.Join(j.dir, "github.env"))
	if err != nil {
		t.Fatal(err)
	}
	for rest := string(b); rest != ""; {
		head, body, _ := strings.Cut(rest, "\n")
		name, end, ok := strings.Cut(head, "<<")
		value, after, closed := strings.Cut(body, "\n"+end+"\n")
		if !ok || !closed {
			t.Fatalf("the runner does not understand %q", head)
		}
		environ, rest = append(environ, name+"="+value), after
	}
	return masks, environ
}

// TestGoIsSetUpBeforeItIsUsed: the workflow installs the Go version of the clone first.
func TestGoIsSetUpBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("workflow.yml")
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(b), "go install")
	_, version, ok := strings.Cut(before, "go-version-file: .postern/")
	if !ok || !strings.Contains(before, "uses: actions/setup-go@") {
		t.Fatalf("no step sets up Go before the one that installs:\n%s", before)
	}
	name, _, _ := strings.Cut(version, " ")
	if _, err := os.Stat(filepath.Join("../..", name)); err != nil {
		t.Error(err)
	}
}

func TestRunInCI(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	if log, exit := j.step(t, line(t, "config check")); exit != 0 {
		t.Fatalf("config check: %d: %s", exit, log)
	}
	log, exit := j.step(t, line(t, "export -f github"))
	if exit != 0 {
		t.Fatalf("export: %d: %s", exit, log)
	}
	masks, environ := j.runner(t, log)
	want := []string{"DEPLOY_CERT=" + cert, "DEPLOY_KEY=" + key}
	if strings.Join(environ, "|") != strings.Join(want, "|") {
		t.Errorf("later steps get %q, want %q", environ, want)
	}

	// The runner masks the log of a later step.
	log, exit = j.step(t, "./deploy.sh", environ...)
	for _, m := range masks {
		log = strings.ReplaceAll(log, m, "***")
	}
	if exit != 0 || strings.Contains(log, key) || strings.Contains(log, "first-line-of-it") {
		t.Errorf("deploy: %d: %s", exit, log)
	}

	// postern redact masks the log before the runner gets it, base64 included.
	log, exit = j.step(t, line(t, "postern redact"), append(environ, "DEPLOY_EXIT=7")...)
	if exit != 7 || !strings.Contains(log, "deploying with key [REDACTED:deploy/key]\n") || !strings.Contains(log, "Authorization: Basic Y2k6[REDACTED:deploy/key]") {
		t.Errorf("deploy and redact: %d: %s", exit, log)
	}
	for _, part := range []string{key, "first-line-of-it", "second-line-of-it"} {
		if strings.Contains(log, part) {
			t.Errorf("%q is in the log: %s", part, log)
		}
	}
}
