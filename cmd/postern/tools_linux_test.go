package main_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/testdata/sample"
)

var allTools = flag.Bool("all-tools", false, "run every tool of testdata/tools/tools.txt, not only those of the base system")

// tool is a row of testdata/tools/tools.txt.
type tool struct {
	name, from string
	control    []string // variables of the corpus that the tool is shown to obey
	line       string   // for sh
}

// TestTools_TM152 runs real tools under run, beside modules that list every name of the
// corpus with values that point to files and a listener of an attacker, and beside a .env
// with these names, with which a tenth of the tools run. No tool opens a file of the
// attacker or connects to the listener. As a control, each tool gets some of these
// variables directly, and does.
func TestTools_TM152(t *testing.T) {
	t.Parallel()
	names := corpus(t)
	tools := readTools(t)
	beside := slices.Collect(sample.Of(t, len(tools)))
	for i, tool := range tools {
		if tool.from != "base" && !*allTools {
			continue
		}
		t.Run(tool.name, func(t *testing.T) {
			t.Parallel()
			program, _, _ := strings.Cut(tool.name, "-")
			if _, err := exec.LookPath(program); err != nil {
				if os.Getenv("CI") == "true" {
					t.Errorf("%s is missing, which CI installs", program)
				}
				t.Skipf("missing: %s IS NOT INSTALLED: nobody knows whether it obeys a module", program)
			}
			s := newTrap(t, names)
			ways := []string{"modules"}
			if *allTools || slices.Contains(beside, i) {
				ways = append(ways, "dotenv")
			}
			s.try(tool, ways)
		})
	}
}

func readTools(t *testing.T) (all []tool) {
	t.Helper()
	for _, line := range lines(t, "../../testdata/tools/tools.txt") {
		fields := strings.Split(line, "\t")
		if len(fields) != 4 {
			t.Fatalf("%q: want a name, a package, variables and a command", line)
		}
		all = append(all, tool{fields[0], fields[1], strings.Split(fields[2], ","), fields[3]})
	}
	return all
}

func corpus(t *testing.T) (names []string) {
	t.Helper()
	for _, line := range lines(t, "internal/steering/testdata/corpus.txt") {
		name, _, _ := strings.Cut(line, "\t")
		names = append(names, strings.TrimRight(name, "%"))
	}
	return names
}

// lines returns the lines of a file that do not begin with "#".
func lines(t *testing.T, path string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	return all
}

// trap is the folder and the listener of an attacker, and the folder of an honest user.
type trap struct {
	t        *testing.T
	evil     string // the attacker's folder
	work     string // the user's
	names    []string
	events   int // an inotify descriptor that watches the attacker's folder
	listener net.Listener
	visits   atomic.Int32
	honest   *httptest.Server
}

func newTrap(t *testing.T, names []string) *trap {
	t.Helper()
	s := &trap{t: t, evil: filepath.Join(t.TempDir(), "evil"), work: t.TempDir(), names: names}
	s.plant()
	s.furnish()
	s.listen()
	s.watch()
	return s
}

