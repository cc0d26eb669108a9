package policy_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/testdata/sample"
)

// liveFile is a policy file with a clock and a ticker that the test controls.
type liveFile struct {
	t     testing.TB
	path  string
	now   atomic.Int64 // seconds
	ticks chan time.Time
}

func newLiveFile(t testing.TB, src string) *liveFile {
	f := &liveFile{t: t, path: filepath.Join(t.TempDir(), "policy.lua"), ticks: make(chan time.Time)}
	f.now.Store(noon.Unix())
	f.write(src)
	return f
}

// write replaces the file atomically, as editors do.
func (f *liveFile) write(src string) {
	f.t.Helper()
	tmp := f.path + ".new"
	if err := os.WriteFile(tmp, []byte(src), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(tmp, f.path); err != nil {
		f.t.Fatal(err)
	}
}

// tick causes n reads of the file. One more tick makes sure that they have ended.
func (f *liveFile) tick(n int) {
	for range n + 1 {
		f.ticks <- time.Time{}
	}
}

func (f *liveFile) open(opts policy.LiveOptions) (*policy.Live, error) {
	opts.Chain = []string{"env"}
	opts.Now = func() time.Time { return time.Unix(f.now.Load(), 0) }
	opts.Ticks = func() (<-chan time.Time, func()) { return f.ticks, func() {} }
	return policy.Open(f.path, opts)
}

func (f *liveFile) mustOpen(opts policy.LiveOptions) *policy.Live {
	f.t.Helper()
	l, err := f.open(opts)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { l.Close() })
	return l
}

func allowKey(key string) string { return fmt.Sprintf("allow { \"r\", keys = %q }", key) }

func getKey(key string) policy.Request {
	return policy.Request{Op: policy.OpGet, Key: key, Time: noon}
}

// brokenForms are files that are not a policy, by name.
var brokenForms = map[string]string{
	"empty":       "",
	"blank":       " \n\n",
	"comment":     "-- allow { \"r\", keys = \"b\" }",
	"half":        `allow { "r", keys = "b"`,
	"torn":        `allow { "r", keys = "b" } deny {`,
	"binary":      "\x00\xff\x00",
	"typo":        `alow { "r", keys = "b" }`,
	"field":       `allow { "r", key = "b" }`,
	"loop":        `allow { "r", keys = "b" } while true do end`,
	"error":       `allow { "r", keys = "b" } error("x")`,
	"module":      `require "nothing" allow { "r", keys = "b" }`,
	"other":       "policy:\n  - allow: b\n",
	"impure":      `local n = 0 allow { "r", keys = "b", when = function() n = 1 return true end }`,
	"not a table": `allow "b"`,
}

func TestTM087BrokenReloadKeepsLastGood(t *testing.T) {
	t.Parallel()
	for name, src := range brokenForms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newLiveFile(t, allowKey("a"))
			l := f.mustOpen(policy.LiveOptions{})
			rev := l.Status().Revision
			f.write(src)
			if err := l.Reload(); err == nil {
				t.Fatal("Reload returned no error")
			}
			if d := l.Decide(getKey("a")); !d.Allow || d.Revision != rev {
				t.Errorf("the last good policy is gone: %+v", d)
			}
			if d := l.Decide(getKey("b")); d.Allow {
				t.Errorf("the broken file allows: %+v", d)
			}
			if s := l.Status(); s.LastError == nil || s.Revision != rev || s.Failures != 1 {
				t.Errorf("Status = %+v", s)
			}
			f.write(allowKey("c"))
			f.tick(2) // a tick retries
			if d := l.Decide(getKey("c")); !d.Allow || l.Status().LastError != nil {
				t.Errorf("not retried: %+v, %v", d, l.Status())
			}
		})
	}
}

