package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// operation does the same thing n times.
type operation func(n int) error

// rows are the operations. open prepares one, with its files in dir; nothing is closed
// before the process ends.
var rows = []struct {
	name string
	open func(ctx context.Context, dir string) (operation, error)
}{
	{"get, env, pooled", func(ctx context.Context, dir string) (operation, error) { return getEnv(ctx, runtime.Pooled) }},
	{"get, env, isolated", func(ctx context.Context, dir string) (operation, error) { return getEnv(ctx, runtime.Isolated) }},
	{"get, 64 callers at once", callers},
	{"get, .env of 1,000 keys", getFile},
	{"GetMany of 1,000 keys", getMany},
	{"decision, 200 rules", decide},
	{"mask 1 MiB, 1,000 values", mask},
	{"slog record, 1,000 values", logRecord},
}

const (
	key   = "DB_URL"
	value = "postgres://app:s3cret-9f31c07a@localhost:5432/app"
)

// check fails when a secret is not the expected value.
func check(s secret.Secret, want string) error {
	got, err := s.ExposeString()
	if err == nil && got != want {
		err = fmt.Errorf("got %d bytes, want the value", len(got))
	}
	return err
}

func openEnv(ctx context.Context, mode runtime.Mode) (*runtime.Runtime, error) {
	return runtime.Open(ctx, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "env", Module: "env", Mode: mode, Grant: runtime.Grant{Env: []string{key}}}},
		Environ:   func() []string { return []string{"HOME=/", key + "=" + value} },
	})
}

func getEnv(ctx context.Context, mode runtime.Mode) (operation, error) {
	rt, err := openEnv(ctx, mode)
	if err != nil {
		return nil, err
	}
	return func(n int) error {
		for range n {
			s, err := rt.Get(ctx, key)
			if err == nil {
				err = check(s, value)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// callers shares the n gets among 64 goroutines, each with its own caller.
func callers(ctx context.Context, _ string) (operation, error) {
	rt, err := openEnv(ctx, runtime.Pooled)
	if err != nil {
		return nil, err
	}
	const count = 64
	return func(n int) error {
		var wg sync.WaitGroup
		errs := make([]error, count)
		for c := range count {
			client := rt.For(runtime.Caller{Name: fmt.Sprintf("caller-%d", c)})
			wg.Go(func() {
				for i := c; i < n && errs[c] == nil; i += count {
					s, err := client.Get(ctx, key)
					if err == nil {
						err = check(s, value)
					}
					errs[c] = err
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	}, nil
}

const fileKeys = 1000

func fileKey(i int) string   { return fmt.Sprintf("KEY_%04d", i) }
func fileValue(i int) string { return fmt.Sprintf("value-%04d-9f31c07a5be2", i) }

// openFile opens a .env file with fileKeys lines through the file module.
func openFile(ctx context.Context, dir string) (*runtime.Runtime, error) {
	var text strings.Builder
	for i := range fileKeys {
		fmt.Fprintf(&text, "%s=%s\n", fileKey(i), fileValue(i))
	}
	path := filepath.Join(dir, ".env")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return nil, err
	}
	return runtime.Open(ctx, runtime.Options{
		Dir: dir,
		Providers: []runtime.ProviderOptions{{Name: "file", Module: "file",
			Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path}}}, Config: map[string]string{"path": ".env", "format": "dotenv"}}},
	})
}

func getFile(ctx context.Context, dir string) (operation, error) {
	rt, err := openFile(ctx, dir)
	if err != nil {
		return nil, err
	}
	return func(n int) error {
		for i := range n {
			i = i * 7 % fileKeys
			s, err := rt.Get(ctx, secret.Key(fileKey(i)))
			if err == nil {
				err = check(s, fileValue(i))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func getMany(ctx context.Context, dir string) (operation, error) {
	rt, err := openFile(ctx, dir)
	if err != nil {
		return nil, err
	}
	keys := make([]secret.Key, fileKeys)
	for i := range keys {
		keys[i] = secret.Key(fileKey(i))
	}
	return func(n int) error {
		for range n {
			for i, r := range rt.GetMany(ctx, keys) {
				err := r.Err
				if err == nil {
					err = check(r.Secret, fileValue(i))
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	}, nil
}

// decide puts three requests to a policy of 200 rules: one that the rule in the middle
// allows, one that the last rule allows, and one that no rule allows.
func decide(context.Context, string) (operation, error) {
	rules := "chain { \"all\", keys = \"**\", providers = \"env\" }\n"
	for i := range 199 {
		rules += fmt.Sprintf("allow { \"r%d\", roles = \"r%d\", ops = \"read\", keys = \"space%d/**\" }\n", i, i, i)
	}
	p, err := policy.Parse("guard.lua", []byte(rules), policy.Options{})
	if err != nil {
		return nil, err
	}
	var requests []policy.Request
	for _, role := range []string{"r100", "r198", "r1"} {
		requests = append(requests, policy.Request{Caller: "guard", Roles: []string{role}, Op: policy.OpGet, Time: time.Unix(1767614400, 0)})
	}
	requests[0].Key, requests[1].Key, requests[2].Key = "space100/db/password", "space198/token", "space2/token"
	return func(n int) error {
		for i := range n {
			i %= len(requests)
			if d := p.Decide(requests[i]); d.Allow != (i < 2) {
				return fmt.Errorf("request %d: allowed is %v: %s", i, d.Allow, d.Code)
			}
		}
		return nil
	}, nil
}

// registry returns a registry of n values, and the values.
func registry(n int) (*redact.Registry, []string, error) {
	reg := redact.New(redact.Options{})
	values, entries := make([]string, n), make([]redact.Entry, n)
	for i := range n {
		values[i] = fmt.Sprintf("%016x-%04d-token", uint64(i+1)*0x9e3779b97f4a7c15, i)
		s, err := secret.FromString(values[i])
		if err != nil {
			return nil, nil, err
		}
		entries[i] = redact.Entry{Key: fmt.Sprintf("key/%04d", i), Secret: s}
	}
	return reg, values, reg.AddAll(entries)
}

// mask writes 1 MiB of log, in which one line in a hundred contains a value.
func mask(context.Context, string) (operation, error) {
	reg, values, err := registry(1000)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for i := 0; text.Len() < 1<<20; i++ {
		fmt.Fprintf(&text, "2026-03-12T10:%02d:%02dZ INFO request %d served in %d ms by upstream %x", i/60%60, i%60, i, i*31%977, i*7919)
		if i%100 == 0 {
			text.WriteString(" token=" + values[i/100%len(values)])
		}
		text.WriteByte('\n')
	}
	in := []byte(text.String()[:1<<20])
	return func(n int) error {
		for range n {
			w := reg.Writer(io.Discard, redact.WriterOptions{Idle: -1})
			for p := in; len(p) > 0; p = p[32<<10:] {
				if _, err := w.Write(p[:32<<10]); err != nil {
					return err
				}
			}
			if err := w.Close(); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func logRecord(ctx context.Context, _ string) (operation, error) {
	reg, values, err := registry(1000)
	if err != nil {
		return nil, err
	}
	log := slog.New(redact.NewHandler(io.Discard, reg, func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }))
	return func(n int) error {
		for i := range n {
			log.LogAttrs(ctx, slog.LevelInfo, "request served", slog.String("method", "GET"), slog.String("path", "/api/v1/items"),
				slog.Int("status", 200), slog.String("token", values[i%len(values)]), slog.Duration("took", 3*time.Millisecond))
		}
		return nil
	}, nil
}
