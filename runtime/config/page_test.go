package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
)

// TestPageOfSettings: the page of all settings has each of them, and is a configuration
// itself, with the defaults that it states.
func TestPageOfSettings(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../cmd/postern/docs/CONFIGURATION.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page has no block of YAML")
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range regexp.MustCompile(`\.object\(("[^)]*)\)`).FindAllStringSubmatch(string(source), -1) {
			for name := range strings.SplitSeq(call[1], ", ") {
				names++
				if !regexp.MustCompile(`(^|[ {])`+strings.Trim(name, `"`)+`:`).MatchString(strings.ReplaceAll(text, "\n", " ")) && !strings.Contains(text, strings.Trim(name, `"`)+": ") {
					t.Errorf("the page does not have the setting %s of %s", name, file)
				}
			}
		}
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if top := regexp.MustCompile(`topLevel = \[\]string\{([^}]*)\}`).FindSubmatch(source); top != nil {
			for _, name := range regexp.MustCompile(`"[^"]*"`).FindAllString(string(top[1]), -1) {
				names++
				if !strings.Contains(text, "\n"+strings.Trim(name, `"`)+":") && !strings.HasPrefix(text, strings.Trim(name, `"`)+":") {
					t.Errorf("the page does not have the setting %s", name)
				}
			}
		}
	}
	if names < 35 {
		t.Errorf("only %d settings were found in the source", names)
	}
	c, err := config.Load(named(t, "postern.yaml", text))
	if err != nil {
		t.Fatal(err)
	}
	l := c.Options.Limits
	if l.Module != "large" {
		t.Errorf("limits.module is %q", l.Module)
	}
	l.Module = ""
	if want := (wasmhost.Limits{}).WithDefaults(); wasmhost.Limits(l) != want {
		t.Errorf("the limits of the page are %+v, the defaults %+v", l, want)
	}
	if c.Timeout != config.DefaultTimeout {
		t.Errorf("the timeout of the page is %v", c.Timeout)
	}
}
