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
