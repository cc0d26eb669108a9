package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// byOp routes each operation through providers of its own; one without is denied.
type byOp map[policy.Op][]string

func (b byOp) Decide(r policy.Request) policy.Decision {
	names, ok := b[r.Op]
	if !ok {
		return policy.Decision{Code: policy.NoRule}
	}
	return policy.Decision{Allow: true, Code: policy.Allowed, Chain: "test", Providers: names}
}

// holding is one state of three stores: bit n says that store n has the key.
type holding int

func (h holding) open(t *testing.T, d runtime.Decider) (rt *runtime.Runtime, stores []*goStore) {
	o := runtime.Options{Policy: d}
	for n, name := range []string{"a", "b", "c"} {
		s := newGoStore(t, nil)
		if h&(1<<n) != 0 {
			s.put("k", made(t, "old-"+name))
		}
		stores = append(stores, s)
		o.Providers = append(o.Providers, runtime.ProviderOptions{Name: name, Provider: s})
	}
	return open(t, o), stores
}

// state returns what the stores hold.
func state(stores []*goStore) (out [3]string) {
	for n, s := range stores {
		if v, err := s.peek("k"); err == nil {
			out[n], _ = v.ExposeString()
		}
	}
	return out
}

var orders = [][]string{{"a"}, {"a", "b"}, {"b", "a"}, {"a", "b", "c"}, {"c", "b", "a"}, {"b", "c", "a"}}

// TestSetIsReadOrRefused: after a Set that succeeds, a Get returns the new value; one
// that is refused changes nothing. So for every order of
// reading and of writing, and for all that the providers hold.
func TestSetIsReadOrRefused(t *testing.T) {
	t.Parallel()
	for reads := range orders {
		for writes := range orders {
			for h := range holding(8) {
				t.Run(fmt.Sprintf("read %v write %v holding %03b", orders[reads], orders[writes], h), func(t *testing.T) {
					rt, stores := h.open(t, byOp{policy.OpGet: orders[reads], policy.OpSet: orders[writes], policy.OpDelete: orders[writes]})
					before := state(stores)
					err := rt.Set(t.Context(), "k", made(t, "new"))
					after := state(stores)
					got, getErr := rt.Get(t.Context(), "k")
					switch {
					case err == nil && getErr == nil:
						if text, _ := got.ExposeString(); text != "new" {
							t.Errorf("Set succeeded and Get returns %q", text)
						}
					case err == nil:
						t.Errorf("Get after Set = %v", getErr)
					case secret.CodeOf(err) != secret.ErrShadowed || !errors.Is(err, secret.ErrConflict):
						t.Errorf("Set = %v, want shadowed", err)
					case after != before:
						t.Errorf("a refused Set left %q, was %q", after, before)
					}
				})
			}
		}
	}
}

// TestDeleteLeavesNothingInForce: after a Delete that succeeds, a Get finds nothing.
func TestDeleteLeavesNothingInForce(t *testing.T) {
	t.Parallel()
	for _, order := range orders {
		for h := range holding(8) {
			rt, stores := h.open(t, byOp{policy.OpGet: order, policy.OpDelete: order})
			before := state(stores)
			err := rt.Delete(t.Context(), "k")
			_, getErr := rt.Get(t.Context(), "k")
			switch code := secret.CodeOf(err); {
			case code == "" && !errors.Is(getErr, secret.ErrNotFound):
				t.Errorf("order %v holding %03b: Delete succeeded and Get = %v", order, h, getErr)
			case code != "" && state(stores) != before:
				t.Errorf("order %v holding %03b: Delete = %v, and changed a store", order, h, err)
			case code == secret.ErrNotFound && getErr == nil:
				t.Errorf("order %v holding %03b: Delete = %v, but Get finds the key", order, h, err)
			case code != "" && code != secret.ErrNotFound && code != secret.ErrShadowed:
				t.Errorf("order %v holding %03b: Delete = %v", order, h, err)
			}
			all := rt.DeleteAll(t.Context(), "k")
			if _, err := rt.Get(t.Context(), "k"); !errors.Is(err, secret.ErrNotFound) {
				t.Errorf("order %v holding %03b: DeleteAll = %v, and Get = %v", order, h, all, err)
			}
		}
	}
}