// plant fills the attacker's folder: under the names that tools look for there are
// scripts, and what is read as settings is not valid, but opening it is what counts.
func (s *trap) plant() {
	write := func(mode os.FileMode, text string, names ...string) {
		for _, name := range names {
			path := filepath.Join(s.evil, name)
			must(os.MkdirAll(filepath.Dir(path), 0o755))
			must(os.WriteFile(path, []byte(text), mode))
		}
	}
	write(0o755, "#!/bin/sh\nexit 1\n", "evil", "sh", "bash", "cat", "ls", "cc", "gcc", "g++", "cc1", "cc1plus", "as", "ld", "collect2", "ar", "git", "ssh", "perl",
		"python3", "node", "java", "less", "more", "vi", "bin/java", "bin/javac", "bin/evil", "uname", "rustc", "ranlib", "strip", "m4", "gzip", "xz", "tail", "head", "sed", "awk")
	write(0o644, "x\n", "evil.conf", "evil.sh", "evil.js", "evil.mk", "Evil.pm", "Git.pm", "evilmod.py", "evil.rb", "sitecustomize.py", "evil.so", "evil.jar", "evil.args", "evil.vim",
		"evil.lua", ".bashrc", ".profile", ".zshenv", ".npmrc", ".gitconfig", ".curlrc", ".wgetrc", ".netrc", ".vimrc", ".lesskey", "etc/npmrc", "gitconfig",
		"config.toml", "stdio.h", "libc.so", "pip.conf", "openssl.cnf", "init.tcl", ".tmux.conf", ".psqlrc", "gdbinit",
		"magic.mgc", "policy.xml", "type.xml", "DESC", "config", "config.json", "gpg.conf", ".sqliterc", "settings.xml", "terraform.tfrc", "tmac.man", "man.tmac", "an.tmac", "evil.pc",
		"hello.pc", "plugins/evil/plugin.yaml", "jq.jq", "site.exp", "bcrc", ".config/x", "php.ini", "irbrc", "rubygems.rb", "os.py", "encodings/__init__.py", "Rprofile.site", "Rprofile",
		"evil.el", "init.el", "autoload.rb", "json.rb", "strict.pm", "warnings.pm", "C/LC_MESSAGES/x.mo", "locale.conf", "gconv-modules", "locale-archive", "xterm", "init.lua", "hello.lua",
		"CMakeLists.txt", "hello.tcl", "pkgIndex.tcl", "hello.h", "default.supp", "ccache.conf", "hgrc", "servers", "composer.json", "GNUmakefile", "default.conf", "my.cnf", ".my.cnf")
}

// furnish makes the user's folder.
func (s *trap) furnish() {
	for name, text := range map[string]string{
		"Makefile":             "hello: hello.c\n\t$(CC) -o $@ hello.c\n",
		"hello.c":              "int main(void) { return 0; }\n",
		"package.json":         `{"name": "hello", "version": "1.0.0", "scripts": {"hello": "echo hello"}}`,
		"Hello.java":           "class Hello { public static void main(String[] a) { } }\n",
		"hello.rs":             "fn main() {}\n",
		"go.mod":               "module example.org/hello\n\ngo 1.20\n",
		"hello.go":             "package main\n\nfunc main() {}\n",
		"CMakeLists.txt":       "cmake_minimum_required(VERSION 3.10)\nproject(hello C)\nadd_executable(hello hello.c)\n",
		"build.ninja":          "rule cc\n  command = cc -o $out $in\nbuild hello2: cc hello.c\n",
		"hello.pc":             "Name: hello\nDescription: hello\nVersion: 1\n",
		"text":                 "hello\n",
		"main.tf":              "output \"hello\" { value = \"hello\" }\n",
		"modules.json":         "",
		"home/.keep":           "",
		"repository/text":      "hello\n",
		"config/postern.yaml":  "",
		"config/dotenv/.git/x": "",
	} {
		path := filepath.Join(s.work, name)
		must(os.MkdirAll(filepath.Dir(path), 0o700))
		must(os.WriteFile(path, []byte(text), 0o600))
	}
	must(os.Symlink(filepath.Join(s.evil, "evilmod.py"), filepath.Join(s.work, "evilmod.py")))
	git := exec.Command("sh", "-c", "git init -q . && git add . && git -c user.name=a -c user.email=a@example.org commit -q -m hello")
	git.Dir, git.Env = filepath.Join(s.work, "repository"), s.environ()
	if _, err := exec.LookPath("git"); err == nil {
		if out, err := git.CombinedOutput(); err != nil {
			s.t.Fatalf("git: %v: %s", err, out)
		}
	}
}

// listen starts the attacker's listener and an honest server.
func (s *trap) listen() {
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.listener.Close() })
	go func() {
		for {
			c, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.visits.Add(1)
			_ = c.Close()
		}
	}()
	s.honest = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "{\"name\": \"hello\", \"versions\": {}}\n")
	}))
	s.t.Cleanup(s.honest.Close)
}

// watch records every opening of a file in the attacker's folder.
func (s *trap) watch() {
	var err error
	if s.events, err = syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC); err != nil {
		s.t.Skipf("no inotify here: %v", err)
	}
	s.t.Cleanup(func() { _ = syscall.Close(s.events) })
	must(filepath.WalkDir(s.evil, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_, err = syscall.InotifyAddWatch(s.events, path, syscall.IN_OPEN|syscall.IN_ACCESS|syscall.IN_CREATE|syscall.IN_MODIFY)
		}
		return err
	}))
	s.marks() // of the walk itself
}

