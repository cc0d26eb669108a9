package core_test

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

func TestInput(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{}, all.Grants{})
	g.Call.Begin(t.Context(), secret.OpGet, []byte("request"), nil)
	for _, c := range []struct {
		capacity uint64
		want     string
	}{{0, "......."}, {6, "......."}, {7, "request"}, {100, "request"}} {
		g.Put(guesttest.BufAt, ".......")
		if n := g.Do("postern_v1.input", guesttest.BufAt, c.capacity); n != 7 {
			t.Errorf("input(%d) = %d, want 7", c.capacity, n)
		}
		if b, _ := g.Memory.Read(guesttest.BufAt, 7); string(b) != c.want {
			t.Errorf("input(%d) wrote %q, want %q", c.capacity, b, c.want)
		}
	}
}

func TestEmit(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{}, all.Grants{})
	ptr, n := g.Put(guesttest.TextAt, "record")
	if got := g.Do("postern_v1.emit", ptr, n); got != -int32(abi.Unsupported) {
		t.Errorf("emit without a sink = %d, want %d", got, -int32(abi.Unsupported))
	}
	var seen []string
	answer := abi.OK
	g.Call.Begin(t.Context(), secret.OpGet, nil, func(record []byte) abi.Status {
		seen = append(seen, string(record))
		return answer
	})
	if got := g.Do("postern_v1.emit", ptr, n); got != 0 {
		t.Errorf("emit = %d, want 0", got)
	}
	answer = abi.TooLarge
	if got := g.Do("postern_v1.emit", ptr, 0); got != -int32(abi.TooLarge) {
		t.Errorf("emit above a limit = %d, want %d", got, -int32(abi.TooLarge))
	}
	if len(seen) != 2 || seen[0] != "record" || seen[1] != "" {
		t.Errorf("the sink got %q", seen)
	}
}

func TestFailKeepsTheLastTextAndCutsIt(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{}, all.Grants{})
	for text, want := range map[string]string{
		"bad token":                       "bad token",
		"":                                "",
		"\xff":                            "�",
		strings.Repeat("a", 2000):         strings.Repeat("a", 512),
		"a" + strings.Repeat("ü", 400):    "a" + strings.Repeat("ü", 255),
		strings.Repeat("\x80", 513)[:513]: "�",
	} {
		g.Begin(t.Context())
		for _, say := range []string{"first", text} {
			ptr, n := g.Put(guesttest.TextAt, say)
			if _, err := g.Raw("postern_v1.fail", ptr, n); err != nil {
				t.Fatal(err)
			}
		}
		if got := g.Call.End().GuestText; got != want {
			t.Errorf("fail(%q): GuestText = %q, want %q", text, got, want)
		}
	}
	if r := g.Call.End(); r.GuestText != "" || r.Denied != nil || r.Logs != nil || r.Tail != "" {
		t.Errorf("a second End() = %+v, want nothing", r)
	}
}

func TestFeatures(t *testing.T) {
	t.Parallel()
	g := guesttest.New(t, capability.Options{}, all.Grants{})
	if out, err := g.Raw("postern_v1.features"); err != nil || out[0] != 0 {
		t.Errorf("features() = %v, %v, want 0", out, err)
	}
}