func TestTM088RemovedOrForeignFile(t *testing.T) {
	t.Parallel()
	f := newLiveFile(t, allowKey("a"))
	l := f.mustOpen(policy.LiveOptions{})
	if err := os.Chmod(f.path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := l.Reload(); err == nil && runtime.GOOS != "windows" {
		t.Error("a file that is writable by others was accepted")
	}
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	if err := l.Reload(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Reload = %v", err)
	}
	if d := l.Decide(getKey("a")); !d.Allow {
		t.Errorf("the last good policy is gone: %+v", d)
	}
	if _, err := f.open(policy.LiveOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a restart without the file: %v", err)
	}
	if err := os.Mkdir(f.path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := f.open(policy.LiveOptions{}); err == nil {
		t.Error("a folder was accepted as a policy")
	}
}

func TestFirstLoadFails(t *testing.T) {
	t.Parallel()
	for name, src := range brokenForms {
		f := newLiveFile(t, src)
		if l, err := f.open(policy.LiveOptions{}); err == nil {
			l.Close()
			t.Errorf("%s: Open returned no error", name)
		}
	}
}

func TestMaxStale(t *testing.T) {
	t.Parallel()
	f := newLiveFile(t, allowKey("a"))
	var stale []bool
	l := f.mustOpen(policy.LiveOptions{MaxStale: time.Minute, OnChange: func(s policy.Status) { stale = append(stale, s.Stale) }})
	f.now.Add(3600)
	if d := l.Decide(getKey("a")); !d.Allow {
		t.Errorf("stale without a failure: %+v", d)
	}
	f.write("broken")
	l.Reload()
	f.now.Add(60)
	if d := l.Decide(getKey("a")); !d.Allow {
		t.Errorf("before max stale: %+v", d)
	}
	f.now.Add(1)
	if d := l.Decide(getKey("a")); d.Allow || d.Code != policy.StalePolicy || l.Policy() != nil {
		t.Errorf("after max stale: %+v", d)
	}
	l.Reload()
	l.Reload()
	if s := l.Status(); !s.Stale || !strings.Contains(s.String(), "; stale; failing since") {
		t.Errorf("after max stale: %s", s)
	}
	f.write(allowKey("a"))
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if d := l.Decide(getKey("a")); !d.Allow {
		t.Errorf("after recovery: %+v", d)
	}
	if want := []bool{false, false, true, false}; !slices.Equal(stale, want) { // loaded, broken, stale, loaded
		t.Errorf("OnChange saw %v, want %v", stale, want)
	}
}

func TestLibsAreFollowed(t *testing.T) {
	t.Parallel()
	f := newLiveFile(t, `local net = require "acme/net" allow { "r", keys = net.keys }`)
	lib := filepath.Join(filepath.Dir(f.path), "net.lua")
	write := func(s string) {
		if err := os.WriteFile(lib, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`return { keys = "a" }`)
	var seen []string
	opts := policy.LiveOptions{OnChange: func(s policy.Status) { seen = append(seen, s.Revision) }}
	opts.LibFiles = map[string]string{"acme/net": "net.lua"}
	l := f.mustOpen(opts)
	write(`return { keys = "b" }`)
	if err := l.Reload(); err != nil {
		t.Fatal(err)
	}
	if !l.Decide(getKey("b")).Allow || l.Decide(getKey("a")).Allow {
		t.Error("the module was not reloaded")
	}
	if len(seen) != 2 || seen[0] == seen[1] {
		t.Errorf("OnChange saw %q", seen)
	}
}

// TestOptionsOfALiveAreItsOwn: the caller may change the maps that it passed to Open.
func TestOptionsOfALiveAreItsOwn(t *testing.T) {
	t.Parallel()
	f := newLiveFile(t, `local net = require "acme/net" allow { "r", keys = net.keys }`)
	if err := os.WriteFile(filepath.Join(filepath.Dir(f.path), "net.lua"), []byte(`return { keys = "a" }`), 0o600); err != nil {
		t.Fatal(err)
	}
	var opts policy.LiveOptions
	opts.LibFiles = map[string]string{"acme/net": "net.lua"}
	l := f.mustOpen(opts)
	opts.LibFiles["acme/net"] = "absent.lua"
	if err := l.Reload(); err != nil {
		t.Errorf("Reload = %v after a change of the map that was passed to Open", err)
	}
}

// TestP16ReloadsNeverOpenTM089 reloads 1,000 times, and 10,000 times in the long tier,
// while others decide, every second time a broken file. No version allows the key "never".
func TestP16ReloadsNeverOpenTM089(t *testing.T) {
	reloads := sample.Times(10_000)
	f := newLiveFile(t, allowKey("v0"))
	l := f.mustOpen(policy.LiveOptions{})
	work := make(chan struct{}, 4)
	var decisions atomic.Int64
	var versions sync.Map // version, by revision
	versions.Store(l.Status().Revision, 0)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range work {
				if d := l.Decide(getKey("never")); d.Allow {
					t.Errorf("allowed: %+v", d)
					return
				}
				p := l.Policy()
				d := p.Decide(getKey("v0"))
				version, ok := versions.Load(d.Revision)
				if ok && d.Allow != (version == 0) {
					t.Errorf("revision %s returned the decision of another", d.Revision)
					return
				}
				decisions.Add(2)
			}
		})
	}
	var heap [2]uint64
	for i := range reloads {
		version := i / 2 % 100
		src := allowKey(fmt.Sprintf("v%d", version))
		if i%2 == 1 {
			src = allowKey("never") + " deny {" // incomplete
		}
		if err := os.WriteFile(f.path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 4 { // others decide while the policy is replaced
			work <- struct{}{}
		}
		if err := l.Reload(); (err != nil) != (i%2 == 1) {
			t.Fatalf("reload %d: %v", i, err)
		}
		versions.Store(l.Status().Revision, version)
		if i == reloads/10 {
			heap[0] = heapInUse()
		}
	}
	close(work)
	wg.Wait()
	heap[1] = heapInUse()
	t.Logf("%d reloads, %d decisions, heap %d to %d KB", reloads, decisions.Load(), heap[0]>>10, heap[1]>>10)
	if heap[1] > heap[0]+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes", heap[0], heap[1])
	}
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// memorySource is a Source that the test changes.
type memorySource struct {
	content policy.Content
	err     error
}

func (s *memorySource) Read() (policy.Content, error) { return s.content, s.err }

func TestOpenSource(t *testing.T) {
	t.Parallel()
	s := &memorySource{content: policy.Content{
		Name: "bundle", Source: []byte(`local net = require "acme/net" allow { "r", keys = net.keys }`),
		Libs: map[string]string{"acme/net": `return { keys = "a" }`},
	}}
	l, err := policy.OpenSource(s, policy.LiveOptions{Options: policy.Options{Chain: []string{"env"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if d := l.Decide(getKey("a")); !d.Allow || d.File != "bundle" {
		t.Errorf("Decide = %+v", d)
	}
	first := l.Status().Revision
	s.err = errors.New("no signature")
	if err := l.Reload(); err != s.err || !l.Decide(getKey("a")).Allow {
		t.Errorf("Reload = %v", err)
	}
	s.err, s.content.Libs = nil, map[string]string{"acme/net": `return { keys = "b" }`}
	if err := l.Reload(); err != nil || l.Status().Revision == first || !l.Decide(getKey("b")).Allow || l.Decide(getKey("a")).Allow {
		t.Errorf("Reload = %v, status %v", err, l.Status())
	}
}

// A callback that ends its goroutine, as t.FailNow does, does not end the following.
func TestLiveIsFollowedAfterACallbackEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	f := newLiveFile(t, allowKey("a"))
	var ends atomic.Int32
	l := f.mustOpen(policy.LiveOptions{OnChange: func(policy.Status) {
		if ends.Add(-1) >= 0 {
			runtime.Goexit()
		}
	}})
	ends.Store(2)
	for _, key := range []string{"b", "c", "d"} {
		f.write(allowKey(key))
		f.tick(3)
		if d := l.Decide(getKey(key)); !d.Allow {
			t.Errorf("the policy that allows %q is not in effect: %+v", key, d)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
