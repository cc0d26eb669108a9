package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/joho/godotenv"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// variables is the number of environment variables, and of keys in files.
const variables = 1000

func keyOf(i int) string   { return fmt.Sprintf("KEY_%04d", i) }
func valueOf(i int) string { return fmt.Sprintf("value-%04d-9f31c07a5be2", i) }

// expect fails if a secret is not the expected value.
func expect(s secret.Secret, err error, want string) error {
	if err != nil {
		return err
	}
	got, err := s.ExposeString()
	if err == nil && got != want {
		err = fmt.Errorf("got %d bytes, want the value", len(got))
	}
	return err
}

// each repeats f.
func each(n int, f func(i int) error) error {
	for i := range n {
		if err := f(i); err != nil {
			return err
		}
	}
	return nil
}

// callers shares n operations among 64 goroutines.
func callers(n int, f func(i int) error) error {
	const count = 64
	errs := make([]error, count)
	var wg sync.WaitGroup
	for c := range count {
		wg.Go(func() {
			for i := c; i < n && errs[c] == nil; i += count {
				errs[c] = f(i)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// mapGet is a look-up and a copy, behind a lock.
func mapGet(repeat func(int, func(int) error) error) contender {
	return contender{name: "Go map", open: func(context.Context, string) (operation, func(), error) {
		store := map[string][]byte{}
		for i := range variables {
			store[keyOf(i)] = []byte(valueOf(i))
		}
		var mu sync.RWMutex
		return func(n int) error {
			return repeat(n, func(i int) error {
				i %= variables
				mu.RLock()
				v := string(store[keys[i]])
				mu.RUnlock()
				if v != values[i] {
					return errors.New("wrong value")
				}
				return nil
			})
		}, func() {}, nil
	}}
}

var keys, values = func() (k, v []string) {
	for i := range variables {
		k, v = append(k, keyOf(i)), append(v, valueOf(i))
	}
	return k, v
}()

func openEnv(ctx context.Context, mode runtime.Mode, environ func() []string) (*runtime.Runtime, error) {
	return runtime.Open(ctx, runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "env", Module: "env", Mode: mode, Grant: runtime.Grant{Env: []string{"*"}}}},
		Environ:   environ,
	})
}

func environ() []string {
	var out []string
	for i := range variables {
		out = append(out, keyOf(i)+"="+valueOf(i))
	}
	return out
}

// envGet gets variables one after the other, or from many goroutines.
func envGet(name string, mode runtime.Mode, repeat func(int, func(int) error) error) contender {
	return contender{name: name, open: func(ctx context.Context, _ string) (operation, func(), error) {
		one := []string{keyOf(0) + "=" + valueOf(0)}
		rt, err := openEnv(ctx, mode, func() []string { return one })
		if err != nil {
			return nil, nil, err
		}
		return func(n int) error {
			return repeat(n, func(int) error {
				s, err := rt.Get(ctx, secret.Key(keys[0]))
				return expect(s, err, values[0])
			})
		}, func() { rt.Close() }, nil
	}}
}

// manyVariables gets all variables in one request.
var manyVariables = contender{name: "postern", open: func(ctx context.Context, _ string) (operation, func(), error) {
	env := environ()
	rt, err := openEnv(ctx, runtime.Isolated, func() []string { return env })
	if err != nil {
		return nil, nil, err
	}
	var wanted []secret.Key
	for _, k := range keys {
		wanted = append(wanted, secret.Key(k))
	}
	return func(n int) error {
		return each(n, func(int) error {
			for i, r := range rt.GetMany(ctx, wanted) {
				if err := expect(r.Secret, r.Err, values[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}, func() { rt.Close() }, nil
}}

// manyFromMap looks up and copies all variables.
var manyFromMap = contender{name: "Go map", open: func(ctx context.Context, dir string) (operation, func(), error) {
	one, end, err := mapGet(each).open(ctx, dir)
	return func(n int) error { return one(n * variables) }, end, err
}}

const rotations = 8000 // earlier values that are still masked

// rotating gets a variable that has another value each time, with many earlier values in
// their grace.
var rotating = contender{name: "postern", open: func(ctx context.Context, _ string) (operation, func(), error) {
	i := 0
	rt, err := openEnv(ctx, runtime.Isolated, func() []string { return []string{fmt.Sprintf("KEY=value-%08d-9f31c07a5be2", i)} })
	if err != nil {
		return nil, nil, err
	}
	op := func(n int) error {
		return each(n, func(int) error {
			i++
			s, err := rt.Get(ctx, "KEY")
			return expect(s, err, fmt.Sprintf("value-%08d-9f31c07a5be2", i))
		})
	}
	return op, func() { rt.Close() }, op(rotations)
}}

func writeEnv(dir string) (path string, err error) {
	path = filepath.Join(dir, ".env")
	var text strings.Builder
	for i := range variables {
		fmt.Fprintf(&text, "%s=%s\n", keyOf(i), valueOf(i))
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return "", err
	}
	return path, touch(path, 0)
}

// touch gives the file another version, in the past: a file that has just changed may change
// again at the same time.
func touch(path string, i int) error {
	at := time.Now().Add(-time.Hour).Add(time.Duration(i%1000) * time.Second)
	return os.Chtimes(path, at, at)
}

// readLine opens the file, describes it, reads one line of it and describes it again.
var readLine = contender{name: "open, stat, read", open: func(_ context.Context, dir string) (operation, func(), error) {
	path, err := writeEnv(dir)
	size := len(keys[0] + "=" + values[0] + "\n") // that of each line
	line := make([]byte, size)
	return func(n int) error {
		return each(n, func(i int) error {
			i %= variables
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			_, before := f.Stat()
			_, err = f.ReadAt(line, int64(i*size))
			_, after := f.Stat()
			if err = errors.Join(before, err, after, f.Close()); err == nil && string(line[len(keys[i])+1:size-1]) != values[i] {
				err = errors.New("wrong value")
			}
			return err
		})
	}, func() {}, err
}}

// readFile opens and reads the file, which changes each time, and looks for the value in it.
var readFile = contender{name: "read", open: func(_ context.Context, dir string) (operation, func(), error) {
	path, err := writeEnv(dir)
	return func(n int) error {
		return each(n, func(i int) error {
			if err := touch(path, i); err != nil {
				return err
			}
			text, err := os.ReadFile(path)
			if err == nil && !bytes.Contains(text, []byte(values[i%variables])) {
				err = errors.New("no value")
			}
			return err
		})
	}, func() {}, err
}}

// godotenvGet reads the file with godotenv.
func godotenvGet(changes bool) contender {
	return contender{name: "godotenv", open: func(_ context.Context, dir string) (operation, func(), error) {
		path, err := writeEnv(dir)
		return func(n int) error {
			return each(n, func(i int) error {
				if changes {
					if err := touch(path, i); err != nil {
						return err
					}
				}
				all, err := godotenv.Read(path)
				if err == nil && all[keys[i%variables]] != values[i%variables] {
					err = errors.New("wrong value")
				}
				return err
			})
		}, func() {}, err
	}}
}

// fileGet gets a key of the file. changes gives it another version before each get. The clock
// is ahead, so that no get waits until the file has settled.
func fileGet(name string, kv int64, changes bool) contender {
	return contender{name: name, open: func(ctx context.Context, dir string) (operation, func(), error) {
		path, err := writeEnv(dir)
		if err != nil {
			return nil, nil, err
		}
		rt, err := runtime.Open(ctx, runtime.Options{
			Dir: dir, Providers: []runtime.ProviderOptions{{
				Name: "file", Module: "dotenv", Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path}}}, Config: map[string]string{"path": path},
			}},
			Limits: runtime.Limits{KV: kv}, Now: func() time.Time { return time.Now().Add(time.Hour) },
		})
		if err != nil {
			return nil, nil, err
		}
		return func(n int) error {
			return each(n, func(i int) error {
				if changes {
					if err := touch(path, i); err != nil {
						return err
					}
				}
				s, err := rt.Get(ctx, secret.Key(keys[i%variables]))
				return expect(s, err, values[i%variables])
			})
		}, func() { rt.Close() }, nil
	}}
}
