package project_test

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// inFolder is why a command of an SDK's page is not run here.
const inFolder = "guest-sdk/go runs it in a folder with the files that the page shows"

// notRun are the commands in pages that no test can run. An entry that no page
// uses fails.
var notRun = []struct{ page, command, why string }{
	{"README.md", ".ci/task test", "it would run this test again"},
	{"guest-sdk/go/README.md", "go test", "it tests the reader's module; guest-sdk/go tests its own"},
	{"guest-sdk/go/README.md", "GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -o colours.wasm .", inFolder},
	{"guest-sdk/go/README.md", "postern module pack colours.wasm manifest.json", inFolder},
	{"guest-sdk/go/README.md", "postern module inspect colours.wasm", inFolder},
	{"guest-sdk/go/README.md", "postern -c postern.yaml module lock", inFolder},
	{"guest-sdk/go/README.md", "postern -c postern.yaml get favourite", inFolder},
	{"guest-sdk/rust/README.md", "rustup target add wasm32-unknown-unknown", "it downloads a Rust toolchain"},
	{"guest-sdk/rust/README.md", "cargo build --release --target wasm32-unknown-unknown", inFolder},
	{"guest-sdk/rust/README.md", "RUSTC_BOOTSTRAP=1 cargo build --release --target wasm32-unknown-unknown -Zbuild-std=core,alloc,panic_abort " +
		`--config 'target.wasm32-unknown-unknown.linker="wasm-ld-22"'`, inFolder},
	{"guest-sdk/rust/README.md", "postern module pack target/wasm32-unknown-unknown/release/colours.wasm manifest.json -o colours.wasm", inFolder},
	{"guest-sdk/rust/README.md", "postern module inspect colours.wasm", inFolder},
	{"guest-sdk/rust/README.md", "postern -c postern.yaml module lock", inFolder},
	{"guest-sdk/rust/README.md", "postern -c postern.yaml get favourite", inFolder},
	{"guest-sdk/rust/README.md", "cargo test", "it needs a Rust toolchain"},
	{"modules/README.md", "modules/build.sh", "it needs a Rust toolchain; .ci/task modules runs it"},
	{"modules/README.md", "modules/build.sh --check", "it needs a Rust toolchain; .ci/task modules runs it"},
	{"modules/README.md", "cd modules && cargo test", "it needs a Rust toolchain"},
}

// pages returns the documents of the project, as slash paths from its top.
func pages(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(files(t), func(name string) bool {
		return path.Ext(name) != ".md" || strings.Contains("/"+name, "/testdata/")
	})
}

// skipper looks up commands in notRun and remembers which entries were used.
type skipper struct {
	mu   sync.Mutex
	used [][2]string
}

func (s *skipper) skips(page, command string) bool {
	for _, n := range notRun {
		if n.page == page && n.command == command && n.why != "" {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.used = append(s.used, [2]string{page, command})
			return true
		}
	}
	return false
}

// TestPages runs every command that a page prints. Its blocks of language
// "console" are sessions, whose output is compared: those of README.md run one
// after the other in one empty folder, those of an example in a copy of its
// folder, all others in a copy of the repository. Blocks of language "sh" are
// scripts for the top of a copy of the repository, and must succeed. Commands
// within a line of text must name tasks, scripts and packages that exist.
func TestPages(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh on this system")
	}
	skip := &skipper{}
	t.Run("pages", func(t *testing.T) {
		for _, page := range pages(t) {
			t.Run(page, func(t *testing.T) {
				t.Parallel()
				testPage(t, page, skip)
			})
		}
	})
	for _, n := range notRun {
		if !slices.Contains(skip.used, [2]string{n.page, n.command}) {
			t.Errorf("notRun: %s does not print %q", n.page, n.command)
		}
	}
}

func testPage(t *testing.T, page string, skip *skipper) {
	text := read(t, page)
	for _, b := range fenced(text, "") {
		t.Errorf("%s:%d: a block without a language; want sh or console for commands, text for anything else", page, b.line)
	}
	for _, b := range fenced(text, "text") {
		if strings.HasPrefix(b.text, "$ ") || strings.Contains(b.text, "\n$ ") {
			t.Errorf("%s:%d: a block of language text shows a command; want console", page, b.line)
		}
	}
	for _, fault := range inlineCommands(t, page, text, skip) {
		t.Error(fault)
	}
	all, err := sessions(text)
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	if len(all) > 0 {
		dir, env := sessionDir(t, page), shellEnv(t)
		for _, s := range all {
			if err := s.run(t.Context(), dir, env); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	for _, b := range fenced(text, "sh") {
		var script strings.Builder
		for _, command := range commandsOf(b.text) {
			if !skip.skips(page, command) {
				script.WriteString(command + "\n")
			}
		}
		if script.Len() == 0 {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", script.String())
		cmd.Dir, cmd.Env = checkout(t), shellEnv(t)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s:%d: %v\n%s%s", page, b.line, err, &script, out)
		}
	}
}

// sessionDir returns the folder in which the sessions of a page run.
func sessionDir(t *testing.T, page string) string {
	switch {
	case page == "README.md":
		return t.TempDir()
	case beneath(page, "examples"):
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, path.Dir(page)))); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	return checkout(t)
}

