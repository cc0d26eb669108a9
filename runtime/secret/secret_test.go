package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	goruntime "runtime"
	"sync"
	"testing"

	"github.com/postern-project/postern/runtime/internal/copytest"
	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/secret"
)

func fromString(t testing.TB, text string) secret.Secret {
	t.Helper()
	s, err := secret.FromString(text)
	if err != nil {
		t.Fatalf("FromString(%d bytes) = %v", len(text), err)
	}
	return s
}

func wantText(t *testing.T, what string, s secret.Secret, want string) {
	t.Helper()
	if got, err := s.ExposeString(); err != nil || got != want {
		t.Errorf("%s: ExposeString() = %q, %v, want %q", what, got, err, want)
	}
}

func wantClosed(t *testing.T, what string, s secret.Secret) {
	t.Helper()
	err := s.Expose(func([]byte) error {
		t.Errorf("%s: Expose called its function", what)
		return nil
	})
	if secret.CodeOf(err) != secret.ErrClosed {
		t.Errorf("%s: Expose() = %v, want closed", what, err)
	}
	if text, err := s.ExposeString(); text != "" || secret.CodeOf(err) != secret.ErrClosed {
		t.Errorf("%s: ExposeString() = %q, %v, want \"\", closed", what, text, err)
	}
}

func TestFromBytesClearsItsSource(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 32, 33, 40_000, 1 << 20, secret.MaxValueLen, secret.MaxValueLen + 1} {
		b := bytes.Repeat([]byte{'x'}, size)
		s, err := secret.FromBytes(b)
		if !bytes.Equal(b, make([]byte, size)) {
			t.Errorf("FromBytes(%d bytes) left bytes in its source", size)
		}
		if size > secret.MaxValueLen {
			if secret.CodeOf(err) != secret.ErrTooLarge || !s.IsZero() {
				t.Errorf("FromBytes(%d bytes) = %v, want too_large", size, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("FromBytes(%d bytes) = %v", size, err)
			continue
		}
		_ = s.Expose(func(got []byte) error {
			if len(got) != size || bytes.Count(got, []byte{'x'}) != size {
				t.Errorf("FromBytes(%d bytes) holds %d bytes, or wrong ones", size, len(got))
			}
			return nil
		})
		s.Destroy()
	}
}

func TestTM098BytesAreKeptAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "v\n", "v\r\n", " v ", "\x00", "a\x00b", "\xff\xfe", "\ufeffv", "[REDACTED]"} {
		wantText(t, "round trip", fromString(t, text), text)
	}
}

func TestTM097EmptyIsAValue(t *testing.T) {
	t.Parallel()
	s := fromString(t, "")
	if s.IsZero() || s.Equal(secret.Secret{}) || !s.Equal(fromString(t, "")) {
		t.Error("an empty value counts as no value")
	}
	wantText(t, "empty", s, "")
}

func TestZeroSecretHoldsNothing(t *testing.T) {
	t.Parallel()
	var zero secret.Secret
	if !zero.IsZero() || !zero.WithMeta(secret.Meta{Version: "1"}).IsZero() {
		t.Error("the zero Secret is not zero")
	}
	if zero.Equal(zero) {
		t.Error("the zero Secret equals itself")
	}
	if zero.Version() != "" || zero.Provider() != "" || zero.Degraded() != nil {
		t.Errorf("the zero Secret has Meta %+v", zero.Meta())
	}
	wantClosed(t, "zero", zero)
	zero.Destroy()
}

func TestExposeReturnsTheErrorOfItsFunction(t *testing.T) {
	t.Parallel()
	want := errors.New("mine")
	if err := fromString(t, "v").Expose(func([]byte) error { return want }); err != want {
		t.Errorf("Expose() = %v, want %v", err, want)
	}
}