// marks returns what was opened since the last call.
func (s *trap) marks() (opened []string) {
	buffer := make([]byte, 1<<20)
	n, err := syscall.Read(s.events, buffer)
	for at := 0; err == nil && at+syscall.SizeofInotifyEvent <= n; {
		event := (*syscall.InotifyEvent)(unsafe.Pointer(&buffer[at]))
		at += syscall.SizeofInotifyEvent
		opened = append(opened, strings.TrimRight(string(buffer[at:at+int(event.Len)]), "\x00"))
		at += int(event.Len)
	}
	return opened
}

// environ is the environment of the user.
func (s *trap) environ() []string {
	url := ""
	if s.honest != nil {
		url = s.honest.URL
	}
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(s.work, "home"), "XDG_CACHE_HOME=" + compiled(s.t), "W=" + s.work, "URL=" + url,
		"LANG=C", "GOFLAGS=-mod=mod", "GOTOOLCHAIN=local", "CARGO_NET_OFFLINE=true"}
}

// value points the variable to the attacker, in the way that programs understand it.
func (s *trap) value(name string) string {
	evil, server := s.evil, "http://"+s.listener.Addr().String()
	upper := strings.ToUpper(name)
	switch upper {
	case "NODE_OPTIONS", "NPM_CONFIG_NODE_OPTIONS", "BUN_OPTIONS":
		return "--require=" + evil + "/evil.js"
	case "PERL5OPT":
		return "-MEvil"
	case "MAKEFLAGS", "GNUMAKEFLAGS":
		return "--eval=$(shell " + evil + "/evil)"
	case "OUTPUT_OPTION":
		return "-o hello.o; " + evil + "/evil;"
	case "TARGET_ARCH", "TARGET_MACH":
		return "; " + evil + "/evil; true"
	case "_PYTHON_SYSCONFIGDATA_NAME":
		return "evilmod"
	case "MAKEFILES":
		return evil + "/evil.mk"
	case "BASH_ENV", "ENV":
		return evil + "/evil.sh"
	case "GIT_CONFIG_COUNT":
		return "1"
	case "GIT_CONFIG_KEY_0":
		return "core.fsmonitor"
	case "GIT_CONFIG_VALUE_0":
		return evil + "/evil"
	case "GIT_CONFIG_PARAMETERS":
		return "'core.fsmonitor=" + evil + "/evil'"
	case "RUBYOPT":
		return "-r" + evil + "/evil.rb"
	case "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "MAVEN_OPTS":
		return "-javaagent:" + evil + "/evil.jar"
	case "LESSOPEN", "LESSCLOSE":
		return "|" + evil + "/evil %s"
	case "TAR_OPTIONS":
		return "--use-compress-program=" + evil + "/evil"
	case "GOFLAGS":
		return "-mod=mod -toolexec=" + evil + "/evil"
	case "VIMINIT", "EXINIT":
		return "source " + evil + "/evil.vim"
	case "LUA_INIT":
		return "@" + evil + "/evil.lua"
	case "TF_CLI_ARGS":
		return "-var-file=" + evil + "/evil.conf"
	case "CPATH", "C_INCLUDE_PATH", "TERM":
		return evil
	case "LD_PRELOAD":
		return evil + "/evil.so"
	case "TZ":
		return ":" + evil + "/evil.conf"
	}
	has := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(upper, word) {
				return true
			}
		}
		return false
	}
	ends := func(words ...string) bool {
		for _, word := range words {
			if strings.HasSuffix(upper, word) {
				return true
			}
		}
		return false
	}
	switch {
	case ends("PATH", "DIR", "DIRS", "HOME", "ROOT", "PREFIX", "LIB", "LIBS", "INPUTS", "TMP", "LIBRARY", "CNF", "PLUGINS"):
		return evil
	case has("PROXY", "URL", "HOST", "ENDPOINT", "ADDR", "MIRROR", "REGISTRY", "INDEX", "SERVER"):
		return server
	case ends("FILE", "CONFIG", "CONF", "CFG", "RC", "INI", "CERT", "BUNDLE", "SETTINGS", "CERTS"):
		return evil + "/evil.conf"
	}
	return evil + "/evil"
}

