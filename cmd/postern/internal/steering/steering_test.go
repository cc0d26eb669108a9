package steering_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/steering"
)

// TestTableIsWellFormed: every example is in the table, and every pattern is written as
// names are compared.
func TestTableIsWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	families := map[string]bool{}
	for _, e := range steering.Entries() {
		if seen[e.Pattern] {
			t.Errorf("the pattern %s is in the table twice", e.Pattern)
		}
		seen[e.Pattern], families[e.Family] = true, true
		switch {
		case e.Family == "" || e.Reason == "":
			t.Errorf("%s has no family or no reason", e.Pattern)
		case strings.Trim(e.Pattern, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_*") != "" || len(strings.Trim(e.Pattern, "*_")) < 2 && e.Pattern != "R_*":
			t.Errorf("the pattern %q is not one of variables", e.Pattern)
		case strings.Contains(e.Example, "*"):
			t.Errorf("%s has no example", e.Pattern)
		}
		if _, ok := steering.Find(e.Example); !ok {
			t.Errorf("%s, the example of %s, is not in the table", e.Example, e.Pattern)
		}
	}
	if len(families) < 15 {
		t.Errorf("the table has %d families", len(families))
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for name, family := range map[string]string{
		"http_proxy": "proxies", "HTTPS_PROXY": "proxies", "Path": "places", "cc": "build", "npm_config_script_shell": "node",
		"CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER": "build", "GIT_CONFIG_KEY_0": "configuration", "POSTERN_CONFIG": "postern", "postern_x": "postern",
		"BASH_FUNC_ls%%": "shells", "MPLCONFIGDIR": "places", "GIT_NEW_THING": "git", "PYTHONNEWTHING": "python",
		// These end in words for credentials, and steer all the same.
		"GIT_SSL_KEY": "git", "NODE_UNIQUE_ID": "node", "COREPACK_INTEGRITY_KEYS": "node", "UV_CREDENTIALS_DIR": "places", "VAULT_CLIENT_KEY": "endpoints",
		"CARGO_REGISTRY_CREDENTIAL_PROVIDER": "build", "POSTERN_TOKEN": "postern",
		// These begin with "_".
		"_PYTHON_SYSCONFIGDATA_NAME": "python", "_pip_standalone_cert": "python", "__PYVENV_LAUNCHER__": "python", "_TOKEN": "", "_DB_PASSWORD": "",
		// These are parts of a page.
		"NEXT_PUBLIC_API_URL": "", "REACT_APP_PATH": "", "VITE_API_URL": "", "VITE_CONFIG_PATH": "places", "EXPO_PUBLIC_API_HOST": "", "_NEXT_PUBLIC_API_URL": "endpoints", "SENTRY_API_URL": "endpoints",
		// These differ by what is after the name of a tool.
		"CARGO_ALIAS_TEST": "build", "ANDROID_KEY_ALIAS_TEST": "", "QEMU_LD_PREFIX": "loaders", "API_KEY_PREFIX": "", "AIRFLOW__CORE__PLUGINS_FOLDER": "places",
		"AIRFLOW__CORE__DAGS_ARE_PAUSED": "configuration", "AIRFLOW__CORE__FERNET_KEY": "", "AIRFLOW_CONN_DB": "", "TF_VAR_X": "", "TF_HTTP_ADDRESS": "endpoints",
		"AWS_USE_PATH_STYLE_ENDPOINT": "", "AWS_USE_FIPS_ENDPOINT": "endpoints",
		"DB_PASSWORD": "", "LD": "build", "PATHS": "", "GOOGLE_API_KEY": "", "": "", "_": "", "BUCKET": "", "GITLAB_TOKEN": "",
	} {
		if e, ok := steering.Find(name); e.Family != family || ok != (family != "") {
			t.Errorf("Find(%q) = %q by %q, want %q", name, e.Family, e.Pattern, family)
		}
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"LD_PRELOAD": true, "LD_AUDIT": true, "DYLD_INSERT_LIBRARIES": true, "BASH_FUNC_ls__": true, "PATH": true, "BASH_ENV": true, "ENV": true,
		"NODE_OPTIONS": true, "JAVA_TOOL_OPTIONS": true, "_JAVA_OPTIONS": true, "GIT_SSH_COMMAND": true, "GIT_CONFIG_COUNT": true, "PYTHONSTARTUP": true,
		"PERL5OPT": true, "RUBYOPT": true, "IFS": true, "PS4": true, "PROMPT_COMMAND": true, "GITHUB_ENV": true, "npm_config_script_shell": true,
		"OUTPUT_OPTION": true, "TARGET_ARCH": true, "GITPERLLIB": true, "OPENSSL": true, "SYSTEM_WGETRC": true, "TAPE": true,
		"GITHUB_TOKEN": false, "DB_PASSWORD": false, "LD": false, "PATHS": false, "HTTP_PROXY": false, "NODE_ENV": false, "PYTHONUNBUFFERED": false,
	} {
		if got := steering.Runs(name); got != want {
			t.Errorf("Runs(%q) = %v", name, got)
		}
	}
}

// TestHonestNames: the names under which people keep secrets are not in the table.
func TestHonestNames(t *testing.T) {
	t.Parallel()
	names := words(t, "testdata/honest.txt")
	if len(names) < 1400 || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("%d names, want 1400 and none twice", len(names))
	}
	for _, name := range names {
		if e, ok := steering.Find(name); ok {
			t.Errorf("%s is in the table, by %s of %s", name, e.Pattern, e.Family)
		}
	}
}

// words returns the words of a file, without the lines that begin with "#".
func words(t *testing.T, path string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			all = append(all, strings.Fields(line)...)
		}
	}
	return all
}

// TestCorpus_TM152: the table has every variable of the corpus, in both cases of letters.
func TestCorpus_TM152(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 3 || seen[fields[0]] {
			t.Errorf("%q: want a new name, a program and an effect", line)
			continue
		}
		seen[fields[0]] = true
		for _, name := range []string{fields[0], strings.ToUpper(fields[0]), strings.ToLower(fields[0])} {
			if _, ok := steering.Find(name); !ok {
				t.Errorf("%s, which %s reads (%s), is not in the table", name, fields[1], fields[2])
			}
		}
	}
	if len(seen) < 2500 {
		t.Errorf("the corpus has %d names, want 2500", len(seen))
	}
}

// TestMakeDefaults_TM152: the table has every variable that GNU make sets by itself for its
// rules, or has in a command of them, and so takes from the environment.
func TestMakeDefaults_TM152(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("make")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("make is not installed: %v", err)
		}
		t.Skipf("make is not installed: %v", err)
	}
	cmd := exec.Command(program, "-p", "-f", os.DevNull)
	cmd.Env = []string{"LC_ALL=C"}
	out, _ := cmd.Output() // it fails: there is no target
	names := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^# default\n(\w+) |\$\((\w{2,})\)`).FindAllStringSubmatch(string(out), -1) {
		names[found[1]+found[2]] = true
	}
	if len(names) < 20 || !names["OUTPUT_OPTION"] || !names["TARGET_ARCH"] {
		t.Errorf("make -p has %d variables: this is not GNU make, or its form is new", len(names))
	}
	for name := range names {
		if _, ok := steering.Find(name); !ok {
			t.Errorf("%s, which make's own rules use, is not in the table", name)
		}
	}
}
