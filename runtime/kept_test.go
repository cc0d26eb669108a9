package runtime_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// dotenv opens a Runtime for one dotenv file.
func dotenv(t testing.TB, path string, more func(*runtime.Options)) *runtime.Runtime {
	t.Helper()
	o := runtime.Options{
		Dir: filepath.Dir(path),
		Providers: []runtime.ProviderOptions{{Name: "f", Module: "dotenv", Config: map[string]string{"path": filepath.Base(path)},
			Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path, Write: true}}}}},
		CompileCache: compiled,
	}
	if more != nil {
		more(&o)
	}
	rt, err := runtime.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rt.Close() })
	return rt
}

// later is a clock for which every file is settled.
func later() time.Time { return time.Now().Add(time.Hour) }

// kept returns how many values the provider has in kv.
func kept(rt *runtime.Runtime) (values int) {
	for _, kv := range rt.Memory().KV {
		values += kv.Values
	}
	return values
}

// numbered is a file whose keys FIRST, MIDDLE and LAST have a number, among keys that have
// none. Files of one shape have one size.
func numbered(number, shape int) string {
	var b strings.Builder
	value := fmt.Sprintf("number-%08d", number)
	fmt.Fprintf(&b, "# %0*d\nFIRST=%s\n", 1+shape%40, 0, value)
	for i := range 300 {
		fmt.Fprintf(&b, "export KEY_%d=\"value of\\n%d\" # a comment\n", i, i)
		if i == 150 {
			fmt.Fprintf(&b, "MIDDLE=old\nMIDDLE='%s'\n", value)
		}
	}
	fmt.Fprintf(&b, "%s\nLAST=`%s`", strings.Repeat("#", 40-shape%40), value)
	return b.String()
}

// edit changes a file. The number is that of its content before, which some edits leave, and
// the result that of its content after.
type edit func(r *rand.Rand, path string, number int) (int, error)

// edits are the ways to change a file.
var edits = []edit{
	func(r *rand.Rand, path string, number int) (int, error) { // in place, of the same size
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return 0, err
		}
		_, err = f.WriteAt([]byte(numbered(number+1, r.IntN(40))), 0)
		return number + 1, errors.Join(err, f.Close())
	},
	func(r *rand.Rand, path string, number int) (int, error) { // emptied and written
		return number + 1, os.WriteFile(path, []byte(numbered(number+1, r.IntN(40))), 0o600)
	},
	func(r *rand.Rand, path string, number int) (int, error) { // replaced
		err := os.WriteFile(path+".new", []byte(numbered(number+1, r.IntN(40))), 0o600)
		return number + 1, errors.Join(err, os.Rename(path+".new", path))
	},
	func(r *rand.Rand, path string, number int) (int, error) { // in place, with the old time of writing
		info, err := os.Stat(path)
		if err != nil {
			return 0, err
		}
		err = os.WriteFile(path, []byte(numbered(number+1, r.IntN(40))), 0o600)
		return number + 1, errors.Join(err, os.Chtimes(path, time.Time{}, info.ModTime()))
	},
	func(_ *rand.Rand, path string, number int) (int, error) { // touched
		return number, os.Chtimes(path, time.Time{}, time.Now())
	},
	func(_ *rand.Rand, path string, number int) (int, error) { // longer, then cut to what it was
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return 0, err
		}
		info, err := f.Stat()
		if err == nil {
			_, err = f.WriteString("\nMORE=1\n")
			err = errors.Join(err, f.Truncate(info.Size()))
		}
		return number, errors.Join(err, f.Close())
	},
}

// A get that begins after an edit has ended never returns an older value, and one without
// an edit beside it always returns a value: 32 readers beside random edits. Beside files
// that are replaced, every get returns a value. The clock is two seconds ahead but for
// 40 ms, so that a file is settled, and its places are kept, once its last change is 40 ms
// old: longer than a tick of the file system's clock.
func TestTM233NoGetIsOlderThanAnEditBeforeIt(t *testing.T) {
	t.Parallel()
	t.Run("any edit", func(t *testing.T) { t.Parallel(); editBesideReaders(t, edits, false) })
	t.Run("replacement", func(t *testing.T) { t.Parallel(); editBesideReaders(t, edits[2:3], true) })
}

