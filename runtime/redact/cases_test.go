package redact_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// conformanceCase is one entry of testdata/redaction/cases.json, or of renderings.json,
// which has values as real programs print them; those of level "limit" are not found.
type conformanceCase struct {
	Name    string
	Level   string
	Secrets []struct {
		Key   string
		Value string
		B64   []byte `json:"value_b64"`
		Force bool
	}
	Chunks    []string
	ChunksB64 [][]byte `json:"chunks_b64"`
	Want      string
	WantB64   []byte   `json:"want_b64"`
	WantSteps []string `json:"want_steps"`
	IdleAfter []int    `json:"idle_after"`
}

func (c *conformanceCase) chunks() [][]byte {
	out := slices.Clone(c.ChunksB64)
	for _, s := range c.Chunks {
		out = append(out, []byte(s))
	}
	return out
}

func (c *conformanceCase) want() []byte {
	if c.WantB64 != nil {
		return c.WantB64
	}
	return []byte(c.Want)
}

func (c *conformanceCase) registry(t *testing.T) *redact.Registry {
	t.Helper()
	r := redact.New(redact.Options{})
	t.Cleanup(r.Close)
	var entries []redact.Entry
	for _, s := range c.Secrets {
		v := s.B64
		if v == nil {
			v = []byte(s.Value)
		}
		entries = append(entries, redact.Entry{Key: s.Key, Secret: secretOf(t, v), Force: s.Force})
	}
	if err := r.AddAll(entries); err != nil {
		t.Fatal(err)
	}
	return r
}

func secretOf(tb testing.TB, v []byte) secret.Secret {
	tb.Helper()
	s, err := secret.FromBytes(bytes.Clone(v))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func loadCases(tb testing.TB) []conformanceCase {
	tb.Helper()
	var all []conformanceCase
	for _, name := range []string{"cases.json", "renderings.json"} {
		b, err := os.ReadFile("../../testdata/redaction/" + name)
		if err != nil {
			tb.Fatal(err)
		}
		var cases []conformanceCase
		if err := json.Unmarshal(b, &cases); err != nil {
			tb.Fatal(err)
		}
		all = append(all, cases...)
	}
	return all
}

// pass writes the chunks through a writer that never idles.
func pass(t *testing.T, r *redact.Registry, chunks ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := r.Writer(&out, redact.WriterOptions{Idle: -1})
	for _, c := range chunks {
		if n, err := w.Write(c); n != len(c) || err != nil {
			t.Fatalf("Write = %d, %v, want %d", n, err, len(c))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCases(t *testing.T) {
	t.Parallel()
	for _, c := range loadCases(t) {
		t.Run(c.Level+"/"+c.Name, func(t *testing.T) {
			t.Parallel()
			r := c.registry(t)
			c.steps(t, r)
			if c.IdleAfter != nil {
				return // the output depends on where the pauses are
			}
			text := bytes.Join(c.chunks(), nil)
			if got := r.Bytes(nil, text); !bytes.Equal(got, c.want()) {
				t.Errorf("Bytes = %q, want %q", got, c.want())
			}
			if got := r.String(string(text)); got != string(c.want()) {
				t.Errorf("String = %q, want %q", got, c.want())
			}
			for i := range len(text) {
				if got := pass(t, r, text[:i], text[i:]); !bytes.Equal(got, c.want()) {
					t.Errorf("split at %d: %q, want %q", i, got, c.want())
				}
			}
			if got := pass(t, r, slices.Collect(slices.Chunk(text, 1))...); !bytes.Equal(got, c.want()) {
				t.Errorf("byte by byte: %q, want %q", got, c.want())
			}
		})
	}
}

// steps writes the chunks as the case has them, with its pauses.
func (c *conformanceCase) steps(t *testing.T, r *redact.Registry) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out locked
		w := r.Writer(&out, redact.WriterOptions{})
		for i, chunk := range c.chunks() {
			before := len(out.String())
			if _, err := w.Write(chunk); err != nil {
				t.Fatal(err)
			}
			if slices.Contains(c.IdleAfter, i) {
				time.Sleep(redact.DefaultIdle)
				synctest.Wait()
			}
			if step := out.String()[before:]; c.WantSteps != nil && step != c.WantSteps[i] {
				t.Errorf("after write %d: %q, want %q", i, step, c.WantSteps[i])
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if out.String() != string(c.want()) {
			t.Errorf("got %q, want %q", out.String(), c.want())
		}
	})
}
