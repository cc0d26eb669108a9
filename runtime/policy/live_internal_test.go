package policy

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestTM087TornWrite checks that a file is not used while it is being written: until
// the last write it may be a valid policy without the deny rule at its end.
func TestTM087TornWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "policy.lua")
	write := func(src string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`deny { "old", keys = "secret" }`)
	opts := LiveOptions{Options: Options{Chain: []string{"env"}}}
	opts.Ticks = func() (<-chan time.Time, func()) { return nil, func() {} } // the test calls refresh itself
	l, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	req := Request{Op: OpGet, Key: "secret", Time: time.Unix(1, 0)}
	const open = `allow { "all", keys = "**" }`
	for _, src := range []string{open, open + "\n", open + "\ndeny { \"new\", keys = \"secret\" }"} {
		write(src)
		if err := l.refresh(true); err != nil {
			t.Fatal(err)
		}
		if d := l.Decide(req); d.Allow || d.Rule != "old" {
			t.Fatalf("after %q: %+v", src, d)
		}
	}
	if err := l.refresh(true); err != nil {
		t.Fatal(err)
	}
	if d := l.Decide(req); d.Allow || d.Rule != "new" {
		t.Errorf("the complete file did not take over: %+v", d)
	}
}

// turnSource gives its versions in turn; an empty one is a read that fails.
type turnSource struct {
	versions []string
	reads    int
}

func (s *turnSource) Read() (Content, error) {
	v := s.versions[s.reads%len(s.versions)]
	if s.reads++; v == "" {
		return Content{}, os.ErrNotExist
	}
	return Content{Name: "p", Source: []byte(v)}, nil
}

// TestSourceThatDoesNotSettle: it is a failure, from which the age of the policy counts, if
// no new version takes effect because each read finds a different one. The failure ends when
// a version takes effect, or when the source keeps giving the one in force.
func TestSourceThatDoesNotSettle(t *testing.T) {
	t.Parallel()
	const old, deny, third = `allow { "r", keys = "**" }`, `deny { "d", keys = "**" }`, `deny { "e", keys = "**" }`
	for _, tt := range []struct {
		name     string
		versions []string
		fails    bool
	}{
		{"old and new in turn", []string{old, deny}, true},
		{"two of three are old", []string{old, old, deny}, true},
		{"three of four are old", []string{old, old, old, deny}, true},
		{"two new ones", []string{old, deny, third}, true},
		{"new ones only", []string{deny, third}, true},
		{"with reads that fail", []string{old, "", deny, ""}, true},
		{"one version", []string{old}, false},
		{"one version and reads that fail", []string{old, ""}, false},
	} {
		s := &turnSource{versions: []string{old}}
		wall := time.Unix(1000, 0)
		l, err := OpenSource(s, LiveOptions{
			Options: Options{Chain: []string{"env"}}, MaxStale: time.Minute, Now: func() time.Time { return wall },
			Ticks: func() (<-chan time.Time, func()) { return nil, func() {} },
		})
		if err != nil {
			t.Fatal(err)
		}
		s.versions, s.reads = tt.versions, 0
		read := func() {
			wall = wall.Add(time.Second)
			_ = l.refresh(true)
		}
		var since time.Time
		for n := range 200 {
			read()
			if n == 50 {
				since = l.Status().FailingFrom
			}
		}
		for range 4 { // wherever in the turn
			read()
			if st := l.Status(); tt.fails && (st.FailingFrom.IsZero() || st.FailingFrom != since || st.LastError == nil) {
				t.Errorf("%s: failing from %v, then from %v: %v", tt.name, since, st.FailingFrom, st.LastError)
			}
		}
		req := Request{Op: OpGet, Key: "k", Time: wall}
		if d := l.Decide(req); d.Allow == tt.fails {
			t.Errorf("%s: %+v", tt.name, d)
		}
		s.versions = []string{old}
		for range 6 {
			read()
		}
		req.Time = wall
		if st := l.Status(); st.LastError != nil || !l.Decide(req).Allow {
			t.Errorf("%s: with one version again: %v", tt.name, st)
		}
		s.versions = []string{deny}
		read()
		read()
		if d := l.Decide(req); d.Rule != "d" || l.Status().LastError != nil {
			t.Errorf("%s: a new version did not take effect: %+v, %v", tt.name, d, l.Status())
		}
		_ = l.Close()
	}
}