// TestDeleteAllIsWholeOrShadowed: after a DeleteAll that does not fail with shadowed, a
// Get finds nothing, for every order of reads and of deletes; one that does names the
// providers that it was removed from.
func TestDeleteAllIsWholeOrShadowed(t *testing.T) {
	t.Parallel()
	for _, reads := range orders {
		for _, deletes := range orders {
			for h := range holding(8) {
				rt, stores := h.open(t, byOp{policy.OpGet: reads, policy.OpDelete: deletes})
				before := state(stores)
				err := rt.DeleteAll(t.Context(), "k")
				after := state(stores)
				for n, name := range []string{"a", "b", "c"} {
					if gone := before[n] != after[n]; secret.CodeOf(err) == secret.ErrShadowed && gone != strings.Contains(err.Error()+",", " "+name+",") {
						t.Errorf("read %v delete %v holding %03b: DeleteAll = %v, and left %q of %q", reads, deletes, h, err, after, before)
					}
				}
				_, getErr := rt.Get(t.Context(), "k")
				if gone := errors.Is(getErr, secret.ErrNotFound); !gone && secret.CodeOf(err) != secret.ErrShadowed {
					t.Errorf("read %v delete %v holding %03b: DeleteAll = %v, and Get = %v", reads, deletes, h, err, getErr)
				}
			}
		}
	}
}

// keeping is a store that deletes nothing.
type keeping struct {
	*goStore
	err error
}

func (k keeping) Delete(context.Context, secret.Key) error { return k.err }

// TestDeleteAllSaysWhatItRemoved: if a provider fails, the error names those that have removed
// the key before it, and has the code and the provider of the failure.
func TestDeleteAllSaysWhatItRemoved(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{secret.ErrUnavailable, secret.ErrReadOnly, &secret.Error{Code: secret.ErrCapability, Detail: "a link"}, io.EOF} {
		a, b := newGoStore(t, nil), newGoStore(t, nil)
		a.put("k", made(t, "old-a"))
		b.put("k", made(t, "old-b"))
		rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "a", Provider: a}, {Name: "b", Provider: keeping{b, cause}}}})
		err := rt.DeleteAll(t.Context(), "k")
		var e *secret.Error
		if !errors.As(err, &e) || e.Provider != "b" || e.Code != secret.CodeOf(cause) || !strings.HasSuffix(err.Error(), "it was removed from a") {
			t.Errorf("%v: DeleteAll = %v", cause, err)
		}
		if _, err := a.peek("k"); !errors.Is(err, secret.ErrNotFound) {
			t.Errorf("%v: a still has it: %v", cause, err)
		}
	}
}

// TestWriteWithoutGetLearnsNothing: the answer to a caller who may not get a key is
// the same whatever the providers hold.
func TestWriteWithoutGetLearnsNothing(t *testing.T) {
	t.Parallel()
	for _, order := range orders {
		var answers []string
		for h := range holding(8) {
			rt, _ := h.open(t, byOp{policy.OpSet: order, policy.OpDelete: order})
			set := fmt.Sprint(rt.Set(t.Context(), "k", made(t, "new")))
			if !slices.Contains(answers, set) {
				answers = append(answers, set)
			}
			if len(order) > 1 {
				if err := rt.Delete(t.Context(), "k"); secret.CodeOf(err) != secret.ErrConflict {
					t.Errorf("order %v holding %03b: Delete = %v, want conflict", order, h, err)
				}
			}
		}
		if len(answers) != 1 {
			t.Errorf("order %v: Set answers %q", order, answers)
		}
	}
}