// configure writes a configuration of which every provider lists the corpus: a foreign
// module that may choose nothing, one that may choose all, and a built-in one, and a
// folder with a .env that lists it. An honest secret is beside them.
func (s *trap) configure() {
	wasm, _ := modules.Bytes("json")
	must(os.WriteFile(filepath.Join(s.work, "config/foreign.wasm"), wasm, 0o600))
	yaml := "providers:\n"
	for name, setting := range map[string]string{"none": "module: ./foreign.wasm", "all": "inject: true, module: ./foreign.wasm", "own": "module: json"} {
		keys := map[string]string{}
		for _, variable := range s.names {
			switch name {
			case "none":
				keys[strings.ToLower(variable)] = s.value(variable)
			case "all":
				keys[strings.ToUpper(variable)] = s.value(variable)
			case "own":
				keys[strings.ToLower(strings.ReplaceAll(variable, "_", "-"))] = s.value(variable)
			}
		}
		if name == "own" {
			keys["db/password"] = "pa55word-of-the-db"
		}
		text, err := json.Marshal(keys)
		must(err)
		must(os.WriteFile(filepath.Join(s.work, "config", name+".json"), text, 0o600))
		yaml += fmt.Sprintf("  %s: { %s, grant: { files: [{ path: ./%s.json }] }, config: { path: %s.json } }\n", name, setting, name, name)
	}
	must(os.WriteFile(filepath.Join(s.work, "config/postern.yaml"), []byte(yaml+"chain: [none, all, own]\n"), 0o600))
	dotenv := "DB_PASSWORD=pa55word-of-the-db\n"
	for _, variable := range s.names {
		if value := s.value(variable); !strings.Contains(value, "'") {
			dotenv += variable + "='" + value + "'\n"
		}
	}
	must(os.WriteFile(filepath.Join(s.work, "config/dotenv/.env"), []byte(dotenv), 0o600))
}

// try runs a tool with its variables, and then under run, beside what ways name.
func (s *trap) try(tool tool, ways []string) {
	t := s.t
	s.configure()
	direct := exec.CommandContext(t.Context(), "sh", "-c", tool.line)
	direct.Dir, direct.Env = s.work, s.environ()
	for _, name := range tool.control {
		direct.Env = append(direct.Env, name+"="+s.value(name))
	}
	out, _ := direct.CombinedOutput() // it may fail, with such variables
	opened, visits := s.marks(), s.visits.Swap(0)
	t.Logf("%-12s control, %s: %d openings, %d connections", tool.name, strings.Join(tool.control, " "), len(opened), visits)
	if len(opened) == 0 && visits == 0 {
		t.Errorf("the tool obeys none of %q: the test shows nothing; it said %s", tool.control, out)
	}
	for _, way := range ways {
		args := []string{"run", "--", "sh", "-c", `test "$DB_PASSWORD" = pa55word-of-the-db && cd "$W" && ` + tool.line}
		cmd := exec.CommandContext(t.Context(), "postern", args...)
		cmd.Dir, cmd.Env = filepath.Join(s.work, "config"), append(s.environ(), "POSTERN_ALLOW_UNPINNED=true", "POSTERN_CONFIG=postern.yaml")
		if way == "dotenv" {
			cmd.Dir, cmd.Env = filepath.Join(s.work, "config/dotenv"), s.environ()
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		stdout, err := cmd.Output()
		opened, visits := s.marks(), s.visits.Swap(0)
		t.Logf("%-12s run, %s: %d openings, %d connections", tool.name, way, len(opened), visits)
		if err != nil {
			t.Errorf("%s: run: %v: %s%s", way, err, stdout, stderr.Bytes())
		}
		if len(opened) > 0 || visits > 0 {
			t.Errorf("%s: under run the tool opened %q of the attacker and connected %d times", way, opened, visits)
		}
		if n := strings.Count(stderr.String(), "warning: not set: "); n == 0 {
			t.Errorf("%s: nothing says what was left out: %s", way, stderr.Bytes())
		}
	}
}