// editBesideReaders is the test for some kinds of edits. Atomic edits show nothing in between.
func editBesideReaders(t *testing.T, edits []edit, atomicEdits bool) {
	path := filepath.Join(t.TempDir(), "s.env")
	if err := os.WriteFile(path, []byte(numbered(0, 0)), 0o600); err != nil {
		t.Fatal(err)
	}
	rt := dotenv(t, path, func(o *runtime.Options) {
		o.Now = func() time.Time { return time.Now().Add(2*time.Second - 40*time.Millisecond) }
	})
	var begun, ended atomic.Int64 // the edits, and the number of the newest one that has ended
	var newest, gets atomic.Int64
	var over atomic.Bool
	var readers sync.WaitGroup
	check := func(r *rand.Rand) bool {
		keys := []runtime.Key{"FIRST", "MIDDLE", "LAST"}
		quiet, least := ended.Load(), newest.Load()
		results := rt.GetMany(t.Context(), keys[r.IntN(3):][:1])
		if r.IntN(4) == 0 {
			results = rt.GetMany(t.Context(), keys)
		}
		undisturbed := atomicEdits || begun.Load() == quiet
		gets.Add(1)
		for _, got := range results {
			if got.Err != nil {
				if undisturbed {
					t.Errorf("get of %s without an edit: %v", got.Key, got.Err)
				}
				continue
			}
			text, err := got.Secret.ExposeString()
			number, numberErr := strconv.ParseInt(strings.TrimPrefix(text, "number-"), 10, 64)
			if err != nil || (numberErr != nil || number > begun.Load()) && undisturbed || numberErr == nil && number < least {
				t.Errorf("%s = %q, %v, after number %d", got.Key, text, err, least)
				return false
			}
		}
		return true
	}
	for reader := range 32 {
		readers.Go(func() {
			for r := rand.New(rand.NewPCG(uint64(reader), 1)); !over.Load() && check(r); {
			}
		})
	}
	r, everKept := rand.New(rand.NewPCG(99, 1)), false
	for number := 0; begun.Load() < 40 && !t.Failed(); {
		begun.Add(1)
		next, err := edits[r.IntN(len(edits))](r, path, number)
		if err != nil {
			t.Fatal(err)
		}
		number = next
		newest.Store(int64(number))
		ended.Add(1)
		pace := gets.Load() + []int64{0, 1, 40, 300}[r.IntN(4)]
		for gets.Load() < pace && !t.Failed() {
			goruntime.Gosched()
		}
		everKept = everKept || kept(rt) > 0
	}
	over.Store(true)
	readers.Wait()
	if !everKept {
		t.Error("no places were kept")
	}
}

// With and without kv, with a full one, and however often it is asked, a file has the same
// values.
func TestGetFromAFileIsTheSameWithoutKV(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.env")
	text := "\ufeffA=1\r\nexport B=' two '\nC=\"a\\nb\n=c\" # d\rA=3 # again\nE=\n\"not a key\nF=`x`"
	text = strings.Replace(text, "\"not a key\n", "a//b=skipped\n", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		kv     int64
		now    func() time.Time
		values int
	}{
		"kept":        {0, later, 1},
		"kv is off":   {-1, later, 0},
		"kv is full":  {1, later, 0},
		"not settled": {0, func() time.Time { return time.Unix(0, 0) }, 0},
	} {
		rt := dotenv(t, path, func(o *runtime.Options) { o.Limits.KV, o.Now = c.kv, c.now })
		for range 3 {
			for key, want := range map[runtime.Key]string{"A": "3", "B": " two ", "C": "a\nb\n=c", "E": "", "F": "x", "D": "none", "a": "none"} {
				s, err := rt.Get(t.Context(), key)
				got, _ := s.ExposeString()
				if secret.CodeOf(err) == secret.ErrNotFound {
					got, err = "none", nil
				}
				if got != want || err != nil {
					t.Errorf("%s: %s = %q, %v, want %q", name, key, got, err, want)
				}
			}
		}
		if got := kept(rt); got != c.values {
			t.Errorf("%s: kv has %d values, want %d", name, got, c.values)
		}
	}
}

// What the same provider writes is read by its next get.
func TestGetAfterSetReadsTheNewFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.env")
	if err := os.WriteFile(path, []byte("A=1\nB=old-value\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rt := dotenv(t, path, func(o *runtime.Options) { o.Now = later })
	for i := range 20 {
		want := fmt.Sprint("value-", i)
		s, err := secret.FromString(want)
		if err != nil {
			t.Fatal(err)
		}
		if err := rt.Set(t.Context(), "B", s); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := rt.Get(t.Context(), "B")
			if text, _ := got.ExposeString(); text != want || err != nil {
				t.Errorf("B = %q, %v, want %q", text, err, want)
			}
		}
	}
}