// shellEnv is the environment of the commands in pages: a home of its own, the
// built command and nothing of this process but what go needs.
func shellEnv(t *testing.T) []string {
	bin := t.TempDir() // what go install writes comes first
	return append(goEnv(), "GOFLAGS=-trimpath", "HOME="+t.TempDir(), "GOBIN="+bin,
		"PATH="+bin+":"+filepath.Dir(postern(t))+":"+os.Getenv("PATH"), "LC_ALL=C", "NO_COLOR=1")
}

// checkout returns a copy of the repository, the same for all pages.
func checkout(t *testing.T) string {
	t.Helper()
	checkoutOnce.Do(func() {
		checkoutDir = filepath.Join(binDir, "checkout")
		for _, name := range files(t) {
			to := filepath.Join(checkoutDir, name)
			if checkoutErr = copyFile(filepath.Join(root, name), to); checkoutErr != nil {
				return
			}
		}
	})
	if checkoutErr != nil {
		t.Fatal(checkoutErr)
	}
	return checkoutDir
}

var (
	checkoutOnce sync.Once
	checkoutDir  string
	checkoutErr  error
)

func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, b, info.Mode().Perm())
}

// commandsOf returns the commands of a script, one per line: lines that end in a
// backslash are joined with the next one, comments are dropped.
func commandsOf(script string) []string {
	var all []string
	script = strings.ReplaceAll(script, "\\\n", "")
	for line := range strings.Lines(script) {
		line, _, _ = strings.Cut(line, " #")
		if line = strings.Join(strings.Fields(line), " "); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// codeSpan finds code within a line of text.
var codeSpan = regexp.MustCompile("`([^`]+)`")

// inlineCommands returns what is wrong with the commands within the text of a
// page. Those that begin with postern are left to TestCommands.
func inlineCommands(t *testing.T, page, text string, skip *skipper) []string {
	var faults []string
	n, inside := 0, false
	for line := range strings.Lines(text) {
		n++
		if strings.HasPrefix(line, "```") {
			inside = !inside
		}
		if inside {
			continue
		}
		for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
			if skip.skips(page, m[1]) {
				continue
			}
			if why := badCommand(t, path.Dir(page), m[1]); why != "" {
				faults = append(faults, fmt.Sprintf("%s:%d: `%s`: %s", page, n, m[1], why))
			}
		}
	}
	return faults
}

// badCommand returns what is wrong with a command in a page in dir; "" if nothing
// is, or if the code is not a command of a development tool.
func badCommand(t *testing.T, dir, code string) string {
	words := strings.Fields(code)
	for len(words) > 0 && strings.Contains(words[0], "=") {
		words = words[1:]
	}
	if len(words) == 0 {
		return ""
	}
	switch name := words[0]; {
	case name == ".ci/task" && len(words) > 1:
		if words[1] != "--list" && !strings.Contains(read(t, "Taskfile.yml"), "\n  "+words[1]+":\n") {
			return "Taskfile.yml has no task " + words[1]
		}
	case strings.HasSuffix(name, ".sh") || name == ".ci/task" || name == ".ci/run" || name == ".ci/long":
		if !executable(name) && !executable(path.Join(dir, name)) {
			return name + " is not an executable file"
		}
	case name == "go" && len(words) > 1 && slices.Contains([]string{"build", "install", "run", "test"}, words[1]):
		last := words[len(words)-1]
		if !strings.HasPrefix(last, "./") {
			return "want a package of the repository, such as ./cmd/postern, as the last word, or an entry in notRun"
		}
		if info, err := os.Stat(filepath.Join(root, strings.TrimSuffix(last, "/..."))); err != nil || !info.IsDir() {
			return "there is no package " + last
		}
	case slices.Contains([]string{"cargo", "rustup", "npm", "docker", "make"}, name):
		if len(words) > 1 {
			return "no test runs this command: run it in a sh block, or add an entry to notRun"
		}
	}
	return ""
}

func executable(name string) bool {
	info, err := os.Stat(filepath.Join(root, name))
	return err == nil && info.Mode()&0o100 != 0
}

func TestBadCommand(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"go test ./...":                       "",
		"go run ./cmd/postern":                "",
		"GOOS=wasip1 go build ./guest-sdk/go": "",
		"go install ./cmd/nothing":            "there is no package ./cmd/nothing",
		"go install example.org/x@latest":     "want a package of the repository, such as ./cmd/postern, as the last word, or an entry in notRun",
		"go vet":                              "",
		".ci/task test":                       "",
		".ci/task nothing":                    "Taskfile.yml has no task nothing",
		"modules/build.sh --check":            "",
		"build.sh":                            "",
		"modules/nothing.sh":                  "modules/nothing.sh is not an executable file",
		"cargo test":                          "no test runs this command: run it in a sh block, or add an entry to notRun",
		"secret.Key":                          "",
	} {
		if got := badCommand(t, "modules", code); got != want {
			t.Errorf("badCommand(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestCommandsOf(t *testing.T) {
	t.Parallel()
	got := strings.Join(commandsOf("# a comment\nA=1 \\\n  b c   # why\n\nd\n"), "|")
	if want := "A=1 b c|d"; got != want {
		t.Errorf("commandsOf = %q, want %q", got, want)
	}
}
