package format_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// consumer is a program that reads what export writes. Its output is the values of
// the variables or keys that are its last arguments, each followed by a NUL byte.
type consumer struct {
	name string
	// argv returns the command before the file and the names, nil if the program
	// is not here.
	argv func(t *testing.T) []string
	// ci says that CI installs the program: there, its absence is a failure.
	ci bool
}

// read returns what the consumer reads. ok is false if it is not here.
func (c consumer) read(t *testing.T, path string, names ...string) (values [][]byte, ok bool) {
	t.Helper()
	argv := c.argv(t)
	if argv == nil {
		if t.Logf("missing: %s", c.name); c.ci && os.Getenv("CI") == "true" {
			t.Errorf("%s is missing, which CI installs", c.name)
		}
		return nil, false
	}
	argv = append(append(argv, path), names...)
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	modules, err := filepath.Abs("../../../../.ci/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=" + t.TempDir(), "NODE_PATH=" + modules + ":" + os.Getenv("NODE_PATH")}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("%s: %v: %s", c.name, err, stderr.Bytes())
		return nil, false
	}
	values = bytes.Split(bytes.TrimSuffix(out, []byte{0}), []byte{0})
	if len(values) != len(names) {
		t.Errorf("%s reads %d values of %d", c.name, len(values), len(names))
		return nil, false
	}
	return values, true
}

// tool returns a consumer that runs a script of an installed interpreter. check is a
// script that succeeds if the interpreter has what the script needs.
func tool(name string, ci bool, check []string, argv ...string) consumer {
	return consumer{name: name, ci: ci, argv: func(t *testing.T) []string {
		t.Helper()
		if _, err := exec.LookPath(argv[0]); err != nil {
			return nil
		}
		if check != nil {
			cmd := exec.CommandContext(t.Context(), check[0], check[1:]...)
			modules, _ := filepath.Abs("../../../../.ci/node_modules")
			cmd.Env = append(os.Environ(), "NODE_PATH="+modules+":"+os.Getenv("NODE_PATH"))
			if cmd.Run() != nil {
				return nil
			}
		}
		return argv
	}}
}

const printNames = `for n in sys.argv[2:]: sys.stdout.buffer.write(read(n) + b"\0")`

// dotenvConsumers are the programs that must read a dotenv file alike.
func dotenvConsumers() []consumer {
	const sh = `set -a; . "$1"; shift; for n; do eval "printf '%s\\0' \"\$$n\""; done`
	all := []consumer{
		tool("python-dotenv", true, []string{"python3", "-c", "import dotenv"}, "python3", "-c", `
import sys, dotenv
v = dotenv.dotenv_values(sys.argv[1])
read = lambda n: v[n].encode()
`+printNames),
		tool("npm dotenv", true, []string{"node", "-e", `require("dotenv")`}, "node", "-e", `
const [path, ...names] = process.argv.slice(1)
const v = require("dotenv").parse(require("fs").readFileSync(path))
for (const n of names) process.stdout.write(v[n] + "\0")`),
		{name: "node --env-file", ci: true, argv: nodeEnvFile},
		{name: "godotenv", ci: true, argv: godotenv},
	}
	for _, name := range []string{"sh", "bash", "dash", "ksh", "zsh", "mksh"} {
		all = append(all, tool(name, name == "sh", nil, name, "-c", sh, "sh"))
	}
	return all
}

// nodeEnvFile needs the file in a flag, so a shell puts it there.
func nodeEnvFile(t *testing.T) []string {
	t.Helper()
	if exec.CommandContext(t.Context(), "node", "--env-file=/dev/null", "-e", "").Run() != nil {
		return nil
	}
	return []string{"sh", "-c", `file=$1; shift; exec node --env-file="$file" -e 'for (const n of process.argv.slice(1)) process.stdout.write(process.env[n] + "\0")' "$@"`, "sh"}
}

// godotenv builds the reader in testdata/peers.
func godotenv(t *testing.T) []string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "godotenv")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Dir = "../../../../testdata/peers/godotenv"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("go build: %v: %s", err, out)
		return nil
	}
	return []string{program}
}

// documentConsumers are the programs that must read JSON, YAML and Secrets alike.
// They print the values of keys.
func documentConsumers(format string) []consumer {
	python := func(load string) string {
		return "import sys, base64\n" + load + `
read = lambda n: v[n].encode() if isinstance(v[n], str) else v[n]
` + printNames
	}
	switch format {
	case "json":
		return []consumer{
			tool("python json", true, nil, "python3", "-c", python("import json; v = json.load(open(sys.argv[1], encoding='utf-8'))")),
			tool("node JSON.parse", true, nil, "node", "-e", `
const [path, ...names] = process.argv.slice(1)
const v = JSON.parse(require("fs").readFileSync(path, "utf8"))
for (const n of names) process.stdout.write(v[n] + "\0")`),
			tool("jq", true, []string{"jq", "--version"}, "sh", "-c", `file=$1; shift; exec jq -j '.[$ARGS.positional[]] + "\u0000"' "$file" --args "$@"`, "sh"),
		}
	case "yaml":
		return []consumer{
			tool("PyYAML", true, []string{"python3", "-c", "import yaml"}, "python3", "-c", python("import yaml; v = yaml.safe_load(open(sys.argv[1], encoding='utf-8'))")),
			tool("ruamel.yaml", false, []string{"python3", "-c", "import ruamel.yaml"}, "python3", "-c", python("import ruamel.yaml; v = ruamel.yaml.YAML(typ='safe', pure=True).load(open(sys.argv[1], encoding='utf-8'))")),
		}
	}
	return []consumer{
		tool("PyYAML", true, []string{"python3", "-c", "import yaml"}, "python3", "-c", python(`import yaml
v = {k: base64.b64decode(s) for k, s in yaml.safe_load(open(sys.argv[1]))["data"].items()}`)),
		tool("kubectl", false, []string{"kubectl", "version", "--client"}, "sh", "-c", `file=$1; shift
kubectl label --local -f "$file" read=back -o json >"$HOME/json" && exec python3 -c '
import sys, json, base64
v = json.load(open(sys.argv[1]))["data"]
for n in sys.argv[2:]: sys.stdout.buffer.write(base64.b64decode(v[n]) + b"\0")' "$HOME/json" "$@"`, "sh"),
	}
}