// TestBlindWriteIsWholeOrRefused: after a write of a caller who may not get the key
// that succeeds or finds nothing, a get of one who may finds the new value, or
// nothing, for all routes of reads and writes and all that the providers hold; and
// whether it is refused depends on the routes alone.
func TestBlindWriteIsWholeOrRefused(t *testing.T) {
	t.Parallel()
	list := func(names []string) string { return `{ "` + strings.Join(names, `", "`) + `" }` }
	refused := func(err error) bool {
		return secret.CodeOf(err) == secret.ErrShadowed || secret.CodeOf(err) == secret.ErrConflict
	}
	for _, reads := range orders {
		for _, writes := range orders {
			src := `allow { "r", keys = "**", callers = "reader", ops = "get" } allow { "w", keys = "**", callers = "writer", ops = { "set", "delete" } }
				chain { "get", keys = "**", ops = "get", providers = ` + list(reads) + ` } chain { "rest", keys = "**", providers = ` + list(writes) + ` }`
			p, err := policy.Parse("p.lua", []byte(src), policy.Options{})
			if err != nil {
				t.Fatal(err)
			}
			answers := map[string]bool{} // verb -> refused
			for h := range holding(8) {
				for verb, write := range map[string]func(*runtime.Client) error{
					"set":    func(c *runtime.Client) error { return c.Set(t.Context(), "k", made(t, "new")) },
					"delete": func(c *runtime.Client) error { return c.Delete(t.Context(), "k") },
					"all":    func(c *runtime.Client) error { return c.DeleteAll(t.Context(), "k") },
				} {
					rt, _ := h.open(t, p)
					err := write(rt.For(runtime.Caller{Name: "writer"}))
					text := ""
					if v, err := rt.For(runtime.Caller{Name: "reader"}).Get(t.Context(), "k"); err == nil {
						text, _ = v.ExposeString()
					}
					at := fmt.Sprintf("%s: read %v write %v holding %03b: %v, and a get finds %q", verb, reads, writes, h, err, text)
					if before, known := answers[verb]; known && before != refused(err) {
						t.Errorf("%s; other holders: refused %v", at, before)
					}
					answers[verb] = refused(err)
					switch {
					case refused(err):
					case err != nil && secret.CodeOf(err) != secret.ErrNotFound:
						t.Error(at)
					case verb == "set" && text != "new", verb != "set" && text != "":
						t.Error(at)
					}
				}
			}
		}
	}
}

// TestNamedWriterIsNotQuestioned: who names the provider has decided.
func TestNamedWriterIsNotQuestioned(t *testing.T) {
	t.Parallel()
	rt, stores := holding(0b111).open(t, nil)
	c, err := rt.For(runtime.Caller{}).At("c")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Set(t.Context(), "k", made(t, "new")); err != nil {
		t.Errorf("Set = %v", err)
	}
	if got, want := state(stores), [3]string{"old-a", "old-b", "new"}; got != want {
		t.Errorf("stores hold %q, want %q", got, want)
	}
	if n := stores[0].total() + stores[1].total(); n != 0 {
		t.Errorf("other providers were asked %d times", n)
	}
	if err := c.Delete(t.Context(), "k"); err != nil {
		t.Errorf("Delete = %v", err)
	}
}

// declining offers no writes, as a provider says it that has none.
type declining struct {
	*goStore
	err error
}

func (d declining) Set(context.Context, secret.Key, secret.Secret) error { return d.err }
func (d declining) Delete(context.Context, secret.Key) error             { return d.err }

