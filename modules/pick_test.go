package modules_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/postern-project/postern/modules"
)

func TestFileIsPickedByFormatOrName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, format, want string }{
		{".env", "", "dotenv"}, {"x/.env", "", "dotenv"}, {".env.local", "", "dotenv"}, {"prod.env", "", "dotenv"},
		{"s.toml", "", "toml"}, {"./a/s.json", "", "json"}, {"s.yaml", "", "yaml"}, {"s.yml", "", "yaml"}, {".toml", "", "toml"},
		{"/run/secrets/", "", "folder"}, {"/run/secrets", "", "folder"}, {"a.toml/secrets", "", "folder"}, {"secrets.txt", "", "folder"},
		{"a.dotenv", "", "folder"}, {"", "", "folder"},
		{"s.json", "dotenv", "dotenv"}, {"s", "toml", "toml"}, {"s", "json", "json"}, {"s", "yaml", "yaml"}, {"s.json", "dir", "folder"}, {"s.json", "folder", "folder"},
	} {
		settings := map[string]string{"path": c.path, "format": c.format}
		module, rest, err := modules.Pick("file", settings)
		if module != c.want || err != nil || !maps.Equal(rest, map[string]string{"path": c.path}) || len(settings) != 2 {
			t.Errorf("Pick(file, %q, %q) = %q, %v, %v, want %q and the path", c.path, c.format, module, rest, err, c.want)
		}
		if !slices.Contains(modules.Formats(), module) {
			t.Errorf("Formats() lacks %q", module)
		}
	}
	if _, _, err := modules.Pick("file", map[string]string{"format": "xml"}); err == nil || err.Error() != `unknown format "xml"; want dotenv, toml, json, yaml or folder` {
		t.Errorf("Pick(file, format xml): %v", err)
	}
	settings := map[string]string{"format": "x"}
	if module, rest, err := modules.Pick("env", settings); module != "env" || !maps.Equal(rest, settings) || err != nil {
		t.Errorf("Pick(env) = %q, %v, %v", module, rest, err)
	}
}

func TestFormatsAreModules(t *testing.T) {
	t.Parallel()
	for _, name := range modules.Formats() {
		if _, ok := modules.Bytes(name); !ok {
			t.Errorf("Formats() has %q, which is not a module", name)
		}
	}
}
