package modules_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// TestUnknownTagIsRefused: the other keys of the file can be read, and the error has
// the key, the line and the place of the tag.
func TestUnknownTagIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "s.yaml"), "a: 1\nb: !local x\n")
	rt, err := runtime.Open(t.Context(), runtime.Options{Dir: dir, Providers: []runtime.ProviderOptions{{
		Name: "y", Module: "yaml", Config: map[string]string{"path": "s.yaml"},
		Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: "s.yaml"}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rt.Close() }()
	results := rt.GetMany(t.Context(), []secret.Key{"a", "b", "c"})
	if results[0].Err != nil {
		t.Errorf("a: %v", results[0].Err)
	}
	var e *secret.Error
	// The host masks whatever a module read from the file, so also the tag.
	want := "b: line 2: its tag [REDACTED:file] is not supported"
	if !errors.As(results[1].Err, &e) || e.Code != secret.ErrInvalidValue || e.GuestText() != want {
		t.Errorf("b: %v, %q; want invalid_value, %q", results[1].Err, e.GuestText(), want)
	}
	if !errors.Is(results[2].Err, secret.ErrNotFound) {
		t.Errorf("c: %v, want not_found", results[2].Err)
	}
}