// A provider written in Go that offers no writes is passed over, wherever it is in the
// chain, as a module without set is.
func TestProvidersThatOfferNoWritesArePassedOver(t *testing.T) {
	t.Parallel()
	inner := open(t, runtime.Options{Providers: []runtime.ProviderOptions{env("e", "NONE")}})
	for name, without := range map[string]secret.Provider{
		"read-only":   declining{newGoStore(t, map[secret.Key]string{"its": "value-its"}), secret.ErrReadOnly},
		"unsupported": declining{newGoStore(t, map[secret.Key]string{"its": "value-its"}), fmt.Errorf("no: %w", errors.ErrUnsupported)},
		"runtime":     inner,
	} {
		for _, first := range []bool{true, false} {
			store := newGoStore(t, map[secret.Key]string{"old": "value-old", "older": "value-older"})
			providers := append(single("ro", without), single("rw", store)...)
			if !first {
				slices.Reverse(providers)
			}
			rt := open(t, runtime.Options{Providers: providers})
			if err := rt.Set(t.Context(), "new", made(t, "value-new")); err != nil {
				t.Errorf("%s, first %v: Set = %v", name, first, err)
			}
			if v, err := store.peek("new"); err != nil || plain(t, v) != "value-new" {
				t.Errorf("%s, first %v: the store has %v, %v", name, first, v, err)
			}
			if err := rt.Delete(t.Context(), "old"); err != nil {
				t.Errorf("%s, first %v: Delete = %v", name, first, err)
			}
			if err := rt.DeleteAll(t.Context(), "older"); err != nil {
				t.Errorf("%s, first %v: DeleteAll = %v", name, first, err)
			}
			if err := rt.Delete(t.Context(), "absent"); !errors.Is(err, secret.ErrNotFound) {
				t.Errorf("%s, first %v: Delete of an absent key = %v", name, first, err)
			}
			if name == "runtime" {
				continue
			}
			for verb, err := range map[string]error{
				"DeleteAll": rt.DeleteAll(t.Context(), "its"), "Delete": rt.Delete(t.Context(), "its"), "Set": rt.Set(t.Context(), "its", made(t, "value-new")),
			} {
				if !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("%s, first %v: %s of a key that it has = %v, want what it says", name, first, verb, err)
				}
			}
			if _, err := store.peek("its"); !errors.Is(err, secret.ErrNotFound) {
				t.Errorf("%s, first %v: a key of the provider without writes was written elsewhere: %v", name, first, err)
			}
			if err := at(t, rt, "ro").Set(t.Context(), "named", made(t, "value-named")); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s, first %v: Set in the provider that was named = %v", name, first, err)
			}
		}
	}
	alone := open(t, runtime.Options{Providers: append(single("a", inner), single("b", declining{newGoStore(t, nil), secret.ErrReadOnly})...)})
	for verb, err := range map[string]error{"Set": alone.Set(t.Context(), "k", made(t, "value-of-k")), "Delete": alone.Delete(t.Context(), "k")} {
		if !errors.Is(err, secret.ErrReadOnly) {
			t.Errorf("%s without a provider that offers writes = %v, want read_only", verb, err)
		}
	}
	if err := alone.DeleteAll(t.Context(), "k"); !errors.Is(err, secret.ErrNotFound) {
		t.Errorf("DeleteAll of a key that nobody has = %v", err)
	}
}

// DeleteAll says not_found if no provider has the key, whatever else some of them lack.
func TestDeleteAllOfAnAbsentKeyIsNotFound(t *testing.T) {
	t.Parallel()
	for _, errs := range [][2]error{{secret.ErrNotFound, secret.ErrNotConfigured}, {secret.ErrNotConfigured, secret.ErrNotFound}} {
		rt := open(t, runtime.Options{Providers: append(
			single("a", declining{newGoStore(t, nil), errs[0]}), single("b", declining{newGoStore(t, nil), errs[1]})...)})
		if err := rt.DeleteAll(t.Context(), "k"); !errors.Is(err, secret.ErrNotFound) {
			t.Errorf("DeleteAll where Delete is %v = %v, want not_found", errs, err)
		}
	}
}

// A module says by its exports and grants what it offers: if it declines one write, that is
// the answer, and the value is stored nowhere else.
func TestAModuleThatDeclinesAWriteIsNotPassedOver(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string) runtime.ProviderOptions {
		path := filepath.Join(folder, name+".yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return runtime.ProviderOptions{Name: name, Module: "yaml", Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path, Write: true}}}, Config: map[string]string{"path": path}}
	}
	const aliased = "base: &b\n  password: old-password-1\nprod: *b\n"
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{file("other", "o: 1\n"), file("main", aliased)}})
	for verb, err := range map[string]error{
		"Set": rt.Set(t.Context(), "base/password", made(t, "new-password-2")), "Delete": rt.Delete(t.Context(), "base/password"), "DeleteAll": rt.DeleteAll(t.Context(), "base/password"),
	} {
		if !errors.Is(err, secret.ErrReadOnly) || !strings.Contains(err.Error(), `provider "main"`) {
			t.Errorf("%s of a value that aliases refer to = %v", verb, err)
		}
	}
	for name, want := range map[string]string{"other": "o: 1\n", "main": aliased} {
		if got, err := os.ReadFile(filepath.Join(folder, name+".yaml")); err != nil || string(got) != want {
			t.Errorf("%s is now %q, %v", name, got, err)
		}
	}
}
