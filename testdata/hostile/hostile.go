package hostile

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed table.txt *.wasm
var files embed.FS

// Case is one row of table.txt, which explains the fields.
type Case struct {
	Name   string
	Threat string
	Given  map[string]string
	Want   string // the code of the error, or "ok"
	Fate   string
	Detail string // "" for none, "*" for any
	What   string
}

// Cases returns all rows in the order of the table.
func Cases() ([]Case, error) {
	table, err := files.ReadFile("table.txt")
	if err != nil {
		return nil, err
	}
	var out []Case
	for line := range strings.Lines(string(table)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		c, err := parse(line)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func parse(line string) (Case, error) {
	f := strings.Split(line, " | ")
	if len(f) != 7 {
		return Case{}, fmt.Errorf("%q has %d columns; want 7", line, len(f))
	}
	for i := range f {
		if f[i] == "-" {
			f[i] = ""
		}
	}
	c := Case{Name: f[0], Threat: f[1], Given: map[string]string{}, Want: f[3], Fate: f[4], Detail: f[5], What: f[6]}
	for word := range strings.FieldsSeq(f[2]) {
		name, value, _ := strings.Cut(word, "=")
		c.Given[name] = value
	}
	return c, nil
}

// Wasm returns the bytes of the module, a copy for each caller.
func (c Case) Wasm() ([]byte, error) {
	kind, rest, found := strings.Cut(c.Name, ":")
	if !found {
		return files.ReadFile(c.Name + ".wasm")
	}
	switch kind {
	case "import":
		i := strings.LastIndex(rest, ":")
		return importing(rest[:max(0, i)], rest[i+1:]), nil
	case "bytes":
		return unquote(rest)
	case "made":
		for _, known := range []map[string]func() []byte{made, dear} {
			if make, ok := known[rest]; ok {
				return make(), nil
			}
		}
	}
	return nil, fmt.Errorf("unknown module %q", c.Name)
}

// Ran reports whether the module of the case is loaded, opened and called.
func (c Case) Ran() bool { return c.Fate == "kept" || c.Fate == "replaced" }
