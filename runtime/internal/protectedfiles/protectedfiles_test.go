package protectedfiles_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/protectedfiles"
)

// TestPathsLikeTheSystem: a grant covers a file by whatever path, as the names say it and
// as the system follows it.
func TestPathsLikeTheSystem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, folder := range []string{"d/in", "e"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"link": "d", "deep": "d/in", "loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	for _, tt := range []struct {
		grant, log string
		covered    bool
	}{
		{"d", "d/log", true}, {"d", "d/new/log", true}, {"d", "link/log", true}, {"link", "d/log", true},
		{"d", "deep/../log", true}, {"d", "deep/../new/log", true}, {"deep/..", "d/log", true}, {"d/", "./d/log", true},
		{"d", "e/../d/log", true}, {"d/log", "d/log", true}, {"d/new/log", "link/new/log", true}, {".", "loop/log", true},
		{"d", filepath.Join(dir, "d/log"), true}, {filepath.Join(dir, "d"), "link/log", true}, {"..", "log", true},
		{"d", "log", false}, {"d", "dlog", false}, {"d", "e/log", false}, {"deep", "d/log", false}, {"d/log", "d/log2", false},
	} {
		s := protectedfiles.Setup{Dir: dir, Log: tt.log, Providers: []protectedfiles.Provider{{Name: "p", Grants: []protectedfiles.Grant{{Path: tt.grant, Write: true}}}}}
		refused, _ := s.Check()
		if (refused != "") != tt.covered {
			t.Errorf("write %q, log %q: %q, want covered = %v", tt.grant, tt.log, refused, tt.covered)
		}
		s.Log, s.Files = "", []protectedfiles.File{{What: "the policy", Path: tt.log}}
		if refused, _ := s.Check(); strings.Contains(refused, "the policy") != tt.covered {
			t.Errorf("write %q, policy %q: %q, want covered = %v", tt.grant, tt.log, refused, tt.covered)
		}
	}
}

// TestGrantsToRead: a provider may read what decides, and is warned of where it may read
// what proves.
func TestGrantsToRead(t *testing.T) {
	t.Parallel()
	s := protectedfiles.Setup{
		Dir: t.TempDir(), Log: "d/log", Files: []protectedfiles.File{{What: "the policy", Path: "d/p.lua"}},
		Providers: []protectedfiles.Provider{{Name: "p", Grants: []protectedfiles.Grant{{Path: "d"}}, Settings: map[string]string{"path": "d/s.json", "prefix": ""}}},
	}
	refused, warnings := s.Check()
	if refused != "" || len(warnings) != 1 || !strings.Contains(warnings[0], `provider p may read "d"`) {
		t.Errorf("Check() = %q, %q; want one warning", refused, warnings)
	}
	s.Log = ""
	if refused, warnings := s.Check(); refused != "" || warnings != nil {
		t.Errorf("without a log: %q, %q", refused, warnings)
	}
}

// TestUse: a path is used if it is a granted file, or leads to what a setting or a variable
// names, if a grant covers that. Other settings are words.
func TestUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, folder := range []string{"d/in", "yaml", "app", "d/yaml"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"s.yaml", "d/s", "d/in/s", "elsewhere"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("d/s", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	s := protectedfiles.Setup{Dir: dir, Log: "log", Providers: []protectedfiles.Provider{
		{Name: "f", Grants: []protectedfiles.Grant{{Path: "s.yaml"}}, Settings: map[string]string{"path": "s.yaml", "format": "yaml", "prefix": "app", "other": "log"}},
		{Name: "e", Grants: []protectedfiles.Grant{{Path: "d"}}, Named: []string{"link", filepath.Join(dir, "d/new"), "d/in", "elsewhere", "", "app"}},
	}}
	if refused, warnings := s.Check(); refused != "" || warnings != nil {
		t.Errorf("Check() = %q, %q", refused, warnings)
	}
	for path, want := range map[string]string{
		"s.yaml": "what provider f reads", "./yaml/../s.yaml": "what provider f reads", "log": "the decision log",
		"yaml": "", "yaml/out": "", "app/out": "", "elsewhere": "", "d/yaml/out": "", "d/in/s": "", "d/other": "", "out": "",
		"d/s": "what provider e reads", "link": "what provider e reads", "d/new": "what provider e reads", "d/in": "what provider e reads",
	} {
		if got := s.Use(filepath.Join(dir, path)); got != want {
			t.Errorf("Use(%q) = %q, want %q", path, got, want)
		}
	}
	s.Providers[0].Grants = append(s.Providers[0].Grants, protectedfiles.Grant{Path: "app"})
	if got := s.Use(filepath.Join(dir, "app/out")); got != "what provider f reads" {
		t.Errorf("in a folder that a grant covers and a setting names: %q", got)
	}
}