func TestExposeGivesBackAfterPanic(t *testing.T) {
	t.Parallel()
	s := fromString(t, "v")
	func() {
		defer func() { _ = recover() }()
		_ = s.Expose(func([]byte) error { panic("in the caller's function") })
	}()
	s.Destroy() // never returns if the panic left a reader behind
	wantClosed(t, "after Destroy", s)
}

func TestExposeNests(t *testing.T) {
	t.Parallel()
	s := fromString(t, "v")
	err := s.Expose(func(outer []byte) error {
		return s.Expose(func(inner []byte) error {
			if !bytes.Equal(outer, inner) {
				t.Error("two views of one value differ")
			}
			return nil
		})
	})
	if err != nil {
		t.Errorf("nested Expose = %v", err)
	}
}

func TestExposedSliceCannotGrowIntoItsNeighbour(t *testing.T) {
	t.Parallel()
	_ = fromString(t, "short").Expose(func(b []byte) error {
		if cap(b) != len(b) {
			t.Errorf("the slice has capacity %d for %d bytes", cap(b), len(b))
		}
		return nil
	})
}

func TestEqual(t *testing.T) {
	t.Parallel()
	a, b, other := fromString(t, "same"), fromString(t, "same"), fromString(t, "sama")
	gone := fromString(t, "same")
	gone.Destroy()
	for _, tt := range []struct {
		name string
		x, y secret.Secret
		want bool
	}{
		{"itself", a, a, true},
		{"same bytes", a, b, true},
		{"same bytes, other meta", a, b.WithMeta(secret.Meta{Version: "2"}), true},
		{"other bytes", a, other, false},
		{"prefix", a, fromString(t, "sam"), false},
		{"empty", a, fromString(t, ""), false},
		{"zero", a, secret.Secret{}, false},
		{"destroyed", a, gone, false},
		{"destroyed with itself", gone, gone, false},
	} {
		if got := tt.x.Equal(tt.y); got != tt.want {
			t.Errorf("%s: Equal = %t, want %t", tt.name, got, tt.want)
		}
		if got := tt.y.Equal(tt.x); got != tt.want {
			t.Errorf("%s, swapped: Equal = %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestDestroyIsForAllCopies(t *testing.T) {
	t.Parallel()
	s := fromString(t, "first")
	other, described := s, s.WithMeta(secret.Meta{Version: "1"})
	s.Destroy()
	for range 100 { // cells are reused, their handles are not
		next := fromString(t, "second")
		wantClosed(t, "destroyed", s)
		wantClosed(t, "copy", other)
		wantClosed(t, "copy with meta", described)
		wantText(t, "next", next, "second")
		next.Destroy()
	}
	s.Destroy()
}

// The limit that users read is that of the memory behind it.
func TestMaxValueLenIsThatOfACell(t *testing.T) {
	t.Parallel()
	if secret.MaxValueLen != slab.MaxSize {
		t.Errorf("MaxValueLen = %d, want %d", secret.MaxValueLen, slab.MaxSize)
	}
}

func TestDestroyLeavesValuesOfARuntime(t *testing.T) {
	t.Parallel()
	owner := slab.NewOwner()
	cell, err := slab.New(owner, []byte("shared"))
	if err != nil {
		t.Fatal(err)
	}
	s := secret.FromCell(cell, secret.Meta{Provider: "p"})
	s.Destroy()
	s.WithMeta(secret.Meta{}).Destroy()
	wantText(t, "after Destroy", s, "shared")
	owner.FreeAll()
	wantClosed(t, "after the runtime closed", s)
}

func TestWithMetaDescribesTheSameValue(t *testing.T) {
	t.Parallel()
	s := fromString(t, "v")
	meta := secret.Meta{Version: "7", Provider: "vault", Degraded: []string{"cloud"}}
	d := s.WithMeta(meta)
	if d.Version() != "7" || d.Provider() != "vault" || len(d.Degraded()) != 1 || d.Degraded()[0] != "cloud" {
		t.Errorf("Meta() = %+v, want %+v", d.Meta(), meta)
	}
	if s.Version() != "" {
		t.Error("WithMeta changed the handle that it was called on")
	}
	wantText(t, "described", d, "v")
	if !d.Equal(s) {
		t.Error("the handle with a description has another value")
	}
}

// TestWithMetaCopiesEveryField: a field that is added to Meta is copied too, when a handle is
// made and when it returns its description.
func TestWithMetaCopiesEveryField(t *testing.T) {
	t.Parallel()
	m := copytest.Filled[secret.Meta](t)
	d := fromString(t, "v").WithMeta(m)
	first, second := d.Meta(), d.Meta()
	for _, differences := range [][]string{copytest.Differences(m, first), copytest.Differences(first, second)} {
		for _, difference := range differences {
			t.Errorf("the copy: %s", difference)
		}
	}
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	var c struct {
		Password secret.Secret `json:"password" xml:"password"`
	}
	if err := json.Unmarshal([]byte(`{"password":"p\u00e4ss"}`), &c); err != nil {
		t.Fatal(err)
	}
	wantText(t, "json", c.Password, "päss")
	if err := xml.Unmarshal([]byte(`<c><password>word</password></c>`), &c); err != nil {
		t.Fatal(err)
	}
	wantText(t, "xml", c.Password, "word")

	// Otherwise the text of a printed Secret would silently become the password.
	for _, text := range []string{"[REDACTED]", "[REDACTED:db/url]", "[REDACTED:k:********cdef]"} {
		err := json.Unmarshal([]byte(`{"password":"`+text+`"}`), &c)
		if secret.CodeOf(err) != secret.ErrInvalidValue {
			t.Errorf("Unmarshal of %s = %v, want invalid_value", text, err)
		}
	}
	wantText(t, "after a refused text", c.Password, "word")

	text := []byte("decoder's own")
	if err := c.Password.UnmarshalText(text); err != nil || string(text) != "decoder's own" {
		t.Errorf("UnmarshalText = %v, its text is now %q", err, text)
	}
	err := json.Unmarshal([]byte(`{"password":4815162342}`), &c)
	if err == nil || leaks(err.Error(), "4815162342") {
		t.Errorf("Unmarshal of a number = %v, want an error without the number", err)
	}
}

func TestConcurrentExposeAndDestroy(t *testing.T) {
	t.Parallel()
	for range 200 {
		s := fromString(t, "value")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				err := s.Expose(func(b []byte) error {
					if string(b) != "value" {
						t.Errorf("the value changed under a reader: %q", b)
					}
					return nil
				})
				if err != nil && secret.CodeOf(err) != secret.ErrClosed {
					t.Errorf("Expose = %v", err)
				}
			})
		}
		s.Destroy()
		wg.Wait()
	}
}

// The garbage collector wipes a value after the last handle on it is gone, and not
// before.
func TestCollectorWipesForgottenValues(t *testing.T) {
	const many = 500
	kept := fromString(t, "kept").WithMeta(secret.Meta{Version: "1"})
	before := slab.Stat().Cells
	for range many {
		fromString(t, "forgotten")
	}
	// Cleanups run in a goroutine of the garbage collector: yield to it.
	for range 1000 {
		goruntime.GC()
		goruntime.Gosched()
		if slab.Stat().Cells <= before {
			break
		}
	}
	if got := slab.Stat().Cells; got > before {
		t.Errorf("%d cells live, want at most %d", got, before)
	}
	wantText(t, "kept", kept, "kept")
	goruntime.KeepAlive(kept)
}

func BenchmarkFromBytes(b *testing.B) {
	source := make([]byte, 48)
	for b.Loop() {
		s, err := secret.FromBytes(source)
		if err != nil {
			b.Fatal(err)
		}
		s.Destroy()
	}
}

func BenchmarkExpose(b *testing.B) {
	s := fromString(b, "a value of a usual length, 40 bytes long")
	for b.Loop() {
		_ = s.Expose(func([]byte) error { return nil })
	}
}
