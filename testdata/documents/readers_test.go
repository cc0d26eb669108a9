package documents_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/joho/godotenv"
	gotoml "github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"
)

// values is what a reader finds in a document: by key, with "/" between names, the
// type and the text of each value.
type values map[string]string

// A reader returns what a document says, or an error if it refuses the document.
type reader struct {
	name string
	read func(text string) (values, error)
}

// expected are the readers that .ci/install.sh installs, by format. With CI=true a
// missing one is a failure.
var expected = map[string][]string{
	"toml":   {"BurntSushi/toml", "go-toml", "tomllib", "tomlkit"},
	"json":   {"encoding/json", "python json", "node JSON"},
	"yaml":   {"go-yaml", "PyYAML", "ruamel"},
	"dotenv": {"godotenv", "python-dotenv", "npm dotenv", "node --env-file", "sh"},
}

// readersOf returns the readers of a format that are on this machine, and names the
// others.
func readersOf(t *testing.T, format string) []reader {
	t.Helper()
	python := start(t, "python3", python(t), "readers.py")
	node := start(t, "node", "node", "readers.js")
	var found []reader
	for _, name := range expected[format] {
		r := reader{name: name}
		switch {
		case name == "sh":
			if _, err := exec.LookPath("sh"); err == nil {
				r.read = func(text string) (values, error) { return readShell(t, text) }
			}
		case inProcess[name] != nil:
			r.read = func(text string) (values, error) {
				v, err := inProcess[name](text)
				if err != nil {
					return nil, err
				}
				all := values{}
				flat(v, "", all)
				return all, nil
			}
		default:
			for _, p := range []*process{python, node} {
				if p != nil && slices.Contains(p.readers, name) {
					r.read = func(text string) (values, error) { return p.ask(name, text) }
				}
			}
		}
		switch {
		case r.read != nil:
			found = append(found, r)
		case os.Getenv("CI") == "true":
			t.Errorf("the reader %s is missing", name)
		default:
			t.Logf("not compared with %s, which is missing", name)
		}
	}
	return found
}

var inProcess = map[string]func(string) (any, error){
	"BurntSushi/toml": func(text string) (any, error) {
		v := map[string]any{}
		_, err := toml.Decode(text, &v)
		return v, err
	},
	"go-toml": func(text string) (any, error) {
		v := map[string]any{}
		err := gotoml.Unmarshal([]byte(text), &v)
		return v, err
	},
	"encoding/json": func(text string) (any, error) {
		v := map[string]any{}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		err := d.Decode(&v)
		return v, err
	},
	"go-yaml": func(text string) (any, error) {
		v := map[string]any{}
		err := yaml.Unmarshal([]byte(text), &v)
		return v, err
	},
	"godotenv": func(text string) (any, error) {
		found, err := godotenv.Unmarshal(text)
		v := map[string]any{}
		for name, value := range found {
			v[name] = value
		}
		return v, err
	},
}

// flat adds the values in v, with the prefix key.
func flat(v any, key string, all values) {
	join := func(name string) string {
		if key == "" {
			return name
		}
		return key + "/" + name
	}
	switch v := v.(type) {
	case map[string]any:
		all[key+"/"] = "table"
		for name, inner := range v {
			flat(inner, join(name), all)
		}
	case map[any]any:
		all[key+"/"] = "table"
		for name, inner := range v {
			flat(inner, join(fmt.Sprint(name)), all)
		}
	case []any, []map[string]any:
		all[key] = fmt.Sprintf("list %v", v)
	case string:
		all[key] = "text " + v
	case bool:
		all[key] = fmt.Sprintf("bool %v", v)
	case nil:
		all[key] = "null"
	case int, int64, uint64, float64, json.Number:
		all[key] = fmt.Sprintf("number %v", v)
	case time.Time:
		all[key] = "other " + v.Format(time.RFC3339Nano)
	default:
		all[key] = fmt.Sprintf("other %v", v)
	}
}

// readShell returns the variables that a shell has after it has read the text, without
// those that it has anyway.
func readShell(t *testing.T, text string) (values, error) {
	path := filepath.Join(t.TempDir(), "sh.env")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	c := exec.Command("sh", "-c", `set -a; . "$1"; exec env -0`, "sh", path)
	c.Env = []string{"PATH=/usr/bin:/bin"}
	c.Dir = filepath.Dir(path)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil || stderr.Len() > 0 {
		return nil, fmt.Errorf("sh: %v %s", err, stderr.String())
	}
	all := values{"/": "table"}
	for _, line := range strings.Split(string(out), "\x00") {
		name, value, ok := strings.Cut(line, "=")
		if ok && name != "PATH" && name != "PWD" && name != "OLDPWD" && name != "_" && name != "SHLVL" {
			all[name] = "text " + value
		}
	}
	return all, nil
}

// python returns the first Python that has the most readers.
func python(t *testing.T) string {
	t.Helper()
	best, most := "python3", -1
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if p := start(t, name, name, "readers.py"); p != nil && len(p.readers) > most {
			best, most = name, len(p.readers)
		}
	}
	return best
}

// process is a program that reads documents for the test.
type process struct {
	readers []string
	in      io.Writer
	out     *bufio.Reader
}

// start starts a program, which ends with the test. It returns nil without it.
func start(t *testing.T, name, program, script string) *process {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, script)
	modules, _ := filepath.Abs("../../.ci/node_modules")
	c.Env = append(os.Environ(), "NODE_PATH="+modules+string(filepath.ListSeparator)+os.Getenv("NODE_PATH"), "HOME=/nowhere")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		return nil
	}
	t.Cleanup(func() { _ = in.Close(); _ = c.Wait() })
	p := &process{in: in, out: bufio.NewReaderSize(out, 1<<20)}
	line, err := p.out.ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &p.readers) != nil {
		t.Logf("%s: %q, %v", name, line, err)
		return nil
	}
	return p
}

func (p *process) ask(name, text string) (values, error) {
	request, err := json.Marshal(map[string]any{"reader": name, "text": []byte(text)})
	if err != nil {
		return nil, err
	}
	if _, err := p.in.Write(append(request, '\n')); err != nil {
		return nil, err
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var answer struct {
		Values values
		Error  string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return nil, err
	}
	if answer.Error != "" {
		return nil, errors.New(answer.Error)
	}
	return answer.Values, nil
}
