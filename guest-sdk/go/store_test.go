package postern_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/secret/secrettest"
)

// TestStoreConforms checks a Go module against the rules for providers.
func TestStoreConforms(t *testing.T) {
	t.Parallel()
	o := granted(t)
	o.Providers[0].Grant.Files[0].Write = true // without it a provider with a files grant is read-only
	secrettest.Run(t, secrettest.Factory{
		Listable: true, Writable: true, Deletable: true, Watchable: true, MaxValue: 1 << 20, Limit: time.Minute,
		Open: func(ctx context.Context, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
			rt, err := runtime.Open(ctx, o)
			if err != nil {
				return nil, err
			}
			for _, key := range slices.Sorted(maps.Keys(seed)) {
				value, err := secret.FromBytes(slices.Clone(seed[key]))
				if err == nil {
					err = rt.Set(ctx, key, value)
				}
				if err != nil {
					return nil, errors.Join(err, rt.Close())
				}
				value.Destroy()
			}
			return &secrettest.Harness{Provider: rt, Close: rt.Close}, nil
		},
	})
}

// TestReset: the variables of a module are reset after every call, unless the
// operator chose a mode that keeps them.
func TestReset(t *testing.T) {
	t.Parallel()
	for mode, want := range map[runtime.Mode][]string{
		runtime.Isolated: {"1", "1", "1"},
		runtime.Serial:   {"1", "2", "3"},
	} {
		o := granted(t)
		o.Providers[0].Mode = mode
		rt := open(t, o)
		var got []string
		for range want {
			got = append(got, text(t, rt, "try/calls"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: calls = %q, want %q", mode, got, want)
		}
	}
}

// granted returns options for the store with grants for a variable and a folder.
func granted(t *testing.T) runtime.Options {
	t.Helper()
	o := options(t, "store")
	if err := os.WriteFile(filepath.Join(o.Dir, "note"), []byte("of paper"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(o.Dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	o.Providers[0].Grant = runtime.Grant{Env: []string{"GRANTED"}, Files: []runtime.FileGrant{{Path: "."}}}
	o.Environ = func() []string { return []string{"GRANTED=" + strings.Repeat("x", 5000), "OTHER=y"} }
	return o
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	rt := open(t, granted(t))
	for key, want := range map[runtime.Key]string{
		"try/env/GRANTED": strings.Repeat("x", 5000), // more than the first buffer
		"try/env/OTHER":   "error: capability",
		"try/names":       "GRANTED",
		"try/file/note":   "of paper",
		"try/file/absent": "error: not_found",
		"try/file/sub":    "error: capability",
		"try/stat/note":   "8 bytes, versioned true",
		"try/stat/sub":    "folder",
		"try/dir":         "note 8 bytes, versioned false, sub folder",
		"try/write/note":  "error: read_only",
		"try/plain":       "error: module_crashed", // status internal
		"try/other":       "error: not_found",
	} {
		if got := text(t, rt, key); got != want {
			t.Errorf("%s = %.80q, want %.80q", key, got, want)
		}
	}
	o := granted(t)
	o.Providers[0].Grant.Files[0].Write = true
	if got := text(t, open(t, o), "try/write/new"); got != "" {
		t.Errorf("try/write/new = %q, want nothing", got)
	}
}

// TestGuestText: messages of the module go to the log and to GuestText, and not to
// the text of the error.
func TestGuestText(t *testing.T) {
	t.Parallel()
	o := granted(t)
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	rt := open(t, o)
	_, err := rt.Get(t.Context(), "try/fail")
	var e *secret.Error
	if !errors.As(err, &e) || e.Code != secret.ErrThrottled || e.GuestText() != "words of the guest" {
		t.Errorf("try/fail: %v, want throttled with the message of the guest as GuestText", err)
	}
	// A panic ends the instance and not the provider.
	for range 3 {
		if _, err = rt.Get(t.Context(), "try/panic"); secret.CodeOf(err) != secret.ErrModuleCrashed {
			t.Errorf("try/panic: %v, want module_crashed", err)
		}
		if got := text(t, rt, "try/log"); got != "true" {
			t.Errorf("after a panic: %q, want true", got)
		}
	}
	if strings.Contains(err.Error(), "words") || !strings.Contains(log.String(), `a line\\nof the guest`) {
		t.Errorf("error %v and log\n%s", err, log.String())
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	o := granted(t)
	o.Providers[0].Config = map[string]string{"refuse": "yes"}
	rt := open(t, o)
	if err := rt.Probe(t.Context(), "p").Err; secret.CodeOf(err) != secret.ErrNotConfigured {
		t.Errorf("Probe() = %v, want not_configured", err)
	}
}
